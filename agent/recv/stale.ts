/**
 * Which frames of a backlog are too old to be shown.
 *
 * @module
 */

import type { Milliseconds } from "../media/time.ts";

/** A frame that much older than the newest access unit is not published. */
const STALE_MS = 100;

/**
 * A decoder that has not caught up after this long is not working off a
 * backlog, it is too slow: its frames are the best there are.
 */
const CATCH_UP_MS = 500;

/**
 * A backlog comes at once, as a burst of access units. A lag that grows by
 * less from frame to frame is that of a slow decoder.
 */
const BURST_MS = 50;

/** Judges the frames of one decoder, in the order they come out. */
export class StaleFrames {
  #lag = 0;
  #since: Milliseconds | undefined;

  /**
   * Tells whether the decoder is still catching up.
   *
   * @param lag How much older the frame is than the newest access unit.
   * @param now When it came out.
   */
  isStale(lag: number, now: Milliseconds): boolean {
    const isBurst = lag - this.#lag > BURST_MS;
    this.#lag = lag;
    if (lag <= STALE_MS) this.#since = undefined;
    else if (isBurst) this.#since ??= now;
    return this.#since !== undefined && now - this.#since < CATCH_UP_MS;
  }
}
