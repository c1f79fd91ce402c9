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

/** What is known of an input. */
export interface InputOptions {
  readonly format?: (typeof FORMATS)[number] | undefined;
  readonly pixelFormat: string;
  readonly loop: boolean;
  /** Whether pictures come when they come; else it is a file. */
  readonly live: boolean;
  /** Whether FFmpeg is to read a file no faster than it plays. */
  readonly pace?: boolean;
  readonly size?: Size;
  readonly fps?: number;
}

/** Composes the arguments up to and including `-i`. */
export function inputArgs(path: string, options: InputOptions): string[] {
  const { format, size, fps, live, loop, pace } = options;
  const isDevice = format === "v4l2" || format === "lavfi" ||
    format === "x11grab";
  return [
    ...(!live && loop ? ["-stream_loop", "-1"] : []),
    ...(!live && pace ? ["-re"] : []),
    // What is known need not be looked for.
    ...(live && !isDevice ? ["-probesize", "32", "-analyzeduration", "0"] : []),
    ...(format ? ["-f", format] : ["-format_whitelist", RECOGNISED.join(",")]),
    ...(format === "rawvideo" ? ["-pixel_format", options.pixelFormat] : []),
    ...(size && format !== "lavfi"
      ? ["-video_size", `${size.width}x${size.height}`]
      : []),
    ...(fps && format !== "lavfi" ? ["-framerate", `${fps}`] : []),
    ...(isDevice ? [] : ["-protocol_whitelist", "file"]),
    "-i",
    isDevice ? path : `file:${path}`,
  ];
}
