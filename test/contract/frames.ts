/**
 * Frames that show what a sink does with them.
 *
 * @module
 */

import {
  type Frame,
  frameBytes,
  type FrameFormat,
  packedFormat,
  type PixelFormat,
  rowsOf,
} from "../../agent/media/frame.ts";
import { concat } from "../../agent/media/bytes.ts";
import { ms } from "../../agent/media/time.ts";

/** Bytes behind each row: whoever counts on none writes them out. */
const PADDING_BYTES = 3;

const PADDING = 0xee;

/** Values of the picture: neither padding nor what buffers are wiped with. */
const PICTURE_VALUES = 199;

/** Lays a picture out with padding behind every row of every plane. */
export function paddedFormat(
  width: number,
  height: number,
  pixelFormat: PixelFormat,
): FrameFormat {
  const packed = packedFormat(width, height, pixelFormat);
  let offset = 0;
  const planes = packed.planes.map((plane) => {
    const padded = { ...plane, offset, stride: plane.rowBytes + PADDING_BYTES };
    offset += padded.stride * padded.rows;
    return padded;
  });
  return { ...packed, planes };
}

/** Makes a frame whose bytes are all different from their neighbours. */
export function frameOf(
  format: FrameFormat,
  data: Uint8Array<ArrayBuffer> = new Uint8Array(frameBytes(format)),
): Frame {
  data.fill(PADDING);
  let count = 0;
  for (const row of rowsOf(data, format)) {
    row.forEach((_, x) => row[x] = 1 + count++ % PICTURE_VALUES);
  }
  return {
    data,
    sequence: 0,
    receivedAt: ms(0),
    decodedAt: ms(0),
    keyframe: true,
    damaged: false,
  };
}

/** What is to arrive of {@linkcode frameOf}. */
export function pictureOf(format: FrameFormat): Uint8Array<ArrayBuffer> {
  return concat(...rowsOf(frameOf(format).data, format));
}

/** Tells whether `part` stands in `whole`, in one piece. */
export function contains(whole: Uint8Array, part: Uint8Array): boolean {
  for (let at = 0; at + part.length <= whole.length; at++) {
    if (part.every((byte, index) => whole[at + index] === byte)) return true;
  }
  return false;
}
