/**
 * Whether packets of a PID are missing.
 *
 * @module
 */

import { TS_PACKET_BYTES, type TsPacket } from "./packet.ts";

/** What a packet is to the one before it. */
export type Continuity =
  /** The next one, as far as is known; or one without payload. */
  | "next"
  /** The same once more. */
  | "repeated"
  /** Others are missing in between. */
  | "gap";

/** Follows the continuity_counter of a PID (ITU-T H.222.0, 2.4.3.3). */
export class ContinuityCounter {
  /** Of the latest packet with a payload; -1 where any may follow. */
  #counter = -1;
  /** What that carried. */
  readonly #payload = new Uint8Array(TS_PACKET_BYTES);
  #length = 0;

  /** Judges the next packet of the PID. */
  judge({ counter, discontinuity, payload }: TsPacket): Continuity {
    if (discontinuity) this.#counter = -1;
    // Only payloads are counted.
    if (payload === undefined) return "next";
    const before = this.#counter;
    if (counter === before && this.#isSame(payload)) return "repeated";
    this.#counter = counter;
    this.#payload.set(payload);
    this.#length = payload.length;
    return before < 0 || counter === (before + 1 & 0xf) ? "next" : "gap";
  }

  /** Tells repetition from the loss of fifteen packets. */
  #isSame(payload: Uint8Array): boolean {
    return payload.length === this.#length &&
      payload.every((byte, i) => byte === this.#payload[i]);
  }
}
