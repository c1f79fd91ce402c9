/**
 * What is wrong with a session description.
 *
 * @module
 */

/** A session description is none, or of nothing that we read. */
export class SdpError extends SyntaxError {
  /** Says what cannot be read or written. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "SdpError";
  }
}
