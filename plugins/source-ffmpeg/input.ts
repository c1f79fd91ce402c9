/**
 * FFmpeg's input arguments, built from checked options only.
 *
 * @module
 */

import type { Size } from "../../mod.ts";

/** Demuxers that read this machine and nothing else. */
export const FORMATS = [
  "rawvideo",
  "v4l2",
  "lavfi",
  "x11grab",
  "image2",
  "h264",
  "hevc",
  "mjpeg",
  "mpegts",
  "matroska",
  "flv",
] as const;

/** One of {@linkcode FORMATS}. */
export type Format = (typeof FORMATS)[number];

/** Formats whose input is told its size; of the others FFmpeg knows it. */
const TAKES_SIZE: readonly Format[] = ["rawvideo", "v4l2", "x11grab"];

/** Formats whose input is told its rate: those without timestamps, and devices. */
const TAKES_FPS: readonly Format[] = [
  ...TAKES_SIZE,
  "image2",
  "h264",
  "hevc",
  "mjpeg",
];

/** Formats that are no files: what stands behind `-i` is a name of their own. */
const NAMED: readonly Format[] = ["v4l2", "lavfi", "x11grab"];

/** Containers that FFmpeg may recognise by itself: none names other files. */
const RECOGNISED = [
  "avi",
  "flv",
  "h264",
  "hevc",
  "ivf",
  "matroska",
  "mjpeg",
  "mov",
  "mpeg",
  "mpegts",
  "ogg",
  "webm",
];

/** What is known of an input, and how it is to be read. */
export interface InputOptions {
  /** Absent: FFmpeg finds out. */
  readonly format?: Format | undefined;
  /** Layout of raw frames. */
  readonly pixelFormat: string;
  /** Whether to begin anew at the end. */
  readonly loop?: boolean;
  /** Whether FFmpeg is to read no faster than the input plays. */
  readonly pace?: boolean;
  /**
   * Whether to begin with the first bytes: what is known need not be looked
   * for, and bytes that are looked at are bytes behind.
   */
  readonly immediate?: boolean;
  /** Passed on where the format takes it. */
  readonly size?: Size | undefined;
  /** Passed on where the format takes it. */
  readonly fps?: number | undefined;
}

/** Composes the arguments up to and including `-i` and the input. */
export function inputArgs(path: string, options: InputOptions): string[] {
  const { format, size, fps } = options;
  const takes = (formats: readonly Format[]) =>
    format !== undefined && formats.includes(format);
  return [
    ...(options.loop ? ["-stream_loop", "-1"] : []),
    ...(options.pace ? ["-re"] : []),
    ...(options.immediate ? ["-probesize", "32", "-analyzeduration", "0"] : []),
    ...(format ? ["-f", format] : ["-format_whitelist", RECOGNISED.join(",")]),
    ...(format === "rawvideo" ? ["-pixel_format", options.pixelFormat] : []),
    ...(size && takes(TAKES_SIZE)
      ? ["-video_size", `${size.width}x${size.height}`]
      : []),
    ...(fps && takes(TAKES_FPS) ? ["-framerate", `${fps}`] : []),
    ...(takes(NAMED)
      ? ["-i", path]
      : ["-protocol_whitelist", "file", "-i", `file:${path}`]),
  ];
}
