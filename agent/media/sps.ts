/**
 * Sequence parameter sets: what a stream says of itself.
 *
 * @module
 */

import { nalUnitsOf, pictureStart } from "./annexb.ts";
import { NAL_UNIT_TYPE, nalUnitType } from "./h264.ts";
import { BitReader, RbspError, removeEmulationPrevention } from "./rbsp.ts";
import { readVui, type Vui } from "./vui.ts";

/** A sequence parameter set is none, or makes no sense. */
export class SpsError extends SyntaxError {
  /** Says what cannot be read. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "SpsError";
  }
}

/** Width and height in pixels. */
export interface PictureSize {
  /** Pixels of a row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
}

/** What the sequence parameter sets of H.264 and H.265 have in common. */
export interface StreamSps extends PictureSize, Vui {
  /** seq_parameter_set_id, 0 to 31; in H.265 to 15. */
  readonly id: number;
  /** profile_idc: 66 Baseline, 77 Main...; in H.265 1 Main, 2 Main 10... */
  readonly profileIdc: number;
  /** level_idc: ten times the level; in H.265 thirty times. */
  readonly levelIdc: number;
  /** Width before cropping: whole coding blocks. */
  readonly codedWidth: number;
  /** Height before cropping: whole coding blocks. */
  readonly codedHeight: number;
  /** chroma_format_idc: 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4. */
  readonly chromaFormatIdc: number;
  /** Bits of a luma sample. */
  readonly bitDepth: number;
  /**
   * Pictures that a decoder has to hold back to put them in order. Absent where
   * the stream leaves it open.
   */
  readonly reorderDepth?: number;
}

/** A sequence parameter set (ITU-T H.264, 7.3.2.1.1). */
export interface Sps extends StreamSps {
  /** constraint_set0_flag in bit 7 to constraint_set5_flag in bit 2. */
  readonly constraintFlags: number;
  /** max_num_ref_frames. */
  readonly maxNumRefFrames: number;
  /** Bits of frame_num in slice headers. */
  readonly log2MaxFrameNum: number;
  /** pic_order_cnt_type. */
  readonly pocType: number;
  /** Without fields: progressive. */
  readonly frameMbsOnly: boolean;
}

/** profile_idc of the sets with chroma_format_idc (7.3.2.1.1). */
const HIGH_PROFILES = new Set(
  [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135],
);

/** Profiles that constraint_set3_flag makes intra profiles (E.2.1). */
const INTRA_PROFILES = new Set([44, 86, 100, 110, 122, 244]);

/** Baseline has no B slices (A.2.1). */
const BASELINE = 66;

/**
 * Most macroblocks in a row or a column: the square root of 8 * MaxFS at level
 * 6.2 (A.3.1, Table A-1).
 */
const MAX_MACROBLOCKS = 1055;

/**
 * Reads a sequence parameter set, given with its header byte and without a
 * start code.
 *
 * @throws {SpsError} If it is cut off, or holds impossible values. VUI that is
 * cut off is left out instead, as FFmpeg does.
 */
export function parseSps(nalUnit: Uint8Array): Sps {
  if (nalUnitType(nalUnit) !== NAL_UNIT_TYPE.sps) {
    throw new SpsError(
      `Cannot read SPS: NAL unit type is ${nalUnitType(nalUnit)}`,
    );
  }
  return readSpsBody(nalUnit.subarray(1), readSps);
}

/**
 * Reads what is behind the header of a set.
 *
 * @throws {SpsError} Where `read` throws an {@linkcode RbspError}.
 */
export function readSpsBody<T>(
  body: Uint8Array,
  read: (bits: BitReader) => T,
): T {
  try {
    const rbsp = removeEmulationPrevention(body.subarray(0, MAX_SPS_BYTES));
    return read(new BitReader(rbsp));
  } catch (cause) {
    if (!(cause instanceof RbspError)) throw cause;
    throw new SpsError(`Cannot read SPS: ${cause.message}`, { cause });
  }
}

/**
 * Far more than the largest set: in H.264 12 scaling lists, an offset for each
 * of 255 frames, 2 x 32 HRD entries; in H.265 20 lists, 64 picture sets.
 */
const MAX_SPS_BYTES = 8192;

/** Reads the picture size that an access unit declares, if it does. */
export function pictureSizeOf(data: Uint8Array): PictureSize | undefined {
  const sps = spsOf(data);
  return sps && { width: sps.width, height: sps.height };
}

/** Reads the first set that stands in front of a picture, if there is one. */
export function spsOf(data: Uint8Array): Sps | undefined {
  for (const nalUnit of nalUnitsOf(data.subarray(0, pictureStart(data)))) {
    if (nalUnitType(nalUnit) !== NAL_UNIT_TYPE.sps) continue;
    try {
      return parseSps(nalUnit);
    } catch (error) {
      if (!(error instanceof SpsError)) throw error;
    }
  }
  return undefined;
}

function readSps(bits: BitReader): Sps {
  const profileIdc = bits.bits(8);
  const constraintFlags = bits.bits(8);
  const levelIdc = bits.bits(8);
  const id = bits.ueUpTo(31, "seq_parameter_set_id");
  const chroma = HIGH_PROFILES.has(profileIdc)
    ? readChroma(bits)
    : { chromaFormatIdc: 1, bitDepth: 8 };
  const log2MaxFrameNum = 4 +
    bits.ueUpTo(12, "log2_max_frame_num_minus4");
  const pocType = bits.ueUpTo(2, "pic_order_cnt_type");
  skipPictureOrder(bits, pocType);
  const maxNumRefFrames = bits.ueUpTo(16, "max_num_ref_frames");
  bits.flag(); // gaps_in_frame_num_value_allowed_flag
  const widthInMbs = 1 +
    bits.ueUpTo(MAX_MACROBLOCKS - 1, "pic_width_in_mbs_minus1");
  const heightInMapUnits = 1 +
    bits.ueUpTo(MAX_MACROBLOCKS - 1, "pic_height_in_map_units_minus1");
  const frameMbsOnly = bits.flag();
  const fields = frameMbsOnly ? 1 : 2;
  if (!frameMbsOnly) bits.flag(); // mb_adaptive_frame_field_flag
  bits.flag(); // direct_8x8_inference_flag
  const codedWidth = widthInMbs * 16;
  const heightInMbs = heightInMapUnits * fields;
  if (heightInMbs > MAX_MACROBLOCKS) {
    throw new RbspError(
      `height in macroblocks is ${heightInMbs}, above ${MAX_MACROBLOCKS}`,
    );
  }
  const codedHeight = heightInMbs * 16;
  const crop = bits.flag() ? readCrop(bits) : { x: 0, y: 0 };
  const { chromaFormatIdc, bitDepth } = chroma;
  // CropUnitX and CropUnitY (7.4.2.1.1); 4:4:4 has 1, also in separate planes.
  const unitX = chromaFormatIdc === 1 || chromaFormatIdc === 2 ? 2 : 1;
  const unitY = (chromaFormatIdc === 1 ? 2 : 1) * fields;
  const width = codedWidth - crop.x * unitX;
  const height = codedHeight - crop.y * unitY;
  if (width <= 0 || height <= 0) {
    throw new RbspError("nothing is left after cropping");
  }
  const vui = bits.flag() ? readVui(bits) : {};
  const reorderDepth = vui.reorderDepth ??
    inferReorderDepth(profileIdc, constraintFlags, pocType);
  return {
    id,
    profileIdc,
    constraintFlags,
    levelIdc,
    width,
    height,
    codedWidth,
    codedHeight,
    chromaFormatIdc,
    bitDepth,
    maxNumRefFrames,
    log2MaxFrameNum,
    pocType,
    frameMbsOnly,
    ...vui,
    ...(reorderDepth !== undefined && { reorderDepth }),
  };
}

/** Reads from chroma_format_idc to the scaling lists, which it skips. */
function readChroma(bits: BitReader) {
  const chromaFormatIdc = bits.ueUpTo(3, "chroma_format_idc");
  if (chromaFormatIdc === 3) bits.flag(); // separate_colour_plane_flag
  const bitDepth = 8 + bits.ueUpTo(6, "bit_depth_luma_minus8");
  bits.ueUpTo(6, "bit_depth_chroma_minus8");
  bits.flag(); // qpprime_y_zero_transform_bypass_flag
  if (bits.flag()) {
    const lists = chromaFormatIdc === 3 ? 12 : 8;
    for (let i = 0; i < lists; i++) {
      if (bits.flag()) skipScalingList(bits, i < 6 ? 16 : 64);
    }
  }
  return { chromaFormatIdc, bitDepth };
}

/** scaling_list() (7.3.2.1.1.1): once `next` is 0, no more deltas follow. */
function skipScalingList(bits: BitReader, size: number): void {
  let [last, next] = [8, 8];
  for (let i = 0; i < size && next !== 0; i++) {
    next = (last + bits.se() + 256) % 256;
    last = next;
  }
}

function skipPictureOrder(bits: BitReader, pocType: number): void {
  if (pocType === 0) {
    bits.ueUpTo(12, "log2_max_pic_order_cnt_lsb_minus4");
  } else if (pocType === 1) {
    bits.flag(); // delta_pic_order_always_zero_flag
    bits.se(); // offset_for_non_ref_pic
    bits.se(); // offset_for_top_to_bottom_field
    const count = bits.ueUpTo(255, "num_ref_frames_in_pic_order_cnt_cycle");
    for (let i = 0; i < count; i++) bits.se();
  }
}

/** Reads the cropping rectangle's margins, left + right and top + bottom. */
function readCrop(bits: BitReader): { x: number; y: number } {
  return { x: bits.ue() + bits.ue(), y: bits.ue() + bits.ue() };
}

function inferReorderDepth(
  profileIdc: number,
  constraintFlags: number,
  pocType: number,
): number | undefined {
  const intraOnly = INTRA_PROFILES.has(profileIdc) &&
    (constraintFlags & 0x10) !== 0;
  const inOrder = pocType === 2 || profileIdc === BASELINE || intraOnly;
  return inOrder ? 0 : undefined;
}
