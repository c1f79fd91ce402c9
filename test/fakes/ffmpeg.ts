/**
 * FFmpeg and ffprobe as far as sources see them.
 *
 * @module
 */

import type { FakeChild, FakeProgram } from "./process.ts";

/**
 * `ffmpeg -f lavfi -i testsrc2=s=16x16:r=30 -frames:v 5 -c:v libx264 -qp 51
 * -g 3 -preset ultrafast -tune zerolatency -bsf:v filter_units=remove_types=6
 * -flvflags no_duration_filesize -f flv -`, FFmpeg 5.1.9: five pictures, the
 * first and the fourth are keyframes.
 */
const CLIP: Uint8Array<ArrayBuffer> = Uint8Array.fromBase64(
  "RkxWAQEAAAAJAAAAABIAAJIAAAAAAAAAAgAKb25NZXRhRGF0YQgAAAAGAAV3aWR0aABAMAAAAAAA" +
    "AAAGaGVpZ2h0AEAwAAAAAAAAAA12aWRlb2RhdGFyYXRlAAAAAAAAAAAAAAlmcmFtZXJhdGUAQD4A" +
    "AAAAAAAADHZpZGVvY29kZWNpZABAHAAAAAAAAAAHZW5jb2RlcgIADUxhdmY1OS4yNy4xMDAAAAkA" +
    "AACdCQAAKgAAAAAAAAAXAAAAAAFCwAr/4QAVZ0LACtp7ARAAAAMAEAAAAwPI8SJqAQAFaM4BlyAA" +
    "AAA1CQAALwAAAAAAAAAXAQAAAAAAACZliIQ6DGGwB2X02/RlYWmjGASGwoQmxluqNmEUVlBL8c/Q" +
    "puZwTQAAADoJAAANAAAhAAAAACcBAAAAAAAABEGaIpQAAAAYCQAADQAAQwAAAAAnAQAAAAAAAARB" +
    "mkKUAAAAGAkAADAAAGQAAAAAFwEAAAAAAAAnZYiCDoMYbAHZfTb9GVhaaMYBIbChCbGW6o2YRRWU" +
    "Evxz9Cm5nBNAAAAAOwkAAA0AAIUAAAAAJwEAAAAAAAAEQZoilAAAABgJAAAFAACFAAAAABcCAAAA" +
    "AAAAEA==",
);

/** Writes five pictures, and then goes on in silence. */
export const ffmpeg: FakeProgram = (child) => child.stdout(CLIP);

/** What {@linkcode ffprobe} says of an input. */
export interface FakeInput {
  /** Codec by FFmpeg's name. */
  codec: string;
  /** Whether pictures are decoded in another order than they are shown. */
  reordered?: boolean;
  /** Picture size. */
  size: readonly [width: number, height: number];
  /** Pictures per second, as FFmpeg writes it: `30000/1001`. */
  rate: string;
}

/** Makes an ffprobe for one input. */
export function ffprobe(input: FakeInput): FakeProgram {
  const [width, height] = input.size;
  const stream = {
    "codec_name": input.codec,
    "has_b_frames": input.reordered ? 2 : 0,
    width,
    height,
    "avg_frame_rate": input.rate,
    "r_frame_rate": input.rate,
  };
  const text = JSON.stringify({ streams: [stream] });
  return (child: FakeChild) => {
    child.stdout(new TextEncoder().encode(text));
    child.exit(0);
  };
}
