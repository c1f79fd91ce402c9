/**
 * What an access unit of H.265 is.
 *
 * @module
 */

import { hevcPictureStart, nalUnitsOf } from "./annexb.ts";
import {
  HEVC_HEADER_BYTES,
  HEVC_NAL_UNIT_TYPE,
  isIrap,
  isRasl,
  readHevcHeader,
  startsHevcPicture,
} from "./hevc.ts";
import { hasRecoveryPoint } from "./sei.ts";

/** What there is to know of an access unit of H.265 before it is decoded. */
export interface HevcUnit {
  /**
   * Holds an IDR, BLA or CRA picture: a decoder may start here. Behind a CRA or
   * BLA picture there may come {@linkcode HevcUnit.rasl} ones.
   */
  readonly keyframe: boolean;
  /**
   * A skipped leading picture: it needs pictures from before the keyframe that
   * it follows. Whoever starts at that keyframe, or missed something before it,
   * cannot decode it and leaves it out; nothing else refers to it.
   */
  readonly rasl: boolean;
  /** Holds a recovery point SEI message. */
  readonly recoveryPoint: boolean;
  /** Holds a video, a sequence and a picture parameter set. */
  readonly hasParameterSets: boolean;
  /**
   * Is known to be broken: its first slice segment is missing, or something in
   * front of that is no NAL unit.
   */
  readonly damaged: boolean;
}

/**
 * Describes an access unit, given as an Annex B byte stream. Does not look
 * behind the beginning of its first slice segment.
 */
export function describeHevcUnit(data: Uint8Array): HevcUnit {
  const start = hevcPictureStart(data);
  const types = new Set<number>();
  let recoveryPoint = false;
  let damaged = false;
  for (const nalUnit of nalUnitsOf(data.subarray(0, start))) {
    const header = readHevcHeader(nalUnit);
    if (header === undefined) damaged = true;
    if (header?.layerId !== 0) continue;
    types.add(header.type);
    recoveryPoint ||= header.type === prefixSei &&
      hasRecoveryPoint(nalUnit, HEVC_HEADER_BYTES);
  }
  const slice = data.subarray(start + 3, start + 3 + SLICE_HEAD_BYTES);
  const type = readHevcHeader(slice)?.type ?? trailN;
  return {
    keyframe: isIrap(type),
    rasl: isRasl(type),
    recoveryPoint,
    hasParameterSets: [vps, sps, pps].every((type) => types.has(type)),
    damaged: damaged || !startsHevcPicture(slice),
  };
}

const { trailN, vps, sps, pps, prefixSei } = HEVC_NAL_UNIT_TYPE;

/** The header, and the byte with first_slice_segment_in_pic_flag. */
const SLICE_HEAD_BYTES = HEVC_HEADER_BYTES + 1;
