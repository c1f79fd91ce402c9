/**
 * The clock that source and reader share. Read anew every time: an offset to
 * the runtime's own clock, taken once, is off by as long as the process was
 * kept from running between its two readings.
 *
 * @module
 */

import { type Microseconds, us } from "../agent/media/time.ts";
import { libc } from "../agent/runtime/libc.ts";

/** linux/time.h */
const CLOCK_MONOTONIC = 1;

const timespec = new BigInt64Array(2);
const timespecBytes = new Uint8Array(timespec.buffer);

/**
 * Reads CLOCK_MONOTONIC: the same in every process since boot.
 *
 * @throws {Error} If the system has no such clock for us.
 */
export function now(): Microseconds {
  if (libc?.clock_gettime(CLOCK_MONOTONIC, timespecBytes) !== 0) {
    throw new Error("Cannot read CLOCK_MONOTONIC");
  }
  const [seconds = 0n, nanoseconds = 0n] = timespec;
  return us(Number(seconds) * 1e6 + Math.floor(Number(nanoseconds) / 1000));
}
