/**
 * FFmpeg's command line for the sender: any input to H.264 in FLV on stdout.
 *
 * @module
 */

import { autoBitrate } from "../media/bitrate.ts";
import type { EncoderJob, VideoSettings } from "../plugin/source.ts";
import { type EncoderOptions, encoderOptions } from "./encoder_options.ts";

/** What it begins with. */
const QUIET: readonly string[] = [
  "-hide_banner",
  "-nostdin",
  "-loglevel",
  "warning",
];

/**
 * FFmpeg 7 looks for SIGTERM as often as it would print statistics, and waits
 * half a second else. Measured for the test picture, from SIGTERM to the end:
 * 301 ms without, 46 ms with a twentieth of a second.
 */
const ATTENTIVE = ["-stats_period", "0.05"];

/**
 * The picture's time in microseconds of the wall clock since `timeBase`, read
 * when the picture passes. Two of them never get the same.
 */
function readClock(timeBase: number): string {
  return `settb=1/1000000,setpts='max(RTCTIME-${timeBase},` +
    `if(isnan(PREV_OUTPTS),0,PREV_OUTPTS+1))'`;
}

/** The input's own time, since `timeBase`. */
function keepClock(timeBase: number): string[] {
  return ["-copyts", "-itsoffset", `${-timeBase / 1e6}`];
}

/**
 * Composes the arguments of FFmpeg.
 *
 * @param timeBase From which "now" and "monotonic" are counted, in microseconds
 * of the wall clock and of the monotonic one, so that FLV's 32 bits of
 * milliseconds hold it.
 */
export function encoderArgs(
  job: EncoderJob,
  video: VideoSettings,
  timeBase: number,
): string[] {
  const options = optionsFor(job, video);
  return [
    ...QUIET,
    ...ATTENTIVE,
    ...(job.copy ? [] : options.global ?? []),
    ...(job.time === "monotonic" ? keepClock(timeBase) : []),
    ...job.input,
    "-map",
    "0:v:0",
    ...(job.copy ? ["-c:v", "copy"] : encoding(job, video, options, timeBase)),
    "-flush_packets",
    "1",
    "-flvflags",
    "no_duration_filesize",
    "-f",
    "flv",
    "pipe:1",
  ];
}

/** Whether the timestamps that come out tell when pictures were captured. */
export function tellsCapture(job: EncoderJob, video: VideoSettings): boolean {
  if (job.copy) return job.time === "monotonic";
  return job.time !== "input" && optionsFor(job, video).anyTime;
}

function optionsFor(
  { size, fps }: EncoderJob,
  video: VideoSettings,
): EncoderOptions {
  return encoderOptions(encoderOf(video), size, fps, video.intraRefresh);
}

function encoderOf({ encoder }: VideoSettings): string {
  return encoder === "auto" ? "libx264" : encoder;
}

function encoding(
  job: EncoderJob,
  video: VideoSettings,
  options: EncoderOptions,
  timeBase: number,
): string[] {
  const { size, fps } = job;
  const bitrate = video.bitrate ?? autoBitrate(size, fps);
  const gop = video.gop ?? Math.max(1, Math.round(fps));
  const filters = [
    ...(job.filters ?? []),
    ...(size.width % 2 || size.height % 2 ? [EVEN] : []),
    ...(job.time === "now" ? [readClock(timeBase)] : []),
    ...(job.time === "monotonic" ? ["settb=1/1000000"] : []),
    ...(options.filters ?? []),
  ];
  return [
    ...(filters.length > 0 ? ["-vf", filters.join(",")] : []),
    "-c:v",
    encoderOf(video),
    ...(options.options ?? []),
    ...(options.pixelFormat ? ["-pix_fmt", options.pixelFormat] : []),
    "-bf",
    "0",
    "-g",
    `${gop}`,
    // Without a bound a keyframe is 112 kB, with it 29 kB (2 Mbit/s).
    "-b:v",
    `${bitrate}`,
    "-maxrate",
    `${bitrate}`,
    "-bufsize",
    `${Math.round(bitrate / 4)}`,
    ...(options.anyTime ? ANY_TIME : ["-fps_mode", "cfr", "-r", `${fps}`]),
  ];
}

/** Chroma is coded at half the size: a last odd column or row is cut off. */
const EVEN = "crop=trunc(iw/2)*2:trunc(ih/2)*2:0:0";

/** Every picture is coded, whenever it comes. */
const ANY_TIME = [
  "-fps_mode",
  "passthrough",
  // Else timestamps are rounded to the input's frame rate.
  "-enc_time_base",
  "1:1000000",
];
