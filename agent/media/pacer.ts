/**
 * How fast datagrams may follow each other.
 *
 * @module
 */

import { type Microseconds, type Milliseconds, ms } from "./time.ts";

/**
 * What goes out at once. Half of what a socket keeps by default, 212,992 bytes
 * with the kernel's own: 92 datagrams of 1452 bytes (measured, Linux 6.18).
 */
const BURST_BYTES = 65_536;

/** Bytes per millisecond behind that, at least: 128 Mbit/s. */
const MIN_RATE = 16_000;

/** A picture is sent within this part of the time until the next one. */
const PART_OF_INTERVAL = 1 / 3;

/** Between pictures of which the times are not known yet: 30 a second. */
const INTERVAL_MS = 33;

/** Lets a burst pass, and what is beyond it at an even rate. */
export class Pacer {
  #tokens = BURST_BYTES;
  #at = -Infinity;
  #rate = MIN_RATE;
  #interval = INTERVAL_MS;
  #pts: number | undefined;

  /** The next picture, of so many bytes, is to be sent. */
  begin(bytes: number, pts: Microseconds): void {
    const interval = (pts - (this.#pts ?? pts)) / 1000;
    if (interval > 0 && interval < 1000) this.#interval = interval;
    this.#pts = pts;
    const limit = this.#interval * PART_OF_INTERVAL;
    this.#rate = Math.max(MIN_RATE, (bytes - BURST_BYTES) / limit);
  }

  /**
   * Takes room for a datagram.
   *
   * @returns How long it has to wait; usually 0.
   */
  take(bytes: number, now: Milliseconds): Milliseconds {
    const regained = (now - this.#at) * this.#rate;
    this.#tokens = Math.min(BURST_BYTES, this.#tokens + regained) - bytes;
    this.#at = now;
    return ms(Math.max(0, -this.#tokens / this.#rate));
  }
}
