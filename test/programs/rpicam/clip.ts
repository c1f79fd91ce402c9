/**
 * What the camera sees: FFmpeg's test picture, coded as rpicam-vid would.
 *
 * @module
 */

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { AccessUnitSplitter } from "../../../agent/media/access_unit_splitter.ts";
import { joinNalUnits, nalUnitsOf } from "../../../agent/media/annexb.ts";
import { NAL_UNIT_TYPE, nalUnitType } from "../../../agent/media/h264.ts";

/** What is asked for. */
export interface ClipOptions {
  width: number;
  height: number;
  fps: number;
  gop: number;
  /** Bits per second. */
  bitrate: number;
  /** Slices of a picture. */
  slices: number;
  /** Whether the parameter sets stand before every keyframe. */
  inline: boolean;
  /**
   * A picture of FFmpeg's lavfi, or a file of raw frames; what comes out
   * repeats after {@linkcode CLIP_GOPS}.
   */
  picture: string;
}

/** Keyframes of a clip. */
const CLIP_GOPS = 2;

/** Codes a clip, or finds what an earlier run has coded. */
export function codedFrames(options: ClipOptions): Uint8Array<ArrayBuffer>[] {
  const { width, height, fps, gop, bitrate, slices, picture } = options;
  const bytes = cached(folderOf(picture), "h264", [
    ...input(picture, width, height, fps),
    ...["-frames:v", `${CLIP_GOPS * gop}`, "-pix_fmt", "yuv420p"],
    ...["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency"],
    ...["-x264-params", `slices=${slices}:sliced-threads=0`],
    ...["-profile:v", "baseline", "-bf", "0", "-g", `${gop}`],
    ...["-b:v", `${bitrate}`, "-maxrate", `${bitrate}`],
    ...["-bufsize", `${bitrate / 4}`, "-f", "h264"],
  ]);
  const splitter = new AccessUnitSplitter();
  const units = [...splitter.push(bytes), ...splitter.flush()];
  return units.map(({ data }, index) =>
    options.inline || index === 0 ? data : withoutSets(data)
  );
}

/** Raw frames, planar 4:2:0: a second, or all of a file. */
export function rawFrames(
  options: Pick<ClipOptions, "width" | "height" | "fps" | "picture">,
): Uint8Array<ArrayBuffer>[] {
  const { width, height, fps, picture } = options;
  const bytes = cached(folderOf(picture), "yuv", [
    ...input(picture, width, height, fps),
    ...(picture.includes("/") ? [] : ["-frames:v", `${Math.ceil(fps)}`]),
    ...["-pix_fmt", "yuv420p", "-f", "rawvideo"],
  ]);
  const size = width * height * 3 / 2;
  return Array.from(
    { length: bytes.length / size },
    (_, index) => bytes.subarray(index * size, (index + 1) * size),
  );
}

function input(
  picture: string,
  width: number,
  height: number,
  fps: number,
): string[] {
  const size = `${width}x${height}`;
  if (!picture.includes("/")) {
    return ["-f", "lavfi", "-i", `${picture}=size=${size}:rate=${fps}`];
  }
  return [
    ...["-f", "rawvideo", "-pix_fmt", "yuv420p", "-video_size", size],
    ...["-framerate", `${fps}`, "-i", picture],
  ];
}

/** What is made of a file goes with it; of a picture there is one for all. */
function folderOf(picture: string): string {
  return picture.includes("/") ? dirname(picture) : tmpdir();
}

/** Runs FFmpeg once for the same words. */
function cached(
  folder: string,
  extension: string,
  words: string[],
): Uint8Array<ArrayBuffer> {
  const digest = createHash("sha256").update(words.join("\0")).digest("hex");
  const path = join(folder, `rpicam-${digest.slice(0, 24)}.${extension}`);
  if (!existsSync(path)) {
    const fresh = `${path}.${process.pid}`;
    const head = ["-hide_banner", "-loglevel", "error", "-y"];
    execFileSync("ffmpeg", [...head, ...words, fresh], { stdio: "ignore" });
    renameSync(fresh, path);
  }
  return new Uint8Array(readFileSync(path));
}

function withoutSets(data: Uint8Array): Uint8Array<ArrayBuffer> {
  const isSet = (type: number) =>
    type === NAL_UNIT_TYPE.sps || type === NAL_UNIT_TYPE.pps;
  return joinNalUnits(
    [...nalUnitsOf(data)].filter((unit) => !isSet(nalUnitType(unit))),
  );
}
