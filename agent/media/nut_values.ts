/**
 * How NUT writes numbers and strings ("Type definitions").
 *
 * @module
 */

import { NutError } from "./nut_error.ts";

/**
 * Reads from a stream of which only a part is there: yields an array that is
 * to be filled, and goes on once it is.
 */
export type Reading<T> = Generator<Uint8Array, T, void>;

/** Filled and read in one go: all readings can share it. */
const BYTE = new Uint8Array(1);

/** Reads one byte. */
export function* readByte(): Reading<number> {
  yield BYTE;
  return BYTE[0]!;
}

/** Reads "v", an unsigned number of seven bits a byte. */
export function* readV(): Reading<number> {
  let value = 0;
  let byte: number;
  do {
    byte = yield* readByte();
    value = value * 0x80 + (byte & 0x7f);
    if (value > Number.MAX_SAFE_INTEGER) {
      throw new NutError(`Cannot read NUT: number of ${value}`);
    }
  } while (byte >= 0x80);
  return value;
}

/** Reads "s", a signed number: 0, 1, -1, 2, -2... are 0, 1, 2, 3, 4... */
export function* readS(): Reading<number> {
  const value = yield* readV();
  return value % 2 === 1 ? (value + 1) / 2 : 0 - value / 2;
}

/** Reads so many bytes into an array of their own. */
export function* readBytes(length: number): Reading<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  if (length > 0) yield bytes;
  return bytes;
}

/**
 * Reads "vb", bytes behind their length.
 *
 * @param maxBytes Nothing longer is read.
 */
export function* readVb(maxBytes: number): Reading<Uint8Array<ArrayBuffer>> {
  const length = yield* readV();
  if (length > maxBytes) {
    throw new NutError(`Cannot read NUT: string of ${length} bytes`);
  }
  return yield* readBytes(length);
}

/** Bytes that are passed over at a time. */
const SKIPPED_BYTES = 4096;

/** Passes over so many bytes. */
export function* skip(length: number): Reading<void> {
  for (let left = length; left > 0; left -= SKIPPED_BYTES) {
    yield* readBytes(Math.min(left, SKIPPED_BYTES));
  }
}

/**
 * Reads the beginning of a part of the stream, and passes over the rest.
 *
 * @param length Bytes of that part.
 */
export function* within<T>(length: number, reading: Reading<T>): Reading<T> {
  let left = length;
  let step = reading.next();
  while (!step.done) {
    left -= step.value.length;
    if (left < 0) throw new NutError("Cannot read NUT: header is cut off");
    yield step.value;
    step = reading.next();
  }
  yield* skip(left);
  return step.value;
}
