/**
 * PES packets: the pictures of a stream, and when they are to be shown.
 *
 * @module
 */

import { concat } from "../bytes.ts";
import { type Microseconds, us } from "../time.ts";

/** Start code, stream_id, PES_packet_length (ITU-T H.222.0, 2.4.3.6). */
const PREFIX_BYTES = 6;

/** Two bytes of flags and PES_header_data_length stand behind that. */
const HEADER_BYTES = PREFIX_BYTES + 3;

/** What the header of a PES packet says. */
interface PesHeader {
  /** Bytes of the header. */
  readonly bytes: number;
  /** Bytes behind the header; `Infinity` where it does not say. */
  readonly payloadBytes: number;
  /** Presentation timestamp, in 33 bits of 90 kHz. */
  readonly pts?: number;
}

/** Where in a PES packet a reader is. */
export type PesState =
  /** In front of the first one. */
  | "before"
  /** Its header is not complete. */
  | "header"
  | "payload"
  /** It cannot be read. */
  | "wrong";

const NOTHING = new Uint8Array(0);

/** Reads PES packets of one stream, whose pieces somebody else puts in order. */
export class PesReader {
  #state: PesState = "before";
  #header: Uint8Array = NOTHING;
  #missing = Infinity;
  #isBounded = true;
  #pts: number | undefined;

  /** Where it is in the current PES packet. */
  get state(): PesState {
    return this.#state;
  }

  /** Bytes up to its end; `Infinity` where that is not known. */
  get missing(): number {
    return this.#missing;
  }

  /** Its presentation timestamp, in 33 bits of 90 kHz. */
  get pts(): number | undefined {
    return this.#pts;
  }

  /**
   * The next bytes are a new PES packet.
   *
   * @param isBounded Believes what it says of its length.
   */
  begin(isBounded: boolean): void {
    this.#state = "header";
    this.#header = NOTHING;
    this.#missing = Infinity;
    this.#isBounded = isBounded;
    this.#pts = undefined;
  }

  /** Bytes are missing, or the end was none: where it ends is not known now. */
  forgetEnd(): void {
    this.#missing = Infinity;
    if (this.#state === "header") this.#state = "wrong";
  }

  /** Takes the next bytes, and returns those that are of the stream. */
  push(bytes: Uint8Array): Uint8Array {
    let payload = bytes;
    if (this.#state === "header") {
      const held = this.#header.length > 0
        ? concat(this.#header, bytes)
        : bytes;
      const header = readHeader(held);
      if (header === undefined) {
        this.#header = held.slice();
        return NOTHING;
      }
      this.#state = header === "wrong" ? "wrong" : "payload";
      if (header === "wrong") return NOTHING;
      if (this.#isBounded) this.#missing = header.payloadBytes;
      this.#pts = header.pts;
      payload = held.subarray(header.bytes);
    }
    if (this.#state !== "payload") return NOTHING;
    if (payload.length > this.#missing) {
      payload = payload.subarray(0, this.#missing);
    }
    this.#missing -= payload.length;
    return payload;
  }
}

/**
 * stream_id of PES packets without the header that others have (ITU-T H.222.0,
 * 2.4.3.6): none of them has pictures.
 */
const BARE_STREAMS = new Set([0xbc, 0xbe, 0xbf, 0xf0, 0xf1, 0xf2, 0xf8, 0xff]);

/** Reads a header; `undefined` as long as more bytes are wanted. */
function readHeader(bytes: Uint8Array): PesHeader | "wrong" | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  const [zero, zero2, one, streamId = 0, , , first = 0, flags = 0] = bytes;
  // "10", then PES_scrambling_control.
  const isClear = (first & 0xf0) === 0x80;
  if (zero !== 0 || zero2 !== 0 || one !== 1 || !isClear) return "wrong";
  if (BARE_STREAMS.has(streamId)) return "wrong";
  const length = HEADER_BYTES + bytes[8]!;
  if (bytes.length < length) return undefined;
  const packetBytes = bytes[4]! << 8 | bytes[5]!;
  const pts = (flags & 0x80) === 0 ? undefined : readPts(bytes, length);
  return {
    bytes: length,
    payloadBytes: packetBytes === 0
      ? Infinity
      : Math.max(0, PREFIX_BYTES + packetBytes - length),
    ...(pts !== undefined && { pts }),
  };
}

/** Reads 33 bits between marker bits (ITU-T H.222.0, 2.4.3.6). */
function readPts(bytes: Uint8Array, end: number): number | undefined {
  const [a, b, c, d, e] = bytes.subarray(HEADER_BYTES, end);
  if (e === undefined || (a! & c! & e & 1) === 0) return undefined;
  const low = b! << 22 | c! >> 1 << 15 | d! << 7 | e >> 1;
  return (a! >> 1 & 7) * 2 ** 30 + low;
}

/** Timestamps have 33 bits, which wrap after 26.5 hours. */
const PTS_RANGE = 2 ** 33;

/** Counts on where timestamps begin anew. */
export class PesClock {
  #ticks: number | undefined;

  /** Continues from the timestamp before, the shorter way round. */
  ptsOf(pts: number): Microseconds {
    const before = this.#ticks ?? pts;
    const step = ((pts - before) % PTS_RANGE + PTS_RANGE) % PTS_RANGE;
    const ticks = before + (step < PTS_RANGE / 2 ? step : step - PTS_RANGE);
    this.#ticks = ticks;
    return us(Math.round(ticks * 100 / 9));
  }
}
