/**
 * FFmpeg's command line for the receiver: any container on stdin, the packets
 * of its first stream of video in NUT on stdout.
 *
 * @module
 */

import { NUT_OUTPUT } from "../media/nut_output.ts";
import type { Sniffed } from "../media/sniff.ts";
import { MAX_PIXELS } from "./decoder_args.ts";

/** Containers that FFmpeg takes apart, by its names. None names other files. */
export const REMUX_FORMATS = [
  "avi",
  "flv",
  "ivf",
  "matroska",
  "mov",
  "mpeg",
  "mpegts",
  "nut",
  "ogg",
] as const satisfies readonly Sniffed[];

/** One of {@linkcode REMUX_FORMATS}; "unknown" lets FFmpeg find out. */
export type RemuxFormat = (typeof REMUX_FORMATS)[number] | "unknown";

/** Tells whether FFmpeg may take a format apart. */
export function isRemuxFormat(format: Sniffed): format is RemuxFormat {
  const formats: readonly Sniffed[] = REMUX_FORMATS;
  return format === "unknown" || formats.includes(format);
}

/** What FFmpeg recognises besides: streams and files that name no others. */
const ALSO_RECOGNISED = [
  "asf",
  "h264",
  "hevc",
  "m4v",
  "mjpeg",
  "mpegvideo",
  "mpjpeg",
  "obu",
];

/**
 * Formats that do not say at their beginning what they hold: FFmpeg goes on
 * looking for streams as long as it is told to. Without a keyframe it does not
 * know the size of pictures, and gives up. 600 ms hold one of every GOP of DVB,
 * which is up to 15 pictures long. Measured, joining such a stream at seven
 * places: 200 ms are too short for five of them, 500 ms for one.
 */
const WITHOUT_HEADER: readonly RemuxFormat[] = ["mpeg", "mpegts", "unknown"];

/** What FFmpeg may look into packets with: nothing for sound and text. */
const DECODERS = [
  "h264",
  "hevc",
  "libdav1d",
  "mjpeg",
  "mpeg1video",
  "mpeg2video",
  "mpeg4",
  "vp8",
  "vp9",
];

/** Ends the search of FLV and others as soon as all streams are known. */
const SEARCH = ["-probesize", "5000000", "-fpsprobesize", "0"];

/** Input options that say how much is read before packets come out. */
function analysis(format: RemuxFormat): string[] {
  if (WITHOUT_HEADER.includes(format)) {
    return [...SEARCH, "-analyzeduration", "600000"];
  }
  // Its first packets may be of other streams.
  if (format === "flv") return [...SEARCH, "-analyzeduration", "300000"];
  return ["-probesize", "32", "-analyzeduration", "0"];
}

/** Composes the arguments of FFmpeg. */
export function remuxerArgs(format: RemuxFormat): string[] {
  return [
    "-hide_banner",
    "-nostdin",
    "-loglevel",
    "error",
    // A picture of MAX_PIXELS in 10 bits and 4:4:4. Matroska may announce
    // 256 MiB of anything.
    "-max_alloc",
    `${64 * 1024 * 1024}`,
    ...analysis(format),
    // AVI has no timestamps for B pictures, and NUT wants some.
    "-fflags",
    "+genpts",
    "-max_streams",
    "8",
    "-codec_whitelist",
    DECODERS.join(","),
    "-max_pixels",
    `${MAX_PIXELS}`,
    "-protocol_whitelist",
    "pipe",
    ...(format === "unknown"
      ? [
        "-format_whitelist",
        [...REMUX_FORMATS, ...ALSO_RECOGNISED].join(","),
      ]
      : ["-f", format]),
    // One FourCC for each codec, whatever the container calls it.
    "-tag:v",
    "0",
    "-i",
    "pipe:0",
    // The first that is no cover picture.
    "-map",
    "0:V:0",
    ...NUT_OUTPUT,
  ];
}
