/**
 * The NAL units of H.264, told apart by their first bytes.
 *
 * @module
 */

/** Values of nal_unit_type (ITU-T H.264, Table 7-1). */
export const NAL_UNIT_TYPE = {
  slice: 1,
  partitionA: 2,
  partitionB: 3,
  partitionC: 4,
  idr: 5,
  sei: 6,
  sps: 7,
  pps: 8,
  delimiter: 9,
  endOfSequence: 10,
  endOfStream: 11,
  filler: 12,
  spsExtension: 13,
  prefix: 14,
  subsetSps: 15,
  depthParameterSet: 16,
  auxiliarySlice: 19,
  sliceExtension: 20,
  depthSliceExtension: 21,
} as const;

/**
 * Reads the nal_unit_type of a NAL unit without its start code; 0, which is
 * "unspecified", where it is empty.
 */
export function nalUnitType(nalUnit: Uint8Array): number {
  return (nalUnit[0] ?? 0) & 0x1f;
}

/** Tells whether NAL units of a type carry slices of the primary picture. */
export function isVcl(type: number): boolean {
  return type >= NAL_UNIT_TYPE.slice && type <= NAL_UNIT_TYPE.idr;
}

/**
 * Tells whether NAL units of a type begin with a slice header, and therefore
 * with first_mb_in_slice (ITU-T H.264, 7.3.3): partitions B and C do not.
 */
export function hasSliceHeader(type: number): boolean {
  return type === NAL_UNIT_TYPE.slice || type === NAL_UNIT_TYPE.partitionA ||
    type === NAL_UNIT_TYPE.idr;
}

/**
 * Tells whether a NAL unit holds the first slice of a picture: its
 * first_mb_in_slice is 0, which Exp-Golomb writes as a single 1 bit.
 */
export function startsPicture(nalUnit: Uint8Array): boolean {
  return hasSliceHeader(nalUnitType(nalUnit)) && (nalUnit[1] ?? 0) >= 0x80;
}

/**
 * Tells whether a NAL unit begins another access unit than the one whose latest
 * slice is known (ITU-T H.264, 7.4.1.2.3). End marks are told apart as well:
 * nothing of the access unit comes behind them.
 *
 * @param header First byte of the NAL unit.
 * @param first Whether it is the first slice of a picture.
 * @param slice First byte of the latest slice.
 */
export function beginsAccessUnit(
  header: number,
  first: boolean,
  slice: number,
): boolean {
  const type = header & 0x1f;
  if (isVcl(type)) return first || isOtherPicture(header, slice);
  return type >= NAL_UNIT_TYPE.sei && type <= NAL_UNIT_TYPE.endOfStream ||
    type >= NAL_UNIT_TYPE.prefix && type <= LAST_RESERVED_PREFIX;
}

/** Types 17 and 18 are reserved, and begin access units as well. */
const LAST_RESERVED_PREFIX = 18;

/**
 * Tells by their headers that two slices are of different pictures, though the
 * first slice of the second is missing: one picture is a reference, the other
 * is none, or IdrPicFlag differs (ITU-T H.264, 7.4.1.2.4).
 */
function isOtherPicture(header: number, slice: number): boolean {
  return (header & REF_IDC) === 0 !== ((slice & REF_IDC) === 0) ||
    (header & 0x1f) === NAL_UNIT_TYPE.idr !==
      ((slice & 0x1f) === NAL_UNIT_TYPE.idr);
}

/** nal_ref_idc in the header (ITU-T H.264, 7.3.1). */
const REF_IDC = 0x60;
