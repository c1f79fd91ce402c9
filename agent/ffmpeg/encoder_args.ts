/**
 * FFmpeg's command line for the sender: any input to H.264 in FLV on stdout.
 *
 * @module
 */

import type { EncoderJob, Size, VideoSettings } from "../plugin/source.ts";

/** What every FFmpeg of ours begins with. */
export const QUIET: readonly string[] = [
  "-hide_banner",
  "-nostdin",
  "-loglevel",
  "warning",
];

/** Bits per second that "auto" stands for, at 30 pictures per second. */
const AUTO_BITRATE: readonly [pixels: number, bitrate: number][] = [
  [640 * 480, 2e6],
  [1280 * 720, 4e6],
  [1920 * 1080, 8e6],
];

/** Chooses a bitrate by what has to be coded, in proportion in between. */
export function autoBitrate({ width, height }: Size, fps: number): number {
  const pixels = width * height;
  const [limit, bitrate] = AUTO_BITRATE.find(([limit]) => pixels <= limit) ??
    AUTO_BITRATE.at(-1)!;
  const scaled = bitrate * Math.max(pixels / limit, 0.25) * fps / 30;
  return Math.round(Math.min(scaled, 50e6) / 1e5) * 1e5 || 1e5;
}

/**
 * The picture's time in microseconds of the wall clock since `timeBase`, read
 * when the picture passes. Two of them never get the same.
 */
function readClock(timeBase: number): string {
  return `settb=1/1000000,setpts='max(RTCTIME-${timeBase},` +
    `if(isnan(PREV_OUTPTS),0,PREV_OUTPTS+1))'`;
}

/**
 * Composes the arguments of FFmpeg.
 *
 * @param timeBase Microseconds since 1970 from which "now" is counted, so that
 * FLV's 32 bits of milliseconds hold it.
 */
export function encoderArgs(
  job: EncoderJob,
  video: VideoSettings,
  timeBase: number,
): string[] {
  return [
    ...QUIET,
    ...job.input,
    "-map",
    "0:v:0",
    ...(job.copy ? ["-c:v", "copy"] : encoding(job, video, timeBase)),
    "-flush_packets",
    "1",
    "-flvflags",
    "no_duration_filesize",
    "-f",
    "flv",
    "pipe:1",
  ];
}

function encoding(
  job: EncoderJob,
  video: VideoSettings,
  timeBase: number,
): string[] {
  const { size, fps } = job;
  const bitrate = video.bitrate ?? autoBitrate(size, fps);
  const gop = video.gop ?? Math.max(1, Math.round(fps));
  const encoder = video.encoder === "auto" ? "libx264" : video.encoder;
  const filters = [
    ...(job.filters ?? []),
    ...(job.time === "now" ? [readClock(timeBase)] : []),
  ];
  return [
    ...(filters.length > 0 ? ["-vf", filters.join(",")] : []),
    "-c:v",
    encoder,
    ...(encoder === "libx264" ? x264(size) : []),
    "-pix_fmt",
    "yuv420p",
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
    "-fps_mode",
    "passthrough",
    // Else timestamps are rounded to the input's frame rate.
    "-enc_time_base",
    "1:1000000",
  ];
}

/**
 * Whoever decodes untagged video takes BT.601 for small and BT.709 for large
 * pictures; the tag says so in the stream. Through x264 itself: the options of
 * newer FFmpegs of that name convert the picture.
 */
function x264({ height }: Size): string[] {
  const colour = height >= 720 ? "bt709" : "smpte170m";
  return [
    "-preset",
    "ultrafast",
    "-tune",
    "zerolatency",
    "-x264-params",
    `colorprim=${colour}:transfer=${colour}:colormatrix=${colour}`,
  ];
}
