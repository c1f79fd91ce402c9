/**
 * FLV as FFmpeg writes it (Adobe Flash Video File Format, version 10.1).
 *
 * @module
 */

/** The header of a file with video. */
export const FLV_HEADER: readonly number[] = [
  ...new TextEncoder().encode("FLV"),
  ...[1, 1, 0, 0, 0, 9],
];

/** Writes a tag, PreviousTagSize in front of it. */
export function writeFlvTag(
  type: number,
  milliseconds: number,
  body: readonly number[],
): number[] {
  const [size, time] = [body.length, milliseconds >>> 0];
  return [
    ...[0, 0, 0, 0, type, size >> 16, size >> 8 & 0xff, size & 0xff],
    ...[time >> 16 & 0xff, time >> 8 & 0xff, time & 0xff, time >>> 24],
    ...[0, 0, 0, ...body],
  ];
}

/** Writes an AVCDecoderConfigurationRecord of two tiny sets. */
export function writeFlvConfiguration(
  lengthSize: number,
  sps: readonly number[] = [0x67, 66, 0, 30],
): number[] {
  const head = [0x17, 0, 0, 0, 0, 1, 66, 0, 30, 0xfc | lengthSize - 1];
  return [...head, 0xe1, 0, sps.length, ...sps, 1, 0, 2, 0x68, 0xce];
}

/** A keyframe of one tiny slice, behind a length of four bytes. */
export const FLV_PICTURE: readonly number[] = [
  ...[0x17, 1, 0, 0, 0, 0, 0, 0, 2, 0x65, 0x88],
];
