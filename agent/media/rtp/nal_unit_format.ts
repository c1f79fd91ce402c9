/**
 * What H.264 and H.265 differ in when they travel in RTP.
 *
 * @module
 */

import { NAL_UNIT_TYPE } from "../h264.ts";
import { HEVC_NAL_UNIT_TYPE } from "../hevc.ts";
import type { NalUnitCodec } from "../codec.ts";
import { NAL_UNIT_SYNTAX, type NalUnitSyntax } from "../nal_unit_syntax.ts";

/** NAL units and the payloads they travel in. */
export interface NalUnitFormat extends NalUnitSyntax {
  readonly codec: NalUnitCodec;
  /** Type of the payloads with several NAL units. */
  readonly aggregation: number;
  /** Type of the payloads with a piece of a NAL unit. */
  readonly fragment: number;
  /** Bits of a FU header with the type of the NAL unit. */
  readonly fragmentType: number;
  /**
   * Types that stand in front of the slices of an access unit: behind them,
   * they are of the next one (ITU-T H.264, 7.4.1.2.3; H.265, 7.4.2.4.4).
   */
  readonly leading: readonly number[];
  /** Whether a type is one of NAL units, and not of payloads only. */
  isNalUnit(type: number): boolean;
  /** The header of the NAL unit that a fragment is of. */
  headerOf(fragment: Uint8Array): Uint8Array;
}

/** H.264 (RFC 6184, sections 5.2 and 5.4: packetization-mode 0 and 1). */
export const H264_FORMAT: NalUnitFormat = {
  ...NAL_UNIT_SYNTAX.h264,
  codec: "h264",
  aggregation: 24,
  fragment: 28,
  fragmentType: 0x1f,
  leading: [
    NAL_UNIT_TYPE.sei,
    NAL_UNIT_TYPE.sps,
    NAL_UNIT_TYPE.pps,
    NAL_UNIT_TYPE.subsetSps,
  ],
  isNalUnit: (type) => type > 0 && type < 24,
  headerOf: ([indicator = 0, header = 0]) =>
    Uint8Array.of(indicator & 0xe0 | header & 0x1f),
};

/** H.265 (RFC 7798, section 4.4), without decoding order numbers. */
export const HEVC_FORMAT: NalUnitFormat = {
  ...NAL_UNIT_SYNTAX.hevc,
  codec: "hevc",
  aggregation: 48,
  fragment: 49,
  fragmentType: 0x3f,
  leading: [
    HEVC_NAL_UNIT_TYPE.vps,
    HEVC_NAL_UNIT_TYPE.sps,
    HEVC_NAL_UNIT_TYPE.pps,
    HEVC_NAL_UNIT_TYPE.prefixSei,
  ],
  isNalUnit: (type) => type < 48,
  headerOf: ([first = 0, second = 0, header = 0]) =>
    Uint8Array.of(first & 0x81 | (header & 0x3f) << 1, second),
};
