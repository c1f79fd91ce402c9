/**
 * From RTP timestamps to presentation timestamps.
 *
 * @module
 */

import { type Microseconds, us } from "../time.ts";
import { distance32 } from "./serial.ts";

/**
 * Ticks per second of H.264 (RFC 6184, section 8.2.1), of H.265 (RFC 7798,
 * section 7.1) and of JPEG (RFC 2435, section 3).
 */
export const VIDEO_CLOCK_RATE = 90_000;

/** Counts on where 32 bits begin anew, whichever way timestamps go. */
export class RtpClock {
  readonly #rate: number;
  #timestamp: number | undefined;
  #ticks = 0;
  /** Presentation timestamp at 0 ticks. */
  #origin = 0;

  /** @param rate Ticks per second. */
  constructor(rate: number) {
    this.#rate = rate;
  }

  /** Continues from the timestamp before; the first one is 0. */
  ptsOf(timestamp: number): Microseconds {
    this.#ticks += distance32(this.#timestamp ?? timestamp, timestamp);
    this.#timestamp = timestamp;
    return this.#pts;
  }

  /** The next timestamp is another clock's, so many microseconds later. */
  restart(after: Microseconds): void {
    this.#origin = this.#timestamp === undefined ? 0 : this.#pts + after;
    this.#timestamp = undefined;
    this.#ticks = 0;
  }

  get #pts(): Microseconds {
    return us(this.#origin + Math.round(this.#ticks / this.#rate * 1e6));
  }
}
