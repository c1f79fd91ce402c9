/**
 * Packets do not come in the way that was asked for.
 *
 * @module
 */

/**
 * The server does not send in this way; another one may do. Its cause is what
 * to say where there is none.
 */
export class WayError extends Error {
  /** @param why What is wrong. */
  constructor(why: Error) {
    super(why.message, { cause: why });
  }
}
