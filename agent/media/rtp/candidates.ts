/**
 * Senders of RTP packets that are not listened to.
 *
 * @module
 */

import { copyOf, type RtpPacket } from "./packet.ts";
import { distance16 } from "./serial.ts";

/**
 * Most that are remembered: 25 ms of 10,000 datagrams a second, each by another
 * one. The packets of a keyframe come within less.
 */
const MAX_CANDIDATES = 256;

/** A sender's second packet is hardly further on than that. */
const MAX_STEP = 16;

/**
 * Tells senders from garbage: whoever sends twice in a row is one. RFC 3550,
 * appendix A.1 wants that (MIN_SEQUENTIAL) of every sender.
 */
export class RtpCandidates {
  readonly #latest = new Map<number, RtpPacket>();

  /**
   * Takes a packet, borrowed until it returns.
   *
   * @returns The packet of the same sender that it follows, if there is one.
   */
  follow(packet: RtpPacket): RtpPacket | undefined {
    const { ssrc, payloadType, sequence } = packet;
    const before = this.#latest.get(ssrc);
    this.#latest.delete(ssrc);
    const step = before?.payloadType === payloadType
      ? distance16(before.sequence, sequence)
      : 0;
    if (step > 0 && step <= MAX_STEP) return before;
    const [oldest] = this.#latest.keys();
    if (this.#latest.size >= MAX_CANDIDATES) this.#latest.delete(oldest!);
    this.#latest.set(ssrc, copyOf(packet));
    return undefined;
  }
}
