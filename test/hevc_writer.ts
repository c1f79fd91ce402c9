/**
 * Writes small pieces of H.265, right and wrong, for tests of what reads it.
 *
 * @module
 */

import { addEmulationPrevention } from "../agent/media/rbsp.ts";
import { BitWriter } from "./h264_writer.ts";

/** A NAL unit of the base layer: header, the bits so far, a stop bit. */
export function hevcNalUnit(
  type: number,
  bits = new BitWriter(),
  { layerId = 0, temporalId = 0 } = {},
): Uint8Array<ArrayBuffer> {
  bits.flags(true);
  return addEmulationPrevention(
    Uint8Array.of(
      type << 1 | layerId >> 5,
      (layerId & 0x1f) << 3 | temporalId + 1,
      ...bits.bytes(),
    ),
  );
}

/** A set of reference pictures: written out, or by the one before it. */
export type ReferenceSet =
  | {
    /** delta_poc_s0_minus1 and delta_poc_s1_minus1, from picture to picture. */
    before: readonly number[];
    after: readonly number[];
  }
  | {
    /** By how much it is shifted; not 0. */
    shift: number;
    /** Which of the others, and of the picture itself, it has. */
    has: readonly boolean[];
  };

/** What {@linkcode writeHevcSps} writes. */
export interface HevcSpsFields {
  id: number;
  profileIdc: number;
  highTier: boolean;
  levelIdc: number;
  /** Which of profile and level each lower sub-layer has. */
  subLayers: readonly (readonly [profile: boolean, level: boolean])[];
  chromaFormatIdc: number;
  width: number;
  height: number;
  /** Left, right, top, bottom. */
  crop: readonly [number, number, number, number];
  bitDepth: number;
  chromaBitDepth: number;
  log2MaxPoc: number;
  /** Of each sub-layer; of the highest one only, if there is one. */
  reorderDepths: readonly number[];
  /** sps_scaling_list_data_present_flag: of every list whether it is written. */
  scalingLists: readonly boolean[] | undefined;
  pcm: boolean;
  referenceSets: readonly ReferenceSet[];
  /** Number of long-term pictures. */
  longTerm: number;
  /** Appends vui_parameters(). */
  vui: (bits: BitWriter) => unknown;
}

/** Writes a sequence parameter set: 640x480 Main unless told otherwise. */
export function writeHevcSps(fields: Partial<HevcSpsFields> = {}): Uint8Array {
  const { id = 0, chromaFormatIdc = 1, subLayers = [], vui } = fields;
  const { crop = [0, 0, 0, 0], reorderDepths = [0], log2MaxPoc = 8 } = fields;
  const { bitDepth = 8, chromaBitDepth = 8 } = fields;
  const bits = new BitWriter().u(4, 0).u(3, subLayers.length).flags(true);
  writeProfile(bits, fields);
  bits.ue(id, chromaFormatIdc);
  if (chromaFormatIdc === 3) bits.flags(false);
  bits.ue(fields.width ?? 640, fields.height ?? 480).flags(crop.some(Boolean));
  if (crop.some(Boolean)) bits.ue(...crop);
  bits.ue(bitDepth - 8, chromaBitDepth - 8, log2MaxPoc - 4);
  bits.flags(reorderDepths.length > 1);
  for (const depth of reorderDepths) bits.ue(depth + 1, depth, 0);
  bits.ue(0, 3, 0, 3, 0, 0);
  writeTools(bits, fields);
  writeReferenceSets(bits, fields.referenceSets ?? []);
  const { longTerm = 0 } = fields;
  bits.flags(longTerm > 0);
  if (longTerm > 0) bits.ue(longTerm).u(longTerm * (log2MaxPoc + 1), 1);
  bits.flags(true, true, vui !== undefined);
  vui?.(bits);
  return hevcNalUnit(33, bits.flags(false));
}

function writeProfile(bits: BitWriter, fields: Partial<HevcSpsFields>): void {
  const { profileIdc = 1, highTier = false, levelIdc = 90 } = fields;
  const { subLayers = [] } = fields;
  bits.u(2, 0).flags(highTier).u(5, profileIdc).u(32, 2 ** (31 - profileIdc));
  bits.u(4, 9).u(44, 0).u(8, levelIdc);
  for (const [profile, level] of subLayers) bits.flags(profile, level);
  if (subLayers.length > 0) bits.u(2 * (8 - subLayers.length), 0);
  for (const [profile, level] of subLayers) {
    if (profile) bits.u(8, 1).u(32, 2 ** 30).u(48, 0);
    if (level) bits.u(8, 60);
  }
}

function writeTools(bits: BitWriter, fields: Partial<HevcSpsFields>): void {
  const { scalingLists, pcm = false } = fields;
  bits.flags(scalingLists !== undefined);
  if (scalingLists) bits.flags(scalingLists.length > 0);
  scalingLists?.forEach((isWritten, i) => {
    bits.flags(isWritten);
    if (!isWritten) {
      bits.ue(0);
      return;
    }
    if (i >= 12) bits.se(-3);
    for (let j = 0; j < (i < 6 ? 16 : 64); j++) bits.se(j % 3 - 1);
  });
  bits.flags(true, true, pcm);
  if (pcm) bits.u(4, 7).u(4, 7).ue(0, 1).flags(true);
}

function writeReferenceSets(
  bits: BitWriter,
  sets: readonly ReferenceSet[],
): void {
  bits.ue(sets.length);
  sets.forEach((set, i) => {
    const isPredicted = "shift" in set;
    if (i > 0) bits.flags(isPredicted);
    if (isPredicted) {
      bits.flags(set.shift < 0).ue(Math.abs(set.shift) - 1);
      // Every other one is used by later pictures only.
      set.has.forEach((has, j) =>
        has && j % 2 ? bits.flags(true) : bits.flags(false, has)
      );
    } else {
      bits.ue(set.before.length, set.after.length);
      for (const step of [...set.before, ...set.after]) {
        bits.ue(step).flags(true);
      }
    }
  });
}

/** Writes a video parameter set, of which only the id makes sense. */
export function writeVps(id = 0): Uint8Array {
  return hevcNalUnit(32, new BitWriter().u(4, id).u(12, 0xc01));
}

/** Writes the beginning of a picture parameter set. */
export function writeHevcPps(id = 0, spsId = 0): Uint8Array {
  return hevcNalUnit(34, new BitWriter().ue(id, spsId).flags(false, true));
}

/** Writes the beginning of a slice segment, of a type. */
export function writeHevcSlice(
  type: number,
  { first = true, ppsId = 0, temporalId = 0 } = {},
): Uint8Array {
  const bits = new BitWriter().flags(first);
  if (type >= 16 && type <= 23) bits.flags(false);
  return hevcNalUnit(type, bits.ue(ppsId).u(24, 0x555555), { temporalId });
}
