/**
 * What H.264 and H.265 differ in when they travel in RTP.
 *
 * @module
 */

import { hasSliceHeader, isVcl, NAL_UNIT_TYPE } from "../h264.ts";
import {
  HEVC_HEADER_BYTES,
  HEVC_NAL_UNIT_TYPE,
  isHevcVcl,
  isIrap,
} from "../hevc.ts";

/** NAL units and the payloads they travel in. */
export interface NalUnitFormat {
  readonly codec: "h264" | "hevc";
  /** Bytes of the header of NAL units and payloads. */
  readonly headerBytes: 1 | 2;
  /** Type of the payloads with several NAL units. */
  readonly aggregation: number;
  /** Type of the payloads with a piece of a NAL unit. */
  readonly fragment: number;
  /** Bits of a FU header with the type of the NAL unit. */
  readonly fragmentType: number;
  /** SEI in front of the picture, which may be a recovery point. */
  readonly sei: number;
  /** The parameter sets that a decoder needs, by type. */
  readonly parameterSets: readonly number[];
  /**
   * Types that stand in front of the slices of an access unit: behind them,
   * they are of the next one (ITU-T H.264, 7.4.1.2.3; H.265, 7.4.2.4.4).
   */
  readonly leading: readonly number[];
  /** Delimiters, filler data and end marks. */
  readonly superfluous: readonly number[];
  /** Type in the first byte of a header. */
  typeOf(first: number): number;
  /** Whether a type is one of NAL units, and not of payloads only. */
  isNalUnit(type: number): boolean;
  /** Whether a type carries slices. */
  isSlice(type: number): boolean;
  /** Whether a slice, its header at `at`, is the first of its picture. */
  isFirstSlice(type: number, bytes: Uint8Array, at: number): boolean;
  /** Whether a decoder may start at slices of a type. */
  isKeyframe(type: number): boolean;
  /** The header of the NAL unit that a fragment is of. */
  headerOf(fragment: Uint8Array): Uint8Array;
}

/** H.264 (RFC 6184, sections 5.2 and 5.4: packetization-mode 0 and 1). */
export const H264_FORMAT: NalUnitFormat = {
  codec: "h264",
  headerBytes: 1,
  aggregation: 24,
  fragment: 28,
  fragmentType: 0x1f,
  sei: NAL_UNIT_TYPE.sei,
  parameterSets: [NAL_UNIT_TYPE.sps, NAL_UNIT_TYPE.pps],
  leading: [
    NAL_UNIT_TYPE.sei,
    NAL_UNIT_TYPE.sps,
    NAL_UNIT_TYPE.pps,
    NAL_UNIT_TYPE.subsetSps,
  ],
  superfluous: [
    NAL_UNIT_TYPE.delimiter,
    NAL_UNIT_TYPE.endOfSequence,
    NAL_UNIT_TYPE.endOfStream,
    NAL_UNIT_TYPE.filler,
  ],
  typeOf: (first) => first & 0x1f,
  isNalUnit: (type) => type > 0 && type < 24,
  isSlice: isVcl,
  // first_mb_in_slice is 0: see startsPicture().
  isFirstSlice: (type, bytes, at) =>
    hasSliceHeader(type) && (bytes[at + 1] ?? 0) >= 0x80,
  isKeyframe: (type) => type === NAL_UNIT_TYPE.idr,
  headerOf: ([indicator = 0, header = 0]) =>
    Uint8Array.of(indicator & 0xe0 | header & 0x1f),
};

/** H.265 (RFC 7798, section 4.4), without decoding order numbers. */
export const HEVC_FORMAT: NalUnitFormat = {
  codec: "hevc",
  headerBytes: HEVC_HEADER_BYTES,
  aggregation: 48,
  fragment: 49,
  fragmentType: 0x3f,
  sei: HEVC_NAL_UNIT_TYPE.prefixSei,
  parameterSets: [
    HEVC_NAL_UNIT_TYPE.vps,
    HEVC_NAL_UNIT_TYPE.sps,
    HEVC_NAL_UNIT_TYPE.pps,
  ],
  leading: [
    HEVC_NAL_UNIT_TYPE.vps,
    HEVC_NAL_UNIT_TYPE.sps,
    HEVC_NAL_UNIT_TYPE.pps,
    HEVC_NAL_UNIT_TYPE.prefixSei,
  ],
  superfluous: [
    HEVC_NAL_UNIT_TYPE.delimiter,
    HEVC_NAL_UNIT_TYPE.endOfSequence,
    HEVC_NAL_UNIT_TYPE.endOfBitstream,
    HEVC_NAL_UNIT_TYPE.filler,
  ],
  typeOf: (first) => first >> 1 & 0x3f,
  isNalUnit: (type) => type < 48,
  isSlice: isHevcVcl,
  // first_slice_segment_in_pic_flag (ITU-T H.265, 7.3.6.1)
  isFirstSlice: (_type, bytes, at) => (bytes[at + 2] ?? 0) >= 0x80,
  isKeyframe: isIrap,
  headerOf: ([first = 0, second = 0, header = 0]) =>
    Uint8Array.of(first & 0x81 | (header & 0x3f) << 1, second),
};
