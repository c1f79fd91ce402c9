/**
 * Pictures that end with a pause.
 *
 * @module
 */

import { type Milliseconds, ms } from "../media/time.ts";

/**
 * Silence that ends a picture. Measured, beside other work, FFmpeg 5.1.9 over
 * loopback: chunks of one picture are 0.05 ms apart in half of the cases, 0.6 ms
 * in 99 of 100, pictures 6 ms at the least. At 16 Mbit/s, one of a hundred chunks
 * came later than this.
 */
const GAP = ms(1);

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
 * That holds on this machine alone: a network pauses where it likes. Where it
 * has cut a picture in two, it is given up for this sender for good.
 */
export class QuietGap {
  #run = 0;
  #isWrong = false;
  #latestAt = -Infinity;
  #hasEnded = false;

  /** Silence after which a picture is over; Infinity: that says nothing. */
  get wait(): Milliseconds {
    const isReliable = this.#run >= LEARNT_AFTER && !this.#isWrong;
    return isReliable ? GAP : ms(Infinity);
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
    const isAfterPause = now - this.#latestAt >= GAP;
    const hasEnded = this.#hasEnded;
    this.#latestAt = now;
    this.#hasEnded = false;
    if (!isOpen && !hasEnded) return;
    if (!begins && hasEnded) this.#isWrong = true;
    if (isAfterPause) this.#run = begins ? this.#run + 1 : 0;
  }
}
