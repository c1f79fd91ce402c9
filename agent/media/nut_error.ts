/**
 * What goes wrong while NUT is read.
 *
 * @module
 */

/** Bytes are not NUT, or hold no video of a known codec. */
export class NutError extends SyntaxError {
  /** Says what cannot be read. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "NutError";
  }
}
