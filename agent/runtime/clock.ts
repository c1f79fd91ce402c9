/**
 * The clocks that every process of this machine shares.
 *
 * @module
 */

import { setTimeout as delay } from "node:timers/promises";
import { type Milliseconds, ms, us } from "../media/time.ts";
import type { Clock } from "../plugin/runtime.ts";
import { libc } from "./libc.ts";

/** clock_gettime(2). */
const CLOCK_REALTIME = 0;
const CLOCK_MONOTONIC = 1;

/** A longer timeout ends at once: timers count in 32 bits. */
const MAX_DELAY_MS = 2 ** 31 - 1;

const timespec = new BigInt64Array(2);
const timespecBytes = new Uint8Array(timespec.buffer);

/**
 * `performance.now()` counts from the start of the process, at the pace of
 * CLOCK_MONOTONIC. Whatever comes between the two readings makes the offset
 * smaller: the largest of a few is the true one.
 */
const offset = Math.max(...Array.from({ length: 5 }, readOffset));

function readOffset(): number {
  const monotonic = read(CLOCK_MONOTONIC) ?? 0;
  return monotonic / 1000 - performance.now();
}

/** Microseconds; whole numbers are exact up to the year 2255. */
function read(clock: number): number | undefined {
  if (libc?.clock_gettime(clock, timespecBytes) !== 0) return undefined;
  return Number(timespec[0]) * 1e6 + Math.floor(Number(timespec[1]) / 1000);
}

/** The real clocks. */
export const clock: Clock = {
  now: () => ms(performance.now() + offset),
  wallClock: () => us(read(CLOCK_REALTIME) ?? Date.now() * 1000),
  async sleep(duration: Milliseconds, signal?: AbortSignal) {
    signal?.throwIfAborted();
    const pause = Math.min(Math.max(0, duration), MAX_DELAY_MS);
    try {
      await delay(pause, undefined, signal && { signal });
    } catch (error) {
      // Node's timers reject with an AbortError of their own.
      signal?.throwIfAborted();
      throw error;
    }
  },
};
