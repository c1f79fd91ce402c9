/**
 * Tells RTP from other datagrams.
 *
 * @module
 */

import { RtpCandidates } from "./candidates.ts";
import { parseRtp } from "./packet.ts";

/** What was found. */
export interface FoundRtp {
  /** What the payloads are (RFC 3551, or an SDP). */
  readonly payloadType: number;
  /** The packets that came so far, in order; the last one is borrowed. */
  readonly packets: readonly Uint8Array<ArrayBuffer>[];
}

/**
 * Looks for somebody who sends RTP to a port to which anything may come. Two
 * packets of one sender, one after the other, are no accident: of other data a
 * quarter has the version in its first two bits, and chance has 2^-32 for the
 * same SSRC, and less for the rest.
 */
export class RtpProbe {
  readonly #candidates = new RtpCandidates();
  #before: Uint8Array<ArrayBuffer> | undefined;

  /**
   * Takes a datagram, borrowed until it returns.
   *
   * @returns What there is to read, as soon as a sender is found.
   */
  push(datagram: Uint8Array<ArrayBuffer>): FoundRtp | undefined {
    const packet = parseRtp(datagram);
    if (packet === undefined) return undefined;
    const { payloadType, ssrc } = packet;
    const before = this.#before;
    if (this.#candidates.follow(packet) === undefined) {
      this.#before = datagram.slice();
      return undefined;
    }
    // Somebody else's may have come in between.
    const isSame = before && parseRtp(before)?.ssrc === ssrc;
    return { payloadType, packets: isSame ? [before, datagram] : [datagram] };
  }
}
