/**
 * H.264 (RFC 6184) and H.265 (RFC 7798) as they come out of RTP packets.
 *
 * @module
 */

import { findStartCode, nalUnitsOf } from "../annexb.ts";
import { isFirstSlice } from "../nal_unit_syntax.ts";
import { GatheredUnit } from "./gathered_unit.ts";
import type { NalUnitFormat } from "./nal_unit_format.ts";
import type {
  PayloadReader,
  PayloadRole,
  ReadPicture,
} from "./payload_reader.ts";

/** Of the first byte of every header: forbidden_zero_bit. */
const FORBIDDEN_BIT = 0x80;

/** Bits of FU headers (RFC 6184, section 5.8; RFC 7798, section 4.4.3). */
const FU = { start: 0x80, end: 0x40 } as const;

/** Bytes of the size in front of each NAL unit of an aggregation. */
const SIZE_BYTES = 2;

/**
 * Puts access units together. Of a slice whose end is missing the beginning is
 * kept; everything else is dropped unless it is whole. Either is damage, and so
 * is every payload that cannot be read: of H.264 those of the interleaved mode.
 */
export class NalUnitReader implements PayloadReader {
  readonly #format: NalUnitFormat;
  #current: GatheredUnit;
  /** What came behind the slices of the current one. */
  #next: GatheredUnit;
  /** Where the current NAL unit goes. */
  #target: GatheredUnit;
  /** Type of the NAL unit whose next fragment is awaited, or -1. */
  #fragmented = -1;
  /** Type of the current NAL unit. */
  #type = 0;
  /** Whether that one is left out. */
  #skipping = false;
  #hasPicture = false;

  /** Reads the payloads of one codec. */
  constructor(format: NalUnitFormat) {
    this.#format = format;
    this.#current = new GatheredUnit(format);
    this.#next = new GatheredUnit(format);
    this.#target = this.#current;
  }

  get codec(): "h264" | "hevc" {
    return this.#format.codec;
  }

  get hasPicture(): boolean {
    return this.#hasPicture;
  }

  roleOf(payload: Uint8Array): PayloadRole {
    const format = this.#format;
    if (this.#isFragment(payload)) return this.#roleOfFragment(payload);
    const { nalUnits } = this.#split(payload);
    if (nalUnits.length === 0) return "inside";
    for (const nalUnit of nalUnits) {
      const type = format.typeOf(nalUnit[0]!);
      if (!format.isSlice(type)) continue;
      return isFirstSlice(format, type, nalUnit, 0) ? "start" : "inside";
    }
    return "beside";
  }

  push(payload: Uint8Array, afterGap: boolean): void {
    if (afterGap) this.#breakOff();
    if (this.#isFragment(payload)) return this.#pushFragment(payload);
    this.#breakOff();
    const { nalUnits, readable } = this.#split(payload);
    if (!readable) this.#current.damaged = true;
    if (nalUnits.length === 0) this.#hasPicture = true;
    for (const nalUnit of nalUnits) {
      this.#begin(nalUnit);
      this.#append(nalUnit, 0);
      this.#end();
    }
  }

  take(): ReadPicture | undefined {
    this.#breakOff();
    const picture = this.#current.take();
    [this.#current, this.#next] = [this.#next, this.#current];
    this.#hasPicture = false;
    return picture;
  }

  #isFragment(payload: Uint8Array): boolean {
    return this.#format.typeOf(payload[0]!) === this.#format.fragment;
  }

  #roleOfFragment(payload: Uint8Array): PayloadRole {
    const { headerBytes, fragmentType } = this.#format;
    const header = payload[headerBytes];
    if (header === undefined) return "inside";
    const type = header & fragmentType;
    if (!this.#format.isSlice(type)) return "beside";
    const first = (header & FU.start) !== 0 &&
      isFirstSlice(this.#format, type, payload, 1);
    return first ? "start" : "inside";
  }

  /** Finds the NAL units of a payload that is no fragment. */
  #split(
    payload: Uint8Array,
  ): { nalUnits: Uint8Array[]; readable: boolean } {
    // Against the RFCs, but some senders do not know better.
    if (beginsWithStartCode(payload)) {
      const nalUnits = [...nalUnitsOf(payload)];
      return { nalUnits, readable: nalUnits.length > 0 };
    }
    const type = this.#format.typeOf(payload[0]!);
    if (type === this.#format.aggregation) {
      return splitAggregation(payload, this.#format.headerBytes);
    }
    const readable = this.#format.isNalUnit(type);
    return { nalUnits: readable ? [payload] : [], readable };
  }

  #pushFragment(payload: Uint8Array): void {
    const { headerBytes, fragmentType } = this.#format;
    const header = payload[headerBytes] ?? 0;
    const type = header & fragmentType;
    const complete = payload.length > headerBytes;
    if (complete && (header & FU.start) !== 0) {
      this.#breakOff();
      const ofNalUnit = this.#format.headerOf(payload);
      this.#begin(ofNalUnit);
      this.#append(ofNalUnit, 0);
      this.#fragmented = type;
    } else if (!complete || type !== this.#fragmented) {
      this.#breakOff();
      this.#current.damaged = true;
      if (this.#roleOfFragment(payload) !== "beside") this.#hasPicture = true;
      return;
    }
    this.#append(payload, headerBytes + 1);
    if ((header & FU.end) === 0) return;
    this.#fragmented = -1;
    this.#end();
  }

  /** Begins a NAL unit with a header of one or two bytes. */
  #begin(header: Uint8Array): void {
    const format = this.#format;
    const type = format.typeOf(header[0]!);
    const isNalUnit = format.isNalUnit(type) &&
      header.length >= format.headerBytes;
    const isNext = isNalUnit && this.#current.hasSlices &&
      format.leading.includes(type);
    this.#target = isNext ? this.#next : this.#current;
    this.#type = type;
    this.#skipping = !isNalUnit || format.isSuperfluous(type);
    if (!isNalUnit || (header[0]! & FORBIDDEN_BIT) !== 0) {
      this.#target.damaged = true;
    }
    if (this.#skipping) return;
    if (format.isSlice(type)) this.#hasPicture = true;
    this.#target.begin(type);
  }

  #append(bytes: Uint8Array, from: number): void {
    if (!this.#skipping) this.#target.append(bytes, from);
  }

  #end(): void {
    if (!this.#skipping) this.#target.end();
  }

  /** The rest of a fragmented NAL unit does not come. */
  #breakOff(): void {
    if (this.#fragmented < 0) return;
    this.#fragmented = -1;
    this.#target.damaged = true;
    const isKept = this.#skipping || this.#format.isSlice(this.#type);
    if (!isKept) this.#target.abandon();
  }
}

function beginsWithStartCode(payload: Uint8Array): boolean {
  if (payload[0] !== 0 || payload[1] !== 0) return false;
  return findStartCode(payload.subarray(0, 4)) >= 0;
}

/** Takes STAP-A (RFC 6184, 5.7.1) and AP (RFC 7798, 4.4.2) apart. */
function splitAggregation(
  payload: Uint8Array,
  headerBytes: number,
): { nalUnits: Uint8Array[]; readable: boolean } {
  const nalUnits: Uint8Array[] = [];
  let at = headerBytes;
  while (at + SIZE_BYTES < payload.length) {
    const start = at + SIZE_BYTES;
    const end = start + (payload[at]! << 8 | payload[at + 1]!);
    if (end === start || end > payload.length) break;
    nalUnits.push(payload.subarray(start, end));
    at = end;
  }
  const readable = at === payload.length && nalUnits.length > 0;
  return { nalUnits, readable };
}
