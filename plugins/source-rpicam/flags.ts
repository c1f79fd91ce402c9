/**
 * The command line of rpicam-vid, built from checked options only.
 *
 * @module
 */

import type { Size } from "../../mod.ts";

/** What the camera is to do. */
export interface CaptureSettings {
  /** Its number in `--list-cameras`. */
  readonly camera: number;
  /** Picture size. */
  readonly size: Size;
  /** Pictures per second. */
  readonly fps: number;
  /** Bits per second. */
  readonly bitrate: number;
  /** Distance between keyframes, in pictures. */
  readonly gop: number;
  /** What the user wants of the camera itself, by rpicam-vid's names. */
  readonly controls: readonly Flag[];
}

/** Where it writes. */
export interface CapturePaths {
  /** Pictures. */
  readonly video: string;
  /** A line for each picture that has been written. */
  readonly pts?: string;
  /** What the sensor says of each picture. */
  readonly metadata?: string;
}

/** An option, and its value if it has one. */
export type Flag = readonly [name: string, value?: string];

/** What comes out. */
export type Codec = "h264" | "yuv420";

/**
 * Macroblocks per second of level 4, which the encoder of the Raspberry Pi
 * takes where it is told nothing (ITU-T H.264, table A-1).
 */
const LEVEL_4_MACROBLOCKS = 245_760;

/** Flags that mean nothing without another one. */
const COMPANIONS: Record<string, string> = { "metadata-format": "metadata" };

/**
 * The options of a capture. The same for every model: up to the Raspberry Pi 4
 * those of libav are read and mean nothing, and a file whose name ends with
 * `.h264` is written directly everywhere.
 */
export function captureFlags(
  codec: Codec,
  settings: CaptureSettings,
  paths: CapturePaths,
): Flag[] {
  const { camera, size, fps, bitrate, gop, controls } = settings;
  return [
    ["nopreview"],
    // For ever; it would end after five seconds.
    ["timeout", "0"],
    ["camera", `${camera}`],
    ["width", `${size.width}`],
    ["height", `${size.height}`],
    ["framerate", `${fps}`],
    ...controls,
    ["codec", codec],
    ...(codec === "h264" ? encoderFlags(size, fps, bitrate, gop) : []),
    // Else the C library keeps the end of each picture until the next one.
    ["flush"],
    ...(paths.pts ? [["save-pts", paths.pts] as const] : []),
    ...(paths.metadata
      ? [
        ["metadata", paths.metadata] as const,
        // The text is flushed line by line, JSON is not.
        ["metadata-format", "txt"] as const,
      ]
      : []),
    ["output", paths.video],
  ];
}

function encoderFlags(
  { width, height }: Size,
  fps: number,
  bitrate: number,
  gop: number,
): Flag[] {
  const macroblocks = Math.ceil(width / 16) * Math.ceil(height / 16) * fps;
  return [
    ["bitrate", `${bitrate}`],
    ["intra", `${gop}`],
    // Parameter sets before every keyframe, for those who join.
    ["inline"],
    ...(macroblocks > LEVEL_4_MACROBLOCKS ? [["level", "4.2"] as const] : []),
    ["low-latency"],
    ["libav-format", "h264"],
    // A keyframe is no larger than a quarter of a second.
    [
      "libav-video-codec-opts",
      `maxrate=${bitrate};bufsize=${Math.round(bitrate / 4)}`,
    ],
  ];
}

/** Arguments, without those that a version does not know. */
export function flagArgs(
  flags: readonly Flag[],
  unknown: ReadonlySet<string>,
): string[] {
  return flags
    .filter(([name]) =>
      !unknown.has(name) && !unknown.has(COMPANIONS[name] ?? "")
    )
    .flatMap(([name, value]) =>
      value === undefined ? [`--${name}`] : [`--${name}`, value]
    );
}
