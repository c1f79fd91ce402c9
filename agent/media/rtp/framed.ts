/**
 * RTP over a connection: each packet behind its length (RFC 4571, section 2).
 *
 * @module
 */

import { parseRtp } from "./packet.ts";
import { distance16 } from "./serial.ts";

/** Bytes of a length. */
const LENGTH_BYTES = 2;

/** No packet is longer than its length can say. */
const MAX_TWO_PACKETS = 2 * (LENGTH_BYTES + 65_535);

/** Cuts a byte stream into packets. */
export class FramedPackets {
  /** Gathers a length, then a packet; exactly as long as that is. */
  #bytes = new Uint8Array(LENGTH_BYTES);
  #filled = 0;
  #isLength = true;

  /**
   * Takes the next bytes, borrowed until it returns.
   *
   * @returns The packets that are complete now, owned by the caller.
   */
  push(chunk: Uint8Array): Uint8Array<ArrayBuffer>[] {
    const packets: Uint8Array<ArrayBuffer>[] = [];
    for (let at = 0; at < chunk.length;) {
      const wanted = this.#bytes.length - this.#filled;
      const part = chunk.subarray(at, at + wanted);
      this.#bytes.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (part.length === wanted) this.#complete(packets);
    }
    return packets;
  }

  #complete(packets: Uint8Array<ArrayBuffer>[]): void {
    const bytes = this.#bytes;
    const length = this.#isLength ? bytes[0]! << 8 | bytes[1]! : 0;
    if (!this.#isLength) packets.push(bytes);
    this.#isLength = length === 0;
    this.#bytes = new Uint8Array(length || LENGTH_BYTES);
    this.#filled = 0;
  }
}

/**
 * Tells whether bytes begin with two whole packets of one sender, of which the
 * second follows the first.
 */
export function isFramedRtp(bytes: Uint8Array): boolean {
  const [first, second] = new FramedPackets().push(
    bytes.subarray(0, MAX_TWO_PACKETS),
  ).map(parseRtp);
  return first !== undefined && second?.ssrc === first.ssrc &&
    distance16(first.sequence, second.sequence) === 1;
}
