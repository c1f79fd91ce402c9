/**
 * H.264 in RTP packets (RFC 6184), as a sender writes it.
 *
 * @module
 */

import { nalUnitsOf } from "../annexb.ts";
import { NAL_UNIT_TYPE, nalUnitType } from "../h264.ts";
import type { Microseconds } from "../time.ts";
import { VIDEO_CLOCK_RATE } from "./clock.ts";
import {
  DEFAULT_MAX_PAYLOAD,
  RTP_HEADER_BYTES,
  writeRtpHeader,
} from "./packet.ts";

/** What an {@linkcode RtpH264Packetizer} begins with. */
export interface RtpH264PacketizerOptions {
  /** Who sends: 32 random bits (RFC 3550, section 8.1). */
  readonly ssrc: number;
  /** Number of the first packet: 16 random bits (section 5.1). */
  readonly sequence: number;
  /** Timestamp of pts 0: 32 random bits (section 5.1). */
  readonly timestamp: number;
  /**
   * Number that the SDP binds to H.264.
   *
   * @default {96} the first of the dynamic ones (RFC 3551, section 3)
   */
  readonly payloadType?: number;
  /**
   * Most bytes of a datagram's payload, the RTP header included: 64 to 65507.
   *
   * @default {1452} {@linkcode DEFAULT_MAX_PAYLOAD}
   */
  readonly maxPayload?: number;
}

/** First of the dynamic payload types (RFC 3551, section 3). */
export const DEFAULT_PAYLOAD_TYPE = 96;

/** Fewer would be more headers than video. */
const MIN_MAX_PAYLOAD = 64;

/** What UDP over IPv4 can carry: 65535 - 20 - 8. */
const MAX_MAX_PAYLOAD = 65_507;

/** NAL unit types of RTP only (RFC 6184, Table 1). */
const TYPE = { stapA: 24, fuA: 28 } as const;

/** FU indicator and FU header (section 5.8). */
const FU_HEADER_BYTES = 2;

/** NAL unit size of an aggregation unit (section 5.7.1). */
const STAP_SIZE_BYTES = 2;

/** forbidden_zero_bit and nal_ref_idc in the header of a NAL unit. */
const F_BIT = 0x80;
const NRI_BITS = 0x60;

/**
 * Packs access units into RTP packets, packetization-mode 1: small NAL units
 * together (STAP-A), large ones in pieces (FU-A), others alone.
 */
export class RtpH264Packetizer {
  /** Who sends. */
  readonly ssrc: number;
  readonly #payloadType: number;
  readonly #maxPayload: number;
  readonly #timestamp: number;
  #sequence: number;
  #packets = 0;
  #octets = 0;
  /** What is being written: the packets of one access unit. */
  #bytes = new Uint8Array(0);
  #at = 0;
  #written: Uint8Array<ArrayBuffer>[] = [];

  /**
   * Begins a stream.
   *
   * @throws {RangeError} If `maxPayload` is out of range.
   */
  constructor(options: RtpH264PacketizerOptions) {
    const { ssrc, sequence, timestamp } = options;
    const { maxPayload = DEFAULT_MAX_PAYLOAD } = options;
    if (!(maxPayload >= MIN_MAX_PAYLOAD && maxPayload <= MAX_MAX_PAYLOAD)) {
      throw new RangeError(
        `Cannot packetize: maxPayload is ${maxPayload}, not ${MIN_MAX_PAYLOAD} to ${MAX_MAX_PAYLOAD}`,
      );
    }
    this.ssrc = ssrc;
    this.#sequence = sequence;
    this.#timestamp = timestamp;
    this.#payloadType = options.payloadType ?? DEFAULT_PAYLOAD_TYPE;
    this.#maxPayload = maxPayload;
  }

  /** Packets so far, for sender reports. */
  get packets(): number {
    return this.#packets;
  }

  /** Bytes of their payloads, without RTP headers, for sender reports. */
  get octets(): number {
    return this.#octets;
  }

  /** The RTP timestamp of a presentation timestamp. */
  timestampOf(pts: Microseconds): number {
    return this.#timestamp + Math.round(pts * VIDEO_CLOCK_RATE / 1e6) >>> 0;
  }

