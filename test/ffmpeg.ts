/**
 * FFmpeg, run to its end.
 *
 * @module
 */

import { execFileSync } from "node:child_process";

/**
 * Runs FFmpeg; a last argument of bytes is its stdin.
 *
 * @returns What it wrote to stdout.
 */
export function ffmpeg(
  ...args: (string | Uint8Array)[]
): Uint8Array<ArrayBuffer> {
  const input = args.find((arg) => typeof arg !== "string") ?? "";
  const words = args.filter((arg) => typeof arg === "string");
  const output = execFileSync("ffmpeg", ["-loglevel", "error", ...words], {
    input,
    maxBuffer: 1 << 28,
    stdio: ["pipe", "pipe", "ignore"],
  });
  return Uint8Array.from(output);
}

/** Tells whether this FFmpeg has an encoder. */
export function hasEncoder(name: string): boolean {
  const list = new TextDecoder().decode(ffmpeg("-hide_banner", "-encoders"));
  return new RegExp(`^ \\S{6} ${name} `, "m").test(list);
}

/** Encodes a moving test picture of 64x48 with FFmpeg's arguments. */
export function encodeClip(
  args: string,
  { frames = 12, size = "64x48" } = {},
): Uint8Array<ArrayBuffer> {
  const source = `testsrc2=size=640x480:rate=30,scale=${
    size.replace("x", ":")
  }`;
  return ffmpeg(
    ...["-f", "lavfi", "-i", source, "-frames:v", `${frames}`],
    ...args.split(" "),
    "pipe:1",
  );
}
