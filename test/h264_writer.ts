/**
 * Writes small pieces of H.264, right and wrong, for tests of what reads it.
 *
 * @module
 */

import { addEmulationPrevention } from "../agent/media/rbsp.ts";

/** Writes syntax elements, most significant bit first. */
export class BitWriter {
  readonly #bits: number[] = [];

  /** Appends u(n). */
  u(count: number, value: number): this {
    for (let i = count - 1; i >= 0; i--) {
      this.#bits.push(Math.floor(value / 2 ** i) % 2);
    }
    return this;
  }

  /** Appends flags of one bit. */
  flags(...values: boolean[]): this {
    for (const value of values) this.#bits.push(value ? 1 : 0);
    return this;
  }

  /** Appends ue(v). */
  ue(...values: number[]): this {
    for (const value of values) {
      const length = Math.floor(Math.log2(value + 1));
      this.u(length, 0).u(length + 1, value + 1);
    }
    return this;
  }

  /** Appends se(v). */
  se(...values: number[]): this {
    return this.ue(...values.map((v) => v > 0 ? 2 * v - 1 : -2 * v));
  }

  /** The bits so far, zeros behind them up to a whole byte. */
  bytes(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(Math.ceil(this.#bits.length / 8));
    this.#bits.forEach((bit, i) => bytes[i >> 3]! |= bit << (7 - i % 8));
    return bytes;
  }

  /** A NAL unit: header, the bits so far, a stop bit. */
  nalUnit(header: number): Uint8Array<ArrayBuffer> {
    this.flags(true);
    return addEmulationPrevention(Uint8Array.of(header, ...this.bytes()));
  }
}

/** What {@linkcode writeSps} writes. */
export interface SpsFields {
  id: number;
  profileIdc: number;
  constraintFlags: number;
  levelIdc: number;
  /** Of the High profiles. */
  chromaFormatIdc: number;
  separatePlanes: boolean;
  bitDepth: number;
  /** Deltas of each scaling list; `undefined` for one that is not present. */
  scalingLists: (number[] | undefined)[];
  log2MaxFrameNum: number;
  pocType: number;
  /** Offsets of pic_order_cnt_type 1. */
  pocOffsets: number[];
  maxNumRefFrames: number;
  widthInMbs: number;
  heightInMapUnits: number;
  frameMbsOnly: boolean;
  /** Left, right, top, bottom. */
  crop: [number, number, number, number];
  /** Appends vui_parameters(). */
  vui: (bits: BitWriter) => unknown;
}

/** Writes a sequence parameter set: 640x480 Baseline unless told otherwise. */
export function writeSps(fields: Partial<SpsFields> = {}): Uint8Array {
  const {
    id = 0,
    profileIdc = 66,
    constraintFlags = 0,
    levelIdc = 30,
    chromaFormatIdc = 1,
    separatePlanes = false,
    bitDepth = 8,
    scalingLists = [],
    log2MaxFrameNum = 4,
    pocType = 2,
    pocOffsets = [],
    maxNumRefFrames = 1,
    widthInMbs = 40,
    heightInMapUnits = 30,
    frameMbsOnly = true,
    crop = [0, 0, 0, 0],
    vui,
  } = fields;
  const bits = new BitWriter();
  bits.u(8, profileIdc).u(8, constraintFlags).u(8, levelIdc).ue(id);
  if (profileIdc >= 100) {
    bits.ue(chromaFormatIdc);
    if (chromaFormatIdc === 3) bits.flags(separatePlanes);
    bits.ue(bitDepth - 8, bitDepth - 8).flags(false, scalingLists.length > 0);
    for (const deltas of scalingLists) {
      bits.flags(deltas !== undefined).se(...deltas ?? []);
    }
  }
  bits.ue(log2MaxFrameNum - 4, pocType);
  if (pocType === 0) bits.ue(2);
  if (pocType === 1) {
    bits.flags(false).se(-1, 1).ue(pocOffsets.length).se(...pocOffsets);
  }
  bits.ue(maxNumRefFrames).flags(false);
  bits.ue(widthInMbs - 1, heightInMapUnits - 1).flags(frameMbsOnly);
  if (!frameMbsOnly) bits.flags(true);
  bits.flags(true, crop.some(Boolean));
  if (crop.some(Boolean)) bits.ue(...crop);
  bits.flags(vui !== undefined);
  vui?.(bits);
  return bits.nalUnit(0x67);
}

/** Writes a picture parameter set, with CAVLC and nothing special. */
export function writePps(id = 0, spsId = 0): Uint8Array {
  return new BitWriter().ue(id, spsId).flags(false, false).ue(0, 0, 0)
    .flags(false).u(2, 0).se(0, 0, 0).flags(true, false, false).nalUnit(0x68);
}

/** Writes the beginning of a slice; its payload is of no use to a decoder. */
export function writeSlice(
  header: number,
  { firstMb = 0, ppsId = 0, payload = [0x55] }: {
    firstMb?: number;
    ppsId?: number;
    payload?: readonly number[];
  } = {},
): Uint8Array {
  const bits = new BitWriter().ue(firstMb, 7, ppsId);
  for (const byte of payload) bits.u(8, byte);
  return bits.nalUnit(header);
}

/** Joins NAL units, with start codes of the given length. */
export function byteStream(
  nalUnits: readonly (Uint8Array | readonly number[])[],
  startCodeLength = 4,
): Uint8Array<ArrayBuffer> {
  const startCode = startCodeLength === 4 ? [0, 0, 0, 1] : [0, 0, 1];
  return Uint8Array.from(
    nalUnits.flatMap((nalUnit) => [...startCode, ...nalUnit]),
  );
}

/**
 * `ffmpeg -f lavfi -i testsrc2=s=16x16:r=30 -frames:v 5 -c:v libx264 -qp 51
 * -g 3 -preset ultrafast -tune zerolatency -bsf:v filter_units=remove_types=6
 * -f h264 -`, FFmpeg 5.1.9: SPS, PPS, IDR, P, P, SPS, PPS, IDR, P. Both IDR
 * slices stand behind a three-byte start code.
 */
export const SAMPLE: Uint8Array<ArrayBuffer> = Uint8Array.fromBase64(
  "AAAAAWdCwAraewEQAAADABAAAAMDyPEiagAAAAFozgGXIAAAAWWIhDoMYbAHZfTb9GVhaaMY" +
    "BIbChCbGW6o2YRRWUEvxz9Cm5nBNAAAAAUGaIpQAAAABQZpClAAAAAFnQsAK2nsBEAAAAwAQ" +
    "AAADA8jxImoAAAABaM4BlyAAAAFliIIOgxhsAdl9Nv0ZWFpoxgEhsKEJsZbqjZhFFZQS/HP0" +
    "KbmcE0AAAAABQZoilA==",
);
