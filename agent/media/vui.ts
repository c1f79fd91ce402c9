/**
 * Video usability information: the optional part of a sequence parameter set.
 *
 * @module
 */

import { type BitReader, RbspError } from "./rbsp.ts";

/** What a stream says of its colours: code points of ITU-T H.273. */
export interface Colour {
  /** Samples use all values, 0 to 255, instead of 16 to 235. */
  readonly fullRange?: boolean;
  /** colour_primaries: 1 is BT.709, 5 and 6 are BT.601 (Table E-3). */
  readonly primaries?: number;
  /** transfer_characteristics (Table E-4). */
  readonly transfer?: number;
  /** matrix_coefficients: 1 is BT.709, 5 and 6 are BT.601 (Table E-5). */
  readonly matrix?: number;
}

/**
 * Video usability information, what of it is there (ITU-T H.264, E.1.1; ITU-T
 * H.265, E.2.1).
 */
export interface Vui {
  /** Width to height of a sample: 1:1 are square pixels. */
  readonly sampleAspectRatio?: {
    readonly width: number;
    readonly height: number;
  };
  /** Range, primaries, transfer and matrix. */
  readonly colour?: Colour;
  /** Frames a second, at most, if the stream says so. */
  readonly fps?: number;
  /** max_num_reorder_frames. */
  readonly reorderDepth?: number;
}

/** Sample aspect ratios by aspect_ratio_idc, from 1 (Table E-1). */
const ASPECT_RATIOS = [
  [1, 1],
  [12, 11],
  [10, 11],
  [16, 11],
  [40, 33],
  [24, 11],
  [20, 11],
  [32, 11],
  [80, 33],
  [18, 11],
  [15, 11],
  [64, 33],
  [160, 99],
  [4, 3],
  [3, 2],
  [2, 1],
] as const;

/** aspect_ratio_idc of a ratio that is written out (Table E-1). */
const EXTENDED_SAR = 255;

/** cpb_cnt_minus1 and max_num_reorder_frames are bounded (E.2.1, E.2.2). */
const [MAX_CPB, MAX_REORDER] = [32, 16];

/** The fields while they are being found. */
type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/**
 * Reads VUI of H.264 as far as it goes; some encoders cut it off, or write
 * nonsense.
 */
export function readVui(bits: BitReader): Vui {
  return readAsFarAsItGoes((vui) => {
    readAppearance(vui, bits);
    if (bits.flag()) {
      const ticks = readTimeScale(bits);
      bits.flag(); // fixed_frame_rate_flag
      // A tick is a field; a frame has two of them (E.2.1).
      if (ticks) vui.fps = ticks / 2;
    }
    const nalHrd = bits.flag();
    if (nalHrd) skipHrd(bits);
    const vclHrd = bits.flag();
    if (vclHrd) skipHrd(bits);
    if (nalHrd || vclHrd) bits.flag(); // low_delay_hrd_flag
    bits.flag(); // pic_struct_present_flag
    if (bits.flag()) readRestriction(vui, bits);
  });
}

/** Reads VUI of H.265 as far as there is something to know. */
export function readHevcVui(bits: BitReader): Vui {
  return readAsFarAsItGoes((vui) => {
    readAppearance(vui, bits);
    bits.flag(); // neutral_chroma_indication_flag
    bits.flag(); // field_seq_flag
    bits.flag(); // frame_field_info_present_flag
    if (bits.flag()) { // default_display_window_flag
      for (let i = 0; i < 4; i++) bits.ue();
    }
    if (!bits.flag()) return;
    // A tick is a picture (E.3.1); one of a field is decoded as one of its own.
    const ticks = readTimeScale(bits);
    if (ticks) vui.fps = ticks;
  });
}

function readAsFarAsItGoes(read: (vui: Mutable<Vui>) => void): Vui {
  const vui: Mutable<Vui> = {};
  try {
    read(vui);
  } catch (error) {
    if (!(error instanceof RbspError)) throw error;
  }
  return vui;
}

/** Reads what both codecs begin with. */
function readAppearance(vui: Mutable<Vui>, bits: BitReader): void {
  if (bits.flag()) readAspectRatio(vui, bits);
  if (bits.flag()) bits.flag(); // overscan_appropriate_flag
  if (bits.flag()) readColour(vui, bits);
  if (bits.flag()) { // chroma_loc_info_present_flag
    bits.ue();
    bits.ue();
  }
}

function readAspectRatio(vui: Mutable<Vui>, bits: BitReader): void {
  const idc = bits.bits(8);
  const [width, height] = idc === EXTENDED_SAR
    ? [bits.bits(16), bits.bits(16)]
    : ASPECT_RATIOS[idc - 1] ?? [0, 0];
  // 0 stands for "unspecified" (E.2.1).
  if (width > 0 && height > 0) vui.sampleAspectRatio = { width, height };
}

function readColour(vui: Mutable<Vui>, bits: BitReader): void {
  bits.bits(3); // video_format
  const fullRange = bits.flag();
  vui.colour = { fullRange };
  if (!bits.flag()) return;
  const [primaries, transfer, matrix] = [
    bits.bits(8),
    bits.bits(8),
    bits.bits(8),
  ];
  vui.colour = { fullRange, primaries, transfer, matrix };
}

/** Reads the number of ticks in a second; 0 where that makes no sense. */
function readTimeScale(bits: BitReader): number {
  const unitsInTick = bits.bits(32);
  const timeScale = bits.bits(32);
  return unitsInTick > 0 ? timeScale / unitsInTick : 0;
}

/** hrd_parameters() (E.1.2). */
function skipHrd(bits: BitReader): void {
  const count = bits.ue() + 1;
  if (count > MAX_CPB) throw new RbspError(`Cannot read HRD of ${count} CPBs`);
  bits.bits(8); // bit_rate_scale, cpb_size_scale
  for (let i = 0; i < count; i++) {
    bits.ue(); // bit_rate_value_minus1
    bits.ue(); // cpb_size_value_minus1
    bits.flag(); // cbr_flag
  }
  bits.bits(20); // four lengths
}

/** Reads bitstream_restriction up to max_num_reorder_frames. */
function readRestriction(vui: Mutable<Vui>, bits: BitReader): void {
  bits.flag(); // motion_vectors_over_pic_boundaries_flag
  bits.ue(); // max_bytes_per_pic_denom
  bits.ue(); // max_bits_per_mb_denom
  bits.ue(); // log2_max_mv_length_horizontal
  bits.ue(); // log2_max_mv_length_vertical
  const reorderDepth = bits.ue();
  if (reorderDepth <= MAX_REORDER) vui.reorderDepth = reorderDepth;
}