  /**
   * Packs one access unit.
   *
   * @param unit An Annex B byte stream, borrowed; delimiters are left out.
   * @returns The payload of each datagram. They share one `buffer`, and are
   * owned by the caller. None where there is no NAL unit.
   */
  packetize(
    unit: { readonly data: Uint8Array; readonly pts: Microseconds },
  ): Uint8Array<ArrayBuffer>[] {
    const nalUnits = [...nalUnitsOf(unit.data)].filter((nalUnit) =>
      nalUnitType(nalUnit) !== NAL_UNIT_TYPE.delimiter
    );
    const timestamp = this.timestampOf(unit.pts);
    this.#begin(nalUnits);
    let run: Uint8Array[] = [];
    let runBytes = 0;
    for (const nalUnit of nalUnits) {
      const bytes = STAP_SIZE_BYTES + nalUnit.length;
      if (runBytes + bytes > this.#room - 1) {
        this.#writeRun(run);
        [run, runBytes] = [[], 0];
      }
      if (nalUnit.length > this.#room) this.#writeFragments(nalUnit);
      else {
        run.push(nalUnit);
        runBytes += bytes;
      }
    }
    this.#writeRun(run);
    return this.#end(timestamp);
  }

  /** Bytes behind the RTP header. */
  get #room(): number {
    return this.#maxPayload - RTP_HEADER_BYTES;
  }

  /** Makes room for all packets at once: one allocation, one copy. */
  #begin(nalUnits: readonly Uint8Array[]): void {
    const perFragment = this.#room - FU_HEADER_BYTES;
    let size = 0;
    for (const { length } of nalUnits) {
      const packets = Math.ceil(length / perFragment);
      // A lone one needs less, and so does one of a run: it has one header
      // byte and its size on top.
      size += length +
        packets * (RTP_HEADER_BYTES + FU_HEADER_BYTES + STAP_SIZE_BYTES);
    }
    this.#bytes = new Uint8Array(size);
    this.#at = 0;
    this.#written = [];
  }

  /** Writes NAL units that fit into one packet. */
  #writeRun(run: readonly Uint8Array[]): void {
    const [first] = run;
    if (!first) return;
    const start = this.#at;
    this.#at += RTP_HEADER_BYTES;
    if (run.length === 1) this.#copy(first);
    else {
      this.#bytes[this.#at++] = stapHeader(run);
      for (const nalUnit of run) {
        this.#bytes[this.#at++] = nalUnit.length >> 8;
        this.#bytes[this.#at++] = nalUnit.length;
        this.#copy(nalUnit);
      }
    }
    this.#written.push(this.#bytes.subarray(start, this.#at));
  }

  /** Writes a NAL unit in pieces. Its header byte is spread over theirs. */
  #writeFragments(nalUnit: Uint8Array): void {
    const header = nalUnit[0]!;
    const perFragment = this.#room - FU_HEADER_BYTES;
    for (let from = 1; from < nalUnit.length; from += perFragment) {
      const start = this.#at;
      this.#at += RTP_HEADER_BYTES;
      const isStart = from === 1;
      const isEnd = from + perFragment >= nalUnit.length;
      this.#bytes[this.#at++] = header & (F_BIT | NRI_BITS) | TYPE.fuA;
      this.#bytes[this.#at++] = (isStart ? 0x80 : 0) | (isEnd ? 0x40 : 0) |
        header & 0x1f;
      this.#copy(nalUnit.subarray(from, from + perFragment));
      this.#written.push(this.#bytes.subarray(start, this.#at));
    }
  }

  #copy(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** Writes the headers, now that the last packet is known. */
  #end(timestamp: number): Uint8Array<ArrayBuffer>[] {
    const packets = this.#written;
    packets.forEach((packet, i) => {
      writeRtpHeader(packet, 0, {
        payloadType: this.#payloadType,
        marker: i === packets.length - 1,
        sequence: this.#sequence,
        timestamp,
        ssrc: this.ssrc,
      });
      this.#sequence = this.#sequence + 1 & 0xffff;
    });
    this.#packets += packets.length;
    this.#octets += this.#at - packets.length * RTP_HEADER_BYTES;
    return packets;
  }
}

/** F is set if it is in any of them, NRI the highest (section 5.7.1). */
function stapHeader(run: readonly Uint8Array[]): number {
  let [f, nri] = [0, 0];
  for (const [header = 0] of run) {
    f |= header & F_BIT;
    nri = Math.max(nri, header & NRI_BITS);
  }
  return f | nri | TYPE.stapA;
}
