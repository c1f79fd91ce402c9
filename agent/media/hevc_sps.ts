/**
 * Sequence parameter sets of H.265: what a stream says of itself.
 *
 * @module
 */

import {
  HEVC_HEADER_BYTES,
  HEVC_NAL_UNIT_TYPE,
  readHevcHeader,
} from "./hevc.ts";
import { findHevcVui } from "./hevc_sps_tail.ts";
import { type BitReader, RbspError } from "./rbsp.ts";
import { readSpsBody, SpsError, type StreamSps } from "./sps.ts";

/** A sequence parameter set (ITU-T H.265, 7.3.2.2.1). */
export interface HevcSps extends StreamSps {
  /** general_tier_flag: High tier instead of Main tier. */
  readonly highTier: boolean;
  /** Bits of a chroma sample. */
  readonly chromaBitDepth: number;
  /** sps_max_num_reorder_pics of the highest sub-layer. */
  readonly reorderDepth: number;
}

/**
 * Longest side of a picture: the square root of 8 * MaxLumaPs at level 6.2
 * (A.4.1, Table A.8).
 */
const MAX_SIDE = 16_888;

/** Pictures that can be referred to, and be held back (A.4.2). */
const MAX_PICTURES = 16;

/**
 * Reads a sequence parameter set of the base layer, given with its header and
 * without a start code.
 *
 * @throws {SpsError} If it is cut off before its reorder depth, or holds
 * impossible values up to there. VUI that cannot be reached is left out.
 */
export function parseHevcSps(nalUnit: Uint8Array): HevcSps {
  const header = readHevcHeader(nalUnit);
  if (header?.type !== HEVC_NAL_UNIT_TYPE.sps || header.layerId !== 0) {
    const what = header === undefined
      ? "no NAL unit"
      : `NAL unit type is ${header.type} of layer ${header.layerId}`;
    throw new SpsError(`Cannot read SPS: ${what}`);
  }
  return readSpsBody(nalUnit.subarray(HEVC_HEADER_BYTES), readSps);
}

function readSps(bits: BitReader): HevcSps {
  bits.bits(4); // sps_video_parameter_set_id
  const subLayersBelow = bits.bits(3);
  if (subLayersBelow > 6) {
    throw new RbspError("sps_max_sub_layers_minus1 is 7, above 6");
  }
  bits.flag(); // sps_temporal_id_nesting_flag
  const profile = readProfile(bits, subLayersBelow);
  const id = bits.ueUpTo(15, "sps_seq_parameter_set_id");
  const chromaFormatIdc = bits.ueUpTo(3, "chroma_format_idc");
  if (chromaFormatIdc === 3) bits.flag(); // separate_colour_plane_flag
  const codedWidth = bits.ueUpTo(MAX_SIDE, "pic_width_in_luma_samples");
  const codedHeight = bits.ueUpTo(MAX_SIDE, "pic_height_in_luma_samples");
  // Offsets of the conformance window: left + right, top + bottom.
  const [cropX, cropY] = bits.flag()
    ? [bits.ue() + bits.ue(), bits.ue() + bits.ue()]
    : [0, 0];
  // SubWidthC and SubHeightC (Table 6-1); 4:4:4 has 1, also in separate planes.
  const unitX = chromaFormatIdc === 1 || chromaFormatIdc === 2 ? 2 : 1;
  const unitY = chromaFormatIdc === 1 ? 2 : 1;
  const width = codedWidth - cropX * unitX;
  const height = codedHeight - cropY * unitY;
  if (width <= 0 || height <= 0) {
    throw new RbspError("nothing is left after cropping");
  }
  const bitDepth = 8 + bits.ueUpTo(8, "bit_depth_luma_minus8");
  const chromaBitDepth = 8 + bits.ueUpTo(8, "bit_depth_chroma_minus8");
  const pocBits = 4 + bits.ueUpTo(12, "log2_max_pic_order_cnt_lsb_minus4");
  const reorderDepth = readReorderDepth(bits, subLayersBelow);
  return {
    id,
    ...profile,
    width,
    height,
    codedWidth,
    codedHeight,
    chromaFormatIdc,
    bitDepth,
    chromaBitDepth,
    reorderDepth,
    ...findHevcVui(bits, pocBits),
  };
}

/** profile_tier_level() (7.3.3). */
function readProfile(bits: BitReader, subLayersBelow: number) {
  bits.bits(2); // general_profile_space
  const highTier = bits.flag();
  const profileIdc = bits.bits(5);
  bits.bits(32); // general_profile_compatibility_flag
  bits.bits(32); // four flags, and 44 bits of meanings that depend on them
  bits.bits(16);
  const levelIdc = bits.bits(8);
  const present = Array.from(
    { length: subLayersBelow },
    () => [bits.flag(), bits.flag()] as const,
  );
  // Up to the eighth they are padded with reserved_zero_2bits.
  if (subLayersBelow > 0) bits.bits(2 * (8 - subLayersBelow));
  for (const [profile, level] of present) {
    if (profile) [32, 32, 24].forEach((count) => bits.bits(count));
    if (level) bits.bits(8);
  }
  return { profileIdc, highTier, levelIdc };
}

/** Reads sps_max_num_reorder_pics of every sub-layer, the highest last. */
function readReorderDepth(bits: BitReader, subLayersBelow: number): number {
  const count = bits.flag() ? subLayersBelow + 1 : 1;
  let depth = 0;
  for (let i = 0; i < count; i++) {
    bits.ueUpTo(MAX_PICTURES - 1, "sps_max_dec_pic_buffering_minus1");
    depth = bits.ueUpTo(MAX_PICTURES - 1, "sps_max_num_reorder_pics");
    bits.ue(); // sps_max_latency_increase_plus1
  }
  return depth;
}
