/**
 * How long missing packets are waited for.
 *
 * @module
 */

import { type Milliseconds, ms } from "../time.ts";

/**
 * Longest wait for a missing packet. Two packets that took different ways
 * through a local network are less than a frame apart; longer, a loss would be
 * seen as a stutter.
 */
export const MAX_REORDER_WINDOW: Milliseconds = ms(20);

/**
 * The wait is what the last period needed: a way that changes the order of
 * packets does so several times in 10 s.
 */
const PERIOD_MS = 10_000;

/** A wait that follows what would have been needed. */
export class ReorderWindow {
  #length = 0;
  /** Longest wait that the current period would have needed. */
  #needed = 0;
  #periodStart = -Infinity;

  /** The wait. */
  get length(): Milliseconds {
    return ms(this.#length);
  }

  /** A wait of so many milliseconds has brought a packet, or would have. */
  need(wait: number): void {
    if (wait > MAX_REORDER_WINDOW) return;
    // Timers are no finer than a millisecond.
    const length = Math.min(Math.ceil(wait) + 1, MAX_REORDER_WINDOW);
    this.#needed = Math.max(this.#needed, length);
    this.#length = Math.max(this.#length, length);
  }

  /** Forgets what is long ago. */
  turn(now: Milliseconds): void {
    if (now - this.#periodStart < PERIOD_MS) return;
    this.#periodStart = now;
    this.#length = this.#needed;
    this.#needed = 0;
  }
}
