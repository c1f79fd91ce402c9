/**
 * The NAL units of H.265, told apart by their first bytes.
 *
 * @module
 */

/** Values of nal_unit_type (ITU-T H.265, Table 7-1). */
export const HEVC_NAL_UNIT_TYPE = {
  trailN: 0,
  trailR: 1,
  tsaN: 2,
  tsaR: 3,
  stsaN: 4,
  stsaR: 5,
  radlN: 6,
  radlR: 7,
  raslN: 8,
  raslR: 9,
  blaWLp: 16,
  blaWRadl: 17,
  blaNLp: 18,
  idrWRadl: 19,
  idrNLp: 20,
  cra: 21,
  vps: 32,
  sps: 33,
  pps: 34,
  delimiter: 35,
  endOfSequence: 36,
  endOfBitstream: 37,
  filler: 38,
  prefixSei: 39,
  suffixSei: 40,
} as const;

/** Bytes of a NAL unit header (ITU-T H.265, 7.3.1.2). */
export const HEVC_HEADER_BYTES = 2;

/** What the header of a NAL unit says. */
export interface HevcNalUnitHeader {
  /** nal_unit_type: one of {@linkcode HEVC_NAL_UNIT_TYPE}, or another number. */
  readonly type: number;
  /** nuh_layer_id: above 0 for what decoders of one picture ignore. */
  readonly layerId: number;
  /** TemporalId: nothing of a lower one refers to it. */
  readonly temporalId: number;
}

/**
 * Reads the header of a NAL unit without its start code (ITU-T H.265,
 * 7.3.1.2).
 *
 * @returns `undefined` where there is none: it is cut off, or has its
 * forbidden_zero_bit set, or a nuh_temporal_id_plus1 of 0.
 */
export function readHevcHeader(
  nalUnit: Uint8Array,
): HevcNalUnitHeader | undefined {
  const [first = 0x80, second = 0] = nalUnit;
  const temporalIdPlus1 = second & 7;
  if (first >= 0x80 || temporalIdPlus1 === 0) return undefined;
  return {
    type: first >> 1,
    layerId: (first & 1) << 5 | second >> 3,
    temporalId: temporalIdPlus1 - 1,
  };
}

/** Tells whether NAL units of a type carry slice segments of a picture. */
export function isHevcVcl(type: number): boolean {
  return type < HEVC_NAL_UNIT_TYPE.vps;
}

/**
 * Tells whether pictures of a type are random access points: IDR, BLA or CRA.
 * Types 22 and 23 are reserved, and decoders skip them.
 */
export function isIrap(type: number): boolean {
  return type >= HEVC_NAL_UNIT_TYPE.blaWLp && type <= HEVC_NAL_UNIT_TYPE.cra;
}
