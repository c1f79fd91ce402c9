/**
 * JPEG pictures, right and wrong, for tests of what reads them.
 *
 * @module
 */

/** Writes a segment with its marker and its length. */
export function jpegSegment(
  marker: number,
  payload: readonly number[] = [],
): number[] {
  const length = payload.length + 2;
  return [0xff, marker, length >> 8, length & 0xff, ...payload];
}

/** What {@linkcode writeJpeg} writes. */
export interface JpegFields {
  /** Second byte of the frame header's marker. */
  sof: number;
  width: number;
  height: number;
  /** Sampling factors of the components, one in each nibble. */
  sampling: readonly number[];
  /** What stands between SOI and the frame header. */
  before: readonly number[];
  /** Entropy-coded data. */
  scan: readonly number[];
}

/** Writes a picture without tables: 640x480 4:2:0 unless told otherwise. */
export function writeJpeg(
  fields: Partial<JpegFields> = {},
): Uint8Array<ArrayBuffer> {
  const { sof = 0xc0, width = 640, height = 480 } = fields;
  const { sampling = [0x22, 0x11, 0x11], before = [], scan = [1, 2] } = fields;
  const frame = [
    ...[8, height >> 8, height & 0xff, width >> 8, width & 0xff],
    sampling.length,
    ...sampling.flatMap((factors, i) => [i + 1, factors, 0]),
  ];
  const components = sampling.flatMap((_, i) => [i + 1, 0]);
  return Uint8Array.of(
    ...[0xff, 0xd8, ...before],
    ...jpegSegment(sof, frame),
    ...jpegSegment(0xda, [sampling.length, ...components, 0, 63, 0]),
    ...[...scan, 0xff, 0xd9],
  );
}

/**
 * `ffmpeg -f lavfi -i testsrc2=s=18x14 -frames:v 1 -c:v mjpeg -huffman optimal
 * -qscale 31 -f mjpeg -`, FFmpeg 5.1.9: baseline, 4:2:0.
 */
export const SAMPLE_JPEG: Uint8Array<ArrayBuffer> = Uint8Array.fromBase64(
  "/9j/4AAQSkZJRgABAgAAAQABAAD//gAQTGF2YzU5LjM3LjEwMAD/2wBDAAg+Pkk+SVVVVVVVVWRd" +
    "ZGhoaGRkZGRoaGhwcHCDg4NwcHBoaHBwfHyDg4+Tj4eHg4eTk5ubm7q6srLZ2eD/////xABqAAAD" +
    "AQEAAAAAAAAAAAAAAAAGAgQABQEBAQEAAAAAAAAAAAAAAAAABgUHEAABAwMEAwEAAAAAAAAAAAAB" +
    "AAIRMRIDglHwwUITIUERAAEDAwUBAAAAAAAAAAAAAAEAEQLwElHBgiIh8UH/wAARCAAOABIDASIA" +
    "AhEAAxEA/9oADAMBAAIRAxEAPwAJa54cbeu1MTkLzuYP5SK7K1vnpXZMeunzbUj4laevrBLiOZL5" +
    "Oi05uWppzctQKkV95V6s2thgVtX/2Q==",
);
