/**
 * Writes the AVCC form of H.264 and H.265, for tests of what reads it.
 *
 * @module
 */

type NalUnits = readonly (Uint8Array | readonly number[])[];

/** NAL units behind their lengths. */
export function avcc(nalUnits: NalUnits, lengthSize = 4): number[] {
  return nalUnits.flatMap((nalUnit) => {
    const length = [0, 0, nalUnit.length >> 8, nalUnit.length & 0xff];
    return [...length.slice(4 - lengthSize), ...nalUnit];
  });
}

/** An AVCDecoderConfigurationRecord. */
export function avcRecord(
  sps: NalUnits,
  pps: NalUnits,
  lengthSize = 4,
): number[] {
  return [
    ...[1, 66, 0, 30, 0xfc | lengthSize - 1],
    ...[0xe0 | sps.length, ...avcc(sps, 2)],
    ...[pps.length, ...avcc(pps, 2)],
  ];
}

/** An HEVCDecoderConfigurationRecord: an array of each kind of sets. */
export function hevcRecord(
  kinds: readonly NalUnits[],
  lengthSize = 4,
): number[] {
  return [
    ...[1, ...Array(20).fill(0), 0x0c | lengthSize - 1, kinds.length],
    ...kinds.flatMap((
      sets,
      i,
    ) => [0x80 | 32 + i, 0, sets.length, ...avcc(sets, 2)]),
  ];
}
