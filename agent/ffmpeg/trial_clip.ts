/**
 * The clips that decoders are tried with, and what is to be seen in them.
 *
 * @module
 */

import { gunzipSync } from "node:zlib";
import { AccessUnitSplitter } from "../media/access_unit_splitter.ts";
import type { StreamCodec } from "../media/codec.ts";
import { packedFormat } from "../media/frame.ts";
import { JpegSplitter } from "../media/jpeg_splitter.ts";
import { CLIP_DATA } from "./trial_clip_data.ts";

/**
 * Frames of a clip. At this size it matters most which decoder is faster, and
 * of 1088 coded rows a decoder has to cut off 8.
 */
export const CLIP_FORMAT = packedFormat(1920, 1080, "yuv420p");

/** The cells of a picture, each of one colour. */
const COLUMNS = 4;
const ROWS = 3;

/** Each plane's first value, its range, and the step from cell to cell. */
const COLOURS = [[32, 192, 53], [64, 128, 37], [64, 128, 71]] as const;

/** Of the samples in a row, and of the rows: looking at them takes 0.2 ms. */
const SAMPLE_EVERY = 8;

/**
 * How far samples may be from what was drawn, on average. Measured: 0.06 at
 * most in software; 1.2 where all rows are eight too high, 7 where the range of
 * television is taken for that of JPEG, 12 without colour, 46 all gray.
 */
const MAX_DEVIATION = 1;

/** The pictures of a clip, in the order of their decoding. */
export function clipPictures(codec: StreamCodec): Uint8Array<ArrayBuffer>[] {
  const bytes = gunzipSync(Uint8Array.fromBase64(CLIP_DATA[codec]));
  const splitter = codec === "mjpeg"
    ? new JpegSplitter()
    : new AccessUnitSplitter({ codec });
  return [...splitter.push(bytes), ...splitter.flush()]
    .map(({ data }) => data);
}

/**
 * Tells whether a frame looks like a picture of the clip.
 *
 * @param frame As {@linkcode CLIP_FORMAT} says.
 * @param number Counts the pictures from 0.
 */
export function looksLike(
  frame: Uint8Array<ArrayBuffer>,
  number: number,
): boolean {
  let [sum, count] = [0, 0];
  for (const [plane, { offset, rows, stride }] of PLANES.entries()) {
    for (let y = 0; y < rows; y += SAMPLE_EVERY) {
      const row = offset + y * stride;
      const cells = COLUMNS * Math.floor(y * ROWS / rows) + number;
      for (let x = 0; x < stride; x += SAMPLE_EVERY, count++) {
        const cell = cells + Math.floor(x * COLUMNS / stride);
        sum += Math.abs(frame[row + x]! - colourOf(plane, cell));
      }
    }
  }
  return sum / count <= MAX_DEVIATION;
}

const PLANES = CLIP_FORMAT.planes;

function colourOf(plane: number, cell: number): number {
  const [first, range, step] = COLOURS[plane]!;
  return first + cell * step % range;
}
