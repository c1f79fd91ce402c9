/**
 * The second half of a sequence parameter set of H.265, of which nothing but
 * the VUI at its end is of interest.
 *
 * @module
 */

import { type BitReader, RbspError } from "./rbsp.ts";
import { readHevcVui, type Vui } from "./vui.ts";

/** Most sets of reference pictures (ITU-T H.265, 7.4.3.2.1). */
const MAX_SETS = 64;

/** Most long-term reference pictures (7.4.3.2.1). */
const MAX_LONG_TERM = 32;

/** Most pictures in a set: sps_max_dec_pic_buffering_minus1 (7.4.8, A.4.2). */
const MAX_PICTURES = 16;

/**
 * Reads on from log2_min_luma_coding_block_size_minus3 (ITU-T H.265,
 * 7.3.2.2.1) to the VUI.
 *
 * @param pocBits Length of the lower bits of a picture order count.
 * @returns What of the VUI there is: nothing where the way to it makes no sense.
 */
export function findHevcVui(bits: BitReader, pocBits: number): Vui {
  try {
    skipCodingTools(bits);
    skipReferenceSets(bits, pocBits);
    bits.flag(); // sps_temporal_mvp_enabled_flag
    bits.flag(); // strong_intra_smoothing_enabled_flag
    return bits.flag() ? readHevcVui(bits) : {};
  } catch (error) {
    if (error instanceof RbspError) return {};
    throw error;
  }
}

function skipCodingTools(bits: BitReader): void {
  // Two sizes each of coding and transform blocks, two depths of hierarchy.
  for (let i = 0; i < 6; i++) bits.ue();
  // scaling_list_enabled_flag, sps_scaling_list_data_present_flag
  if (bits.flag() && bits.flag()) skipScalingLists(bits);
  bits.flag(); // amp_enabled_flag
  bits.flag(); // sample_adaptive_offset_enabled_flag
  if (bits.flag()) { // pcm_enabled_flag
    bits.bits(8); // two sample depths
    bits.ue(); // log2_min_pcm_luma_coding_block_size_minus3
    bits.ue(); // log2_diff_max_min_pcm_luma_coding_block_size
    bits.flag(); // pcm_loop_filter_disabled_flag
  }
}

/** scaling_list_data() (7.3.4). */
function skipScalingLists(bits: BitReader): void {
  for (let sizeId = 0; sizeId < 4; sizeId++) {
    const lists = sizeId === 3 ? 2 : 6;
    for (let i = 0; i < lists; i++) {
      if (!bits.flag()) { // scaling_list_pred_mode_flag
        bits.ue(); // scaling_list_pred_matrix_id_delta
        continue;
      }
      if (sizeId > 1) bits.se(); // scaling_list_dc_coef_minus8
      const count = sizeId === 0 ? 16 : 64;
      for (let j = 0; j < count; j++) bits.se(); // scaling_list_delta_coef
    }
  }
}

function skipReferenceSets(bits: BitReader, pocBits: number): void {
  const count = bits.ueUpTo(MAX_SETS, "num_short_term_ref_pic_sets");
  let set: number[] = [];
  for (let i = 0; i < count; i++) {
    // inter_ref_pic_set_prediction_flag
    set = i > 0 && bits.flag() ? readPredictedSet(bits, set) : readSet(bits);
  }
  if (!bits.flag()) return; // long_term_ref_pics_present_flag
  const longTerm = bits.ueUpTo(MAX_LONG_TERM, "num_long_term_ref_pics_sps");
  // lt_ref_pic_poc_lsb_sps, used_by_curr_pic_lt_sps_flag
  for (let i = 0; i < longTerm; i++) bits.bits(pocBits + 1);
}

/**
 * Reads st_ref_pic_set() (7.3.7).
 *
 * @returns How far off its pictures are: those before the current one, the
 * nearest first, then those after it.
 */
function readSet(bits: BitReader): number[] {
  const before = bits.ueUpTo(MAX_PICTURES, "num_negative_pics");
  const after = bits.ueUpTo(MAX_PICTURES - before, "num_positive_pics");
  return [...readDistances(bits, before, -1), ...readDistances(bits, after, 1)];
}

function readDistances(bits: BitReader, count: number, sign: number): number[] {
  let distance = 0;
  return Array.from({ length: count }, () => {
    distance += bits.ue() + 1; // delta_poc_s0_minus1, delta_poc_s1_minus1
    bits.flag(); // used_by_curr_pic_s0_flag, used_by_curr_pic_s1_flag
    return sign * distance;
  });
}

/** Reads a set that is told by the set before it (7.4.8, 7-61 and 7-62). */
function readPredictedSet(bits: BitReader, base: readonly number[]): number[] {
  const sign = bits.flag() ? -1 : 1; // delta_rps_sign
  const shift = sign * (bits.ue() + 1); // abs_delta_rps_minus1
  const set = [...base, 0]
    // used_by_curr_pic_flag, and where that is not set use_delta_flag
    .filter(() => bits.flag() || bits.flag())
    .map((distance) => distance + shift);
  // What the shift brings to 0 would be the current picture.
  const before = set.filter((distance) => distance < 0);
  const after = set.filter((distance) => distance > 0);
  const size = before.length + after.length;
  if (size > MAX_PICTURES) {
    throw new RbspError(`set of ${size} pictures, above ${MAX_PICTURES}`);
  }
  return [
    ...before.sort((a, b) => b - a),
    ...after.sort((a, b) => a - b),
  ];
}
