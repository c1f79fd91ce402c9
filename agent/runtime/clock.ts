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

const timespec = new BigInt64Array(2);
const timespecBytes = new Uint8Array(timespec.buffer);

/** Microseconds; whole numbers are exact up to the year 2255. */
function read(clock: number): number | undefined {
  if (libc?.clock_gettime(clock, timespecBytes) !== 0) return undefined;
  return Number(timespec[0]) * 1e6 + Math.floor(Number(timespec[1]) / 1000);
}

/** The real clocks. */
export const clock: Clock = {
  // performance.now() counts from the start of the process in both runtimes;
  // it has to do where there is no other clock.
  now() {
    const time = read(CLOCK_MONOTONIC);
    return ms(time === undefined ? performance.now() : time / 1000);
  },
  wallClock: () => us(read(CLOCK_REALTIME) ?? Date.now() * 1000),
  async sleep(duration: Milliseconds, signal?: AbortSignal) {
    signal?.throwIfAborted();
    try {
      await delay(Math.max(0, duration), undefined, signal && { signal });
    } catch (error) {
      // Node's timers reject with an AbortError of their own.
      signal?.throwIfAborted();
      throw error;
    }
  },
};
