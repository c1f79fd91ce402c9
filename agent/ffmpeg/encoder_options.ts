/**
 * What each H.264 encoder of FFmpeg wants to be told for low latency.
 *
 * @module
 */

import { ConfigError } from "../errors.ts";
import type { Size } from "../plugin/source.ts";

/** What an encoder needs besides what all of them understand. */
export interface EncoderOptions {
  /** Ahead of the input. */
  readonly global?: readonly string[];
  /** Behind all other filters. */
  readonly filters?: readonly string[];
  /** Behind `-c:v`. */
  readonly options?: readonly string[];
  /** For `-pix_fmt`; absent where the filters decide. */
  readonly pixelFormat?: string;
  /**
   * Whether pictures may come at any time. The others take the unit of their
   * timestamps for the frame rate, because `setpts` of FFmpeg 7 forgets it,
   * and would give each picture a millionth of the bitrate: they get pictures
   * at fixed times, which are not exactly those of the capture.
   */
  readonly anyTime: boolean;
}

/**
 * Chooses by FFmpeg's name. The options of the hardware encoders are those
 * that `ffmpeg -h encoder=` lists in 5.1.9 and 7.1.5.
 *
 * @throws {ConfigError} If the encoder cannot refresh part by part.
 */
export function encoderOptions(
  encoder: string,
  size: Size,
  fps: number,
  intraRefresh = false,
): EncoderOptions {
  if (intraRefresh && encoder !== "libx264") {
    throw new ConfigError(
      `Cannot use "intraRefresh" with encoder "${encoder}": only libx264 ` +
        "has it",
    );
  }
  switch (encoder) {
    case "libx264":
      return {
        options: [
          ...x264(size, fps),
          ...(intraRefresh ? ["-intra-refresh", "1"] : []),
        ],
        pixelFormat: "yuv420p",
        anyTime: true,
      };
    case "h264_v4l2m2m":
      // The driver has a frame rate of its own.
      return { pixelFormat: "yuv420p", anyTime: true };
    case "h264_nvenc":
      return { options: NVENC, pixelFormat: "yuv420p", anyTime: false };
    case "h264_qsv":
      return {
        options: ["-preset", "veryfast", "-async_depth", "1"],
        pixelFormat: "nv12",
        anyTime: false,
      };
    case "h264_vaapi":
      return {
        global: ["-init_hw_device", "vaapi=gpu", "-filter_hw_device", "gpu"],
        filters: ["format=nv12", "hwupload"],
        options: ["-async_depth", "1"],
        anyTime: false,
      };
    default:
      return { pixelFormat: "yuv420p", anyTime: false };
  }
}

const NVENC = [
  "-preset",
  "p1",
  "-tune",
  "ull",
  "-zerolatency",
  "1",
  "-delay",
  "0",
  "-rc",
  "cbr",
];

/**
 * Whoever decodes untagged video takes BT.601 for small and BT.709 for large
 * pictures; the tag says so in the stream. Through x264 itself: the options of
 * newer FFmpegs of that name convert the picture. So does the frame rate: it
 * decides the bits per picture, and tells players how fast a bare stream is
 * meant to be.
 */
function x264({ height }: Size, fps: number): string[] {
  const colour = height >= 720 ? "bt709" : "smpte170m";
  const parameters = {
    colorprim: colour,
    transfer: colour,
    colormatrix: colour,
    fps: `${Math.round(fps * 1000)}/1000`,
    // The timestamps stay as they are, but have no say in the bitrate.
    "force-cfr": 1,
  };
  return [
    "-preset",
    "ultrafast",
    "-tune",
    "zerolatency",
    "-x264-params",
    Object.entries(parameters).map(([key, value]) => `${key}=${value}`)
      .join(":"),
  ];
}
