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

/** A way that changes the order of packets does so several times in 10 s. */
const PERIOD_MS = 10_000;

/**
 * A wait that is not necessary, or as long as it may be. One that is as long as
 * the latest packet needed is too short for the next one: it costs all pictures
 * up to a keyframe, and what a longer wait would have held back is not shown
 * then either.
 */
export class ReorderWindow {
  #isOpen = false;
  /** In the current period. */
  #wasNeeded = false;
  #periodStart = -Infinity;

  /** The wait. */
  get length(): Milliseconds {
    return this.#isOpen ? MAX_REORDER_WINDOW : ms(0);
  }

  /** A wait of so many milliseconds has brought a packet, or would have. */
  need(wait: number): void {
    if (wait <= MAX_REORDER_WINDOW) this.#isOpen = this.#wasNeeded = true;
  }

  /** Forgets what is long ago. */
  turn(now: Milliseconds): void {
    if (now - this.#periodStart < PERIOD_MS) return;
    this.#periodStart = now;
    this.#isOpen = this.#wasNeeded;
    this.#wasNeeded = false;
  }
}
