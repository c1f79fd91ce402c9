/**
 * How packets of one sender arrive, as its receiver reports it (RFC 3550,
 * section 6.4.1).
 *
 * @module
 */

import { distance16 } from "./serial.ts";

/** What a receiver has got of a sender. */
export interface ReceptionReport {
  /** The sender. */
  readonly ssrc: number;
  /** Part of the packets since the last report that did not come, 0 to 1. */
  readonly fractionLost: number;
  /** Packets that did not come so far; twice what came twice. */
  readonly lost: number;
  /** Highest number, and how often the numbers began anew, times 2^16. */
  readonly highest: number;
  /** Interarrival jitter, in ticks of the timestamps. */
  readonly jitter: number;
  /**
   * When the latest sender report was written, by the sender's wall clock, in
   * microseconds since 1970, and how long ago it came in milliseconds. Absent
   * without one.
   */
  readonly lastReport?: { readonly realtime: number; readonly ago: number };
}

/** Counts the packets of one sender. */
export class RtpReception {
  #first: number | undefined;
  #highest = 0;
  #received = 0;
  #before = { expected: 0, received: 0 };

  /** Takes the number of a packet. */
  add(sequence: number): void {
    this.#received++;
    if (this.#first === undefined) {
      this.#first = sequence;
      this.#highest = sequence;
      return;
    }
    const step = distance16(this.#highest & 0xffff, sequence);
    if (step > 0) this.#highest += step;
  }

  /** What has come, and what has not since the last call. */
  report(): Pick<ReceptionReport, "fractionLost" | "lost" | "highest"> {
    const received = this.#received;
    const expected = this.#first === undefined
      ? 0
      : this.#highest - this.#first + 1;
    const before = this.#before;
    this.#before = { expected, received };
    const since = expected - before.expected;
    const missing = since - (received - before.received);
    return {
      fractionLost: since > 0 ? Math.max(0, missing / since) : 0,
      lost: expected - received,
      highest: this.#highest,
    };
  }
}
