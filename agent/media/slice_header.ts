/**
 * What the slices of a picture say of themselves, as far as it can be read
 * without the picture parameter set.
 *
 * @module
 */

import { nalUnitsOf, pictureStart } from "./annexb.ts";
import { hasSliceHeader, nalUnitType } from "./h264.ts";
import { BitReader, RbspError, removeEmulationPrevention } from "./rbsp.ts";
import type { Sps } from "./sps.ts";

/** The beginning of a slice_header() (ITU-T H.264, 7.3.3). */
export interface SliceHeader {
  /** First byte of the NAL unit. */
  readonly header: number;
  /** first_mb_in_slice: where in the picture it begins. */
  readonly firstMb: number;
  /** slice_type, 0 to 4 (Table 7-6). */
  readonly sliceType: number;
  /** frame_num. */
  readonly frameNum: number;
}

/** Enough of a slice for the syntax elements up to frame_num. */
const HEAD_BYTES = 24;

/** separate_colour_plane_flag is in no profile below (7.3.2.1.1). */
const CHROMA_444 = 3;

/** What has to be known of the set that a slice is coded by. */
export type SliceSps = Pick<Sps, "log2MaxFrameNum" | "chromaFormatIdc">;

/**
 * Reads the slices of an access unit.
 *
 * @param sps The set that it is coded by.
 * @returns Those that can be read, in their order; none of 4:4:4, where the
 * colour planes may be coded apart.
 */
export function sliceHeadersOf(data: Uint8Array, sps: SliceSps): SliceHeader[] {
  const nalUnits = nalUnitsOf(data.subarray(pictureStart(data)));
  return [...nalUnits].flatMap((nalUnit) => sliceHeaderOf(nalUnit, sps) ?? []);
}

/**
 * Reads the header of one slice, a NAL unit of which the beginning suffices.
 *
 * @returns `undefined` where it cannot be read, or of 4:4:4.
 */
export function sliceHeaderOf(
  nalUnit: Uint8Array,
  { log2MaxFrameNum, chromaFormatIdc }: SliceSps,
): SliceHeader | undefined {
  if (!hasSliceHeader(nalUnitType(nalUnit)) || chromaFormatIdc === CHROMA_444) {
    return undefined;
  }
  const head = nalUnit.subarray(1, HEAD_BYTES);
  const bits = new BitReader(removeEmulationPrevention(head));
  try {
    const [firstMb, sliceType] = [bits.ue(), bits.ue()];
    bits.ue(); // pic_parameter_set_id
    const frameNum = bits.bits(log2MaxFrameNum);
    return { header: nalUnit[0]!, firstMb, sliceType: sliceType % 5, frameNum };
  } catch (error) {
    if (error instanceof RbspError) return undefined;
    throw error;
  }
}
