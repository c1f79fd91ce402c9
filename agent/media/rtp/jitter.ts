/**
 * How unevenly packets come.
 *
 * @module
 */

import type { Milliseconds } from "../time.ts";
import { distance32 } from "./serial.ts";

/** Divisor of each new value (RFC 3550, section 6.4.1). */
const SMOOTHING = 16;

/** Estimates the interarrival jitter (RFC 3550, section 6.4.1). */
export class RtpJitter {
  readonly #ticksPerMs: number;
  #jitter = 0;
  #before: { timestamp: number; at: Milliseconds } | undefined;

  /** @param rate Ticks per second. */
  constructor(rate: number) {
    this.#ticksPerMs = rate / 1000;
  }

  /** The estimate, in milliseconds. */
  get ms(): number {
    return this.#jitter;
  }

  /** Takes a packet that came. */
  add(timestamp: number, at: Milliseconds): void {
    const before = this.#before;
    this.#before = { timestamp, at };
    if (!before) return;
    const ticks = distance32(before.timestamp, timestamp);
    const difference = at - before.at - ticks / this.#ticksPerMs;
    this.#jitter += (Math.abs(difference) - this.#jitter) / SMOOTHING;
  }
}
