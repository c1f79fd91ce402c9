/**
 * The number that H.264 gives to reference pictures, and the gaps it shows.
 *
 * @module
 */

import { findStartCode, pictureStart } from "./annexb.ts";
import { NAL_UNIT_TYPE } from "./h264.ts";
import { sliceHeaderOf, type SliceSps } from "./slice_header.ts";

/** What the first slice of a picture says of it. */
export interface PictureNumber {
  /** frame_num (ITU-T H.264, 7.4.3). */
  readonly frameNum: number;
  /** nal_ref_idc is not 0: later pictures may be predicted from it. */
  readonly isReference: boolean;
  /** Of an IDR picture, which begins a new count. */
  readonly isIdr: boolean;
}

/**
 * Reads frame_num of an access unit.
 *
 * @param sps The set that it is coded by.
 * @returns `undefined` where the slice cannot be read.
 */
export function pictureNumberOf(
  data: Uint8Array,
  sps: SliceSps,
): PictureNumber | undefined {
  const slice = sliceHeaderOf(firstSliceOf(data), sps);
  return slice && {
    frameNum: slice.frameNum,
    isReference: (slice.header & 0x60) !== 0,
    isIdr: (slice.header & 0x1f) === NAL_UNIT_TYPE.idr,
  };
}

/** From the first slice on; empty where there is none. */
function firstSliceOf(data: Uint8Array): Uint8Array {
  let at = pictureStart(data);
  // Says of scalable streams what is no concern of the base layer.
  if ((data[at + 3]! & 0x1f) === NAL_UNIT_TYPE.prefix) {
    at = findStartCode(data, at + 3);
  }
  return at < 0 ? new Uint8Array() : data.subarray(at + 3);
}

/**
 * Tells whether reference pictures are missing between two pictures that were
 * received one after the other (7.4.3, frame_num).
 *
 * @param last frame_num of the latest reference picture.
 * @param log2MaxFrameNum Its bits.
 */
export function isGap(
  last: number,
  { frameNum, isIdr }: PictureNumber,
  log2MaxFrameNum: number,
): boolean {
  const next = (last + 1) % 2 ** log2MaxFrameNum;
  // The same once more: the second field of a frame.
  return !isIdr && frameNum !== last && frameNum !== next;
}
