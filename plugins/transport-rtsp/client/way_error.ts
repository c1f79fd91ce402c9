/**
 * Packets do not come in the way that was asked for.
 *
 * @module
 */

/** The server does not send in this way; another one may do. */
export class WayError extends Error {}
