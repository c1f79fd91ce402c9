/**
 * FFmpeg's command line for the receiver: access units framed in IVF on stdin,
 * raw frames into a pipe.
 *
 * @module
 */

import type { Codec } from "../media/codec.ts";
import type { PixelFormat } from "../media/frame.ts";
import type { Size } from "../plugin/source.ts";
import { type DecoderMethod, ffmpegDecoder } from "./decoder_method.ts";

/** Widest picture area that is decoded: 4096x2176. */
export const MAX_PIXELS = 8_912_896;

/** What goes in, what decodes it, and what is to come out. */
export interface DecoderOutput extends DecoderMethod {
  /**
   * How the access units are coded.
   *
   * @default {"h264"}
   */
  readonly codec?: Codec;
  /**
   * Bytes of the access units may be missing: FFmpeg is to tell which pictures
   * suffer. For H.264 that takes its slice threads away.
   *
   * @default {false}
   */
  readonly lossy?: boolean;
  /**
   * Pictures are shown in another order than they come. MPEG-1, MPEG-2 and
   * MPEG-4 have to be told so, and then hold one picture back.
   *
   * @default {false}
   */
  readonly reordered?: boolean;
  /** Layout of the frames. */
  readonly pixelFormat: PixelFormat;
  /** Scales to this size; absent: as the stream is. */
  readonly size?: Size;
  /** YUV matrix that untagged pictures are taken for. */
  readonly untagged: "bt601" | "bt709";
}

/**
 * Intel's decoders work on four pictures at once, unless they are told not to
 * (`ffmpeg -h decoder=h264_qsv`).
 */
const ONE_AT_A_TIME = ["-async_depth", "1"];

/** Tells whether low_delay makes pictures come out as they came in. */
function isMpeg(codec: Codec): boolean {
  return codec === "mpeg1video" || codec === "mpeg2video" || codec === "mpeg4";
}

/** Tells whether a decoder that was started for one output serves for another. */
export function isSameDecoder(a: DecoderOutput, b: DecoderOutput): boolean {
  return decoderArgs(a, "").join(" ") === decoderArgs(b, "").join(" ");
}

/**
 * Composes the arguments of FFmpeg.
 *
 * @param path Where the frames go: a pipe's path, or `pipe:1`.
 */
export function decoderArgs(output: DecoderOutput, path: string): string[] {
  const { codec = "h264", lossy = false, hwaccel, decoder } = output;
  const holdsBack = output.reordered === true && isMpeg(codec);
  return [
    "-hide_banner",
    "-nostdin",
    // Else it does not say twice in a row what two pictures suffer from.
    "-loglevel",
    "repeat+warning",
    // No frame threads: each holds a picture back. And a frame for every
    // picture: FFmpeg would keep those from before a recovery point to itself.
    ...(holdsBack
      ? ["-thread_type", "slice", "-flags", "+output_corrupt"]
      : ["-flags", "+low_delay+output_corrupt"]),
    "-probesize",
    "32",
    "-analyzeduration",
    "0",
    // Else timestamps of H.265 and JPEG count from the first one, and a stream
    // that claims a picture takes days loses them.
    "-copyts",
    "-max_pixels",
    `${MAX_PIXELS}`,
    "-protocol_whitelist",
    "pipe",
    "-f",
    "ivf",
    // Without it H.264 neither conceals what is missing, nor says so.
    ...(lossy && codec === "h264" ? ["-threads", "1"] : []),
    // Frames come back to where filters reach them: no output format is named.
    ...(hwaccel === undefined ? [] : ["-hwaccel", hwaccel]),
    ...(decoder?.endsWith("_qsv") ? ONE_AT_A_TIME : []),
    // Whatever the FourCC says.
    "-c:v",
    ffmpegDecoder(codec, output),
    "-i",
    "pipe:0",
    "-map",
    "0:v:0",
    "-vf",
    filters(output),
    "-fps_mode",
    "passthrough",
    "-enc_time_base",
    "1:1000",
    // The rawvideo encoder is frame-threaded as well.
    "-threads",
    "1",
    "-avioflags",
    "direct",
    "-f",
    "rawvideo",
    "-pix_fmt",
    output.pixelFormat,
    "-y",
    path,
  ];
}

/**
 * The timestamp of every frame goes to stderr ahead of its pixels, which have
 * none.
 */
function filters({ size, untagged, pixelFormat }: DecoderOutput): string {
  const isYuv = pixelFormat === "yuv420p" || pixelFormat === "nv12";
  const scale = [
    ...(size ? [`w=${size.width}`, `h=${size.height}`] : []),
    ...(untagged === "bt709" ? ["in_color_matrix=bt709"] : []),
    // Of television, as FFmpeg 5 makes it; 7 leaves JPEG's as it is.
    ...(isYuv ? ["out_range=tv"] : []),
  ];
  return [
    "metadata=mode=add:key=c:value=1",
    String.raw`metadata=mode=print:file='pipe\:2':direct=1`,
    ...(scale.length > 0 ? [`scale=${scale.join(":")}`] : []),
  ].join(",");
}

/** A line that the filter prints: the number of the frame, its timestamp. */
const TIMESTAMP = /frame:\s*\d+\s+pts:\s*(\S+)/;

/** What the filter prints besides; FFmpeg 7 in the middle of other lines. */
const MARK = /(^|\] )c=1$/;

/**
 * Reads a line of FFmpeg's stderr.
 *
 * @returns A frame's timestamp, -1 if it has none; "mark" for what else
 * belongs to it; `undefined` for everything that FFmpeg says itself.
 */
export function readTimestamp(line: string): number | "mark" | undefined {
  const pts = TIMESTAMP.exec(line)?.[1];
  if (pts === undefined) return MARK.test(line) ? "mark" : undefined;
  return /^\d+$/.test(pts) ? Number(pts) : -1;
}
