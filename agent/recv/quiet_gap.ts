/**
 * Pictures that end with a pause.
 *
 * @module
 */

import { type Milliseconds, ms } from "../media/time.ts";

/**
 * Silence that ends a picture. On loopback FFmpeg hands over a picture in less
 * than a tenth of that (measured, FFmpeg 5.1.9, chunks of 32 KiB).
 */
const FIRST_GAP = ms(1);

/** Where a pause inside a picture was longer, twice as much; up to here. */
const MAX_GAP = ms(4);

/**
 * Pictures in a row that have to end with a pause before it is relied on: a
 * second of video.
 */
const LEARNT_AFTER = 30;

/**
 * Learns whether a sender pauses behind each picture, and only there. Nothing
 * else in a foreign stream says that a picture is over before the next one
 * begins, one frame interval later.
 *
 * That holds on this machine alone: a network pauses where it likes.
 */
export class QuietGap {
  #gap = FIRST_GAP;
  #run = 0;
  #latestAt = -Infinity;
  #hasEnded = false;

  /** Silence after which a picture is over; Infinity: that says nothing. */
  get wait(): Milliseconds {
    return this.#run >= LEARNT_AFTER ? this.#gap : ms(Infinity);
  }

  /** The picture was ended, there having been silence. */
  end(): void {
    this.#hasEnded = true;
  }

  /**
   * Looks at a chunk that has come.
   *
   * @param begins Whether it begins with a picture.
   * @param isOpen Whether one was open: where pictures say that they are over,
   * as those of our own sender do, pauses say nothing.
   */
  take(begins: boolean, isOpen: boolean, now: Milliseconds): void {
    const isAfterPause = now - this.#latestAt >= this.#gap;
    const hasEnded = this.#hasEnded;
    this.#latestAt = now;
    this.#hasEnded = false;
    if (!isOpen && !hasEnded) return;
    if (!begins) {
      if (isAfterPause || hasEnded) this.#wrong(hasEnded);
    } else if (isAfterPause) this.#run++;
  }

  #wrong(hasEnded: boolean): void {
    this.#run = 0;
    if (hasEnded) {
      this.#gap = ms(this.#gap < MAX_GAP ? 2 * this.#gap : Infinity);
    }
  }
}
