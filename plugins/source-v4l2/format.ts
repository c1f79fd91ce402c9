/**
 * Which of a camera's formats, sizes and rates is taken.
 *
 * @module
 */

import type { Size, VideoDevice, VideoMode, VideoSettings } from "../../mod.ts";

/** V4L2's four letters, and FFmpeg's name for `-input_format`. */
const FFMPEG_NAMES: Record<string, string> = {
  H264: "h264",
  YUYV: "yuyv422",
  UYVY: "uyvy422",
  NV12: "nv12",
  NV21: "nv21",
  YU12: "yuv420p",
  "422P": "yuv422p",
  RGB3: "rgb24",
  BGR3: "bgr24",
  GREY: "gray",
  MJPG: "mjpeg",
  JPEG: "mjpeg",
};

/** What a camera delivers if nobody says. */
const SIZE = { width: 640, height: 480 };
const FPS = 30;

/** 29.97 is 30 to most people. */
const FPS_TOLERANCE = 0.5;

/** What is taken of a camera. */
export interface Choice {
  /** V4L2's four letters. */
  readonly fourcc: string;
  /** For FFmpeg. */
  readonly inputFormat: string;
  /** Picture size. */
  readonly size: Size;
  /** Pictures per second. */
  readonly fps: number;
  /** Whether the camera's own H.264 is passed on. */
  readonly copy: boolean;
}

/** One way to get pictures. */
interface Way {
  readonly fourcc: string;
  readonly mode: VideoMode;
  readonly fps: number;
}

/**
 * Chooses the way that costs least: H.264 as it is, else raw pictures, else
 * JPEGs, which have to be decoded first.
 *
 * @param fourcc What the user wants, if anything.
 * @returns What to take, or why there is nothing, and what is nearest.
 */
export function choose(
  device: VideoDevice,
  video: VideoSettings,
  fourcc?: string,
): Choice | string {
  const known = device.formats.filter(({ fourcc }) => fourcc in FFMPEG_NAMES);
  const formats = known.filter((format) =>
    fourcc === undefined || format.fourcc === fourcc
  );
  if (formats.length === 0) {
    const names = known.map(({ fourcc }) => fourcc).join(", ") ||
      "none we know";
    return fourcc === undefined
      ? "it delivers nothing that we know"
      : `it has no format ${fourcc}; it has ${names}`;
  }
  const passes = mayPass(video);
  const modes = formats
    .filter(({ fourcc }) => fourcc !== "H264" || passes)
    .flatMap(({ fourcc, modes }) => modes.map((mode) => ({ fourcc, mode })));
  if (modes.length === 0) return "its H.264 cannot be changed; it has no other";
  const size = sizeFor(modes.map(({ mode }) => mode), video.size);
  if (typeof size === "string") return size;
  const ways = modes.filter(({ mode }) => isSame(mode, size))
    .flatMap(({ fourcc, mode }) =>
      (mode.fps.length > 0 ? mode.fps : [video.fps ?? FPS])
        .map((fps): Way => ({ fourcc, mode, fps }))
    );
  const wanted = video.fps ?? nearest(ways.map(({ fps }) => fps), FPS);
  const fitting = ways.filter(({ fps }) =>
    Math.abs(fps - wanted) <= FPS_TOLERANCE
  );
  if (fitting.length === 0) {
    const fps = nearest(ways.map(({ fps }) => fps), wanted);
    const { width, height } = size;
    return `it has no ${wanted} pictures a second at ${width}x${height}, the ` +
      `nearest is ${fps}`;
  }
  const [best] = fitting.toSorted((a, b) => costOf(a) - costOf(b));
  return {
    fourcc: best!.fourcc,
    inputFormat: FFMPEG_NAMES[best!.fourcc]!,
    size,
    fps: best!.fps,
    copy: best!.fourcc === "H264",
  };
}

/** Whether the user leaves it to the camera how its H.264 is made. */
function mayPass(video: VideoSettings): boolean {
  const { bitrate, gop, intraRefresh, encoder } = video;
  return !bitrate && !gop && !intraRefresh && encoder === "auto";
}

function costOf({ fourcc }: Way): number {
  const name = FFMPEG_NAMES[fourcc];
  return name === "h264" ? 0 : name === "mjpeg" ? 2 : 1;
}

/** The wanted size, or the one that is nearest to what is usual. */
function sizeFor(
  modes: readonly VideoMode[],
  wanted: Size | undefined,
): Size | string {
  const { width, height } = wanted ?? SIZE;
  const distance = (mode: VideoMode) =>
    Math.abs(mode.width - width) + Math.abs(mode.height - height);
  const [best] = modes.toSorted((a, b) => distance(a) - distance(b));
  const size = { width: best!.width, height: best!.height };
  if (!wanted || isSame(best!, wanted)) return size;
  return `it has no ${width}x${height}, the nearest is ` +
    `${size.width}x${size.height}`;
}

function nearest(values: readonly number[], wanted: number): number {
  return values.toSorted((a, b) =>
    Math.abs(a - wanted) - Math.abs(b - wanted)
  )[0]!;
}

function isSame(a: Size, b: Size): boolean {
  return a.width === b.width && a.height === b.height;
}
