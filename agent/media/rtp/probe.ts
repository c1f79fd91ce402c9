/**
 * Tells RTP from other datagrams.
 *
 * @module
 */

import { RtpCandidates } from "./candidates.ts";
import { parseRtp } from "./packet.ts";

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
   * @returns As soon as a sender is found, the packets that have come of it, in
   * order; the last one is borrowed.
   */
  push(
    datagram: Uint8Array<ArrayBuffer>,
  ): readonly Uint8Array<ArrayBuffer>[] | undefined {
    const packet = parseRtp(datagram);
    if (packet === undefined) return undefined;
    const before = this.#before;
    if (this.#candidates.follow(packet) === undefined) {
      this.#before = datagram.slice();
      return undefined;
    }
    // Somebody else's may have come in between.
    const isSame = before && parseRtp(before)?.ssrc === packet.ssrc;
    return isSame ? [before, datagram] : [datagram];
  }
}
