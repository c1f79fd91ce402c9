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

/**
 * Reads the slices of an access unit.
 *
 * @param sps The set that it is coded by.
 * @returns Those that can be read, in their order; none of 4:4:4, where the
 * colour planes may be coded apart.
 */
export function sliceHeadersOf(
  data: Uint8Array,
  sps: Pick<Sps, "log2MaxFrameNum" | "chromaFormatIdc">,
): SliceHeader[] {
  if (sps.chromaFormatIdc === CHROMA_444) return [];
  const headers: SliceHeader[] = [];
  for (const nalUnit of nalUnitsOf(data.subarray(pictureStart(data)))) {
    if (!hasSliceHeader(nalUnitType(nalUnit))) continue;
    const header = readHeader(nalUnit, sps.log2MaxFrameNum);
    if (header !== undefined) headers.push(header);
  }
  return headers;
}

function readHeader(
  nalUnit: Uint8Array,
  frameNumBits: number,
): SliceHeader | undefined {
  const head = nalUnit.subarray(1, HEAD_BYTES);
  const bits = new BitReader(removeEmulationPrevention(head));
  try {
    const [firstMb, sliceType] = [bits.ue(), bits.ue()];
    bits.ue(); // pic_parameter_set_id
    const frameNum = bits.bits(frameNumBits);
    return { header: nalUnit[0]!, firstMb, sliceType: sliceType % 5, frameNum };
  } catch (error) {
    if (error instanceof RbspError) return undefined;
    throw error;
  }
}
