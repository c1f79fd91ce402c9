/**
 * What FFmpeg is to do with an input.
 *
 * @module
 */

import type {
  EncoderJob,
  InputProbe,
  Size,
  SourceContext,
  VideoSettings,
} from "../../mod.ts";
import { type Format, inputArgs } from "./input.ts";

/** The plugin's own options. */
export interface Options {
  /** Whether a file begins anew at its end. */
  readonly loop: boolean;
  /** Absent: FFmpeg finds out. */
  readonly format?: Format | undefined;
  /** Layout of raw frames. */
  readonly pixelFormat: string;
}

/** What raw frames are taken for if the user does not say. */
const RAW = { size: { width: 640, height: 480 }, fps: 30 };

/** Used where an input does not tell its rate. */
const UNKNOWN_FPS = 25;

/** Raw frames say nothing of themselves: the user does. */
export function rawJob(
  path: string,
  live: boolean,
  { video, options }: SourceContext<Options>,
): EncoderJob {
  const { size = RAW.size, fps = RAW.fps } = video;
  return {
    input: inputArgs(path, { ...options, size, fps, immediate: live }),
    filters: live ? [] : ["realtime"],
    size,
    fps,
    time: "now",
  };
}

/**
 * Coded pictures out of a pipe. FFmpeg must not look at them beforehand: what
 * it takes out is lost, and when it closes the pipe the writer may die of it.
 */
export function pipedJob(
  path: string,
  size: Size,
  { video, options }: SourceContext<Options>,
): EncoderJob {
  const { fps } = video;
  return {
    input: inputArgs(path, { ...options, fps, immediate: true }),
    filters: [scale(size)],
    size,
    fps: fps ?? RAW.fps,
    time: "now",
  };
}

/** A device, which is told what to deliver and asked what it does deliver. */
export async function deviceJob(
  path: string,
  { video, options, probe }: SourceContext<Options>,
): Promise<EncoderJob> {
  const { size, fps } = video;
  const input = inputArgs(path, { ...options, size, fps });
  const found = await probe(input);
  const copy = isPassable(found, video);
  return {
    input,
    copy,
    filters: [],
    size: found.size,
    fps: known(found.fps) ?? fps ?? UNKNOWN_FPS,
    time: copy ? "input" : "now",
  };
}

/** A file, at its own pace. H.264 is passed on if nothing else is asked for. */
export async function fileJob(
  path: string,
  { video, options, probe }: SourceContext<Options>,
): Promise<EncoderJob> {
  const { format } = options;
  const fpsOfInput = format === "image2" ? video.fps : undefined;
  const settings = { ...options, fps: fpsOfInput };
  const found = await probe(inputArgs(path, { ...settings, loop: false }));
  const copy = isPassable(found, video) && !video.size && !video.fps;
  const size = video.size ?? found.size;
  return {
    input: inputArgs(path, { ...settings, pace: copy }),
    copy,
    filters: [
      ...(video.fps && !fpsOfInput ? [`fps=${video.fps}`] : []),
      ...(video.size ? [scale(size)] : []),
      "realtime",
    ],
    size,
    fps: video.fps ?? known(found.fps) ?? UNKNOWN_FPS,
    time: copy ? "input" : "now",
  };
}

function known(fps: number): number | undefined {
  return fps > 0 ? fps : undefined;
}

function scale({ width, height }: Size): string {
  return `scale=${width}:${height}`;
}

/** Whether H.264 can be passed on, as it comes and as the user wants it. */
function isPassable(found: InputProbe, video: VideoSettings): boolean {
  const { bitrate, gop, encoder, intraRefresh } = video;
  return found.codec === "h264" && !found.reordered && !bitrate && !gop &&
    !intraRefresh && encoder === "auto";
}
