/**
 * MPEG transport streams, read without waiting for the next picture.
 *
 * @module
 */

export * from "./reader.ts";
export type * from "./unit.ts";
