/**
 * Caps how often something is started that does not hold.
 *
 * @module
 */

import { type Milliseconds, ms } from "../media/time.ts";

/** Starts at once; a link that flaps ten times stays below it. */
const CAPACITY = 20;

/** Starts regained per millisecond: 12 a minute, as often as 5 s pauses. */
const REFILL = 12 / 60_000;

/** A token bucket: 20 starts, refilled 12 a minute. */
export class TokenBucket {
  #tokens = CAPACITY;
  #takenAt = -Infinity;

  /**
   * Takes a token for a start planned at a moment of the monotonic clock.
   *
   * @param at Not before the moment given to the call before.
   * @returns How much later the start has to be; 0 where a token was left.
   */
  take(at: Milliseconds): Milliseconds {
    const regained = (at - this.#takenAt) * REFILL;
    this.#tokens = Math.min(CAPACITY, this.#tokens + regained) - 1;
    this.#takenAt = at;
    return ms(Math.max(0, Math.ceil(-this.#tokens / REFILL)));
  }
}
