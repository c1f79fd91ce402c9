/**
 * What H.264 and H.265 differ in where NAL units are told apart.
 *
 * @module
 */

import { findStartCode, START_CODE } from "./annexb.ts";
import type { NalUnitCodec } from "./codec.ts";
import {
  beginsAccessUnit,
  hasSliceHeader,
  isVcl,
  NAL_UNIT_TYPE,
} from "./h264.ts";
import {
  HEVC_HEADER_BYTES,
  HEVC_NAL_UNIT_TYPE,
  isHevcVcl,
  isIrap,
} from "./hevc.ts";

/** NAL units, told apart by the first byte of their header. */
export interface NalUnitSyntax {
  /** Bytes of the header; the type is in the first one. */
  readonly headerBytes: 1 | 2;
  /** SEI in front of the picture, which may be a recovery point. */
  readonly sei: number;
  /** The kinds of parameter sets that a decoder needs. */
  readonly parameterSets: readonly number[];
  /** The delimiter, which begins an access unit in any case. */
  readonly delimiter: number;
  /** nal_unit_type. */
  typeOf(header: number): number;
  /** Whether a type is that of a delimiter, an end mark or filler data. */
  isSuperfluous(type: number): boolean;
  /** Whether a type carries slices. */
  isSlice(type: number): boolean;
  /** Whether the bit behind the header tells if the slice is the first. */
  hasSliceHeader(type: number): boolean;
  /** Whether a decoder may start at slices of a type. */
  isKeyframe(type: number): boolean;
  /**
   * Whether a type, behind a slice, does not end its picture at once.
   * Parameter sets should, but parsers of GStreamer put them in front of each
   * slice of a keyframe (1.22, alignment=nal, config-interval=-1).
   */
  isToldBySlice(type: number): boolean;
  /**
   * Whether a NAL unit begins another access unit than the one whose latest
   * slice is known, or ends that one.
   *
   * @param first Whether it is the first slice of a picture.
   * @param slice First byte of the latest slice.
   */
  beginsAccessUnit(header: number, first: boolean, slice: number): boolean;
}

/** H.264 (ITU-T H.264, 7.3.1, 7.4.1.2.3). */
const H264_SYNTAX: NalUnitSyntax = {
  headerBytes: 1,
  sei: NAL_UNIT_TYPE.sei,
  parameterSets: [NAL_UNIT_TYPE.sps, NAL_UNIT_TYPE.pps],
  delimiter: NAL_UNIT_TYPE.delimiter,
  typeOf: (header) => header & 0x1f,
  isSuperfluous: (type) =>
    type >= NAL_UNIT_TYPE.delimiter && type <= NAL_UNIT_TYPE.filler,
  isSlice: isVcl,
  hasSliceHeader,
  isKeyframe: (type) => type === NAL_UNIT_TYPE.idr,
  isToldBySlice: (type) =>
    type === NAL_UNIT_TYPE.prefix || type === NAL_UNIT_TYPE.sps ||
    type === NAL_UNIT_TYPE.pps,
  beginsAccessUnit,
};

/** H.265 (ITU-T H.265, 7.3.1.2, 7.4.2.4.4). */
const HEVC_SYNTAX: NalUnitSyntax = {
  headerBytes: HEVC_HEADER_BYTES,
  sei: HEVC_NAL_UNIT_TYPE.prefixSei,
  parameterSets: [
    HEVC_NAL_UNIT_TYPE.vps,
    HEVC_NAL_UNIT_TYPE.sps,
    HEVC_NAL_UNIT_TYPE.pps,
  ],
  delimiter: HEVC_NAL_UNIT_TYPE.delimiter,
  typeOf: (header) => header >> 1 & 0x3f,
  isSuperfluous: (type) =>
    type >= HEVC_NAL_UNIT_TYPE.delimiter && type <= HEVC_NAL_UNIT_TYPE.filler,
  isSlice: isHevcVcl,
  hasSliceHeader: isHevcVcl,
  isKeyframe: isIrap,
  isToldBySlice: (type) =>
    type >= HEVC_NAL_UNIT_TYPE.vps && type <= HEVC_NAL_UNIT_TYPE.pps,
  beginsAccessUnit: (header, first, slice) => {
    const type = header >> 1 & 0x3f;
    // All slices of a picture have one type (7.4.2.2).
    if (isHevcVcl(type)) return first || (header ^ slice) >> 1 !== 0;
    return !STAYS_BEHIND.has(type);
  },
};

/**
 * Filler data, suffix SEI messages, and reserved and unspecified types that
 * follow the slices of their access unit.
 */
const STAYS_BEHIND: ReadonlySet<number> = new Set([
  HEVC_NAL_UNIT_TYPE.filler,
  HEVC_NAL_UNIT_TYPE.suffixSei,
  ...[45, 46, 47],
  ...[56, 57, 58, 59, 60, 61, 62, 63],
]);

/** The syntax of each codec. */
export const NAL_UNIT_SYNTAX: Readonly<Record<NalUnitCodec, NalUnitSyntax>> = {
  h264: H264_SYNTAX,
  hevc: HEVC_SYNTAX,
};

/**
 * Tells whether a slice of a type, its header at an index, is the first one of
 * its picture: first_mb_in_slice is 0, which Exp-Golomb writes as a single 1
 * bit, or first_slice_segment_in_pic_flag is 1.
 */
export function isFirstSlice(
  syntax: NalUnitSyntax,
  type: number,
  bytes: Uint8Array,
  at: number,
): boolean {
  return syntax.hasSliceHeader(type) &&
    (bytes[at + syntax.headerBytes] ?? 0) >= 0x80;
}

/** Tells whether bytes begin with a start code and an access unit. */
export function beginsWithUnit(
  bytes: Uint8Array,
  codec: NalUnitCodec,
): boolean {
  const syntax = NAL_UNIT_SYNTAX[codec];
  const at = findStartCode(bytes.subarray(0, START_CODE.length)) + 3;
  const header = bytes[at];
  if (at < 3 || header === undefined) return false;
  const first = isFirstSlice(syntax, syntax.typeOf(header), bytes, at);
  return syntax.beginsAccessUnit(header, first, header);
}
