import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { join } from "node:path";
import { until } from "../faults/deadline.ts";
import { test } from "../harness.ts";
import { Agent } from "./agent.ts";
import { temporaryFolder } from "./folder.ts";
import { HashedFrames } from "./hashed_frames.ts";

/** Odd, as windows and cropped pictures are. */
const [WIDTH, HEIGHT] = [853, 479];

const PICTURES = 30;

const HALF = Math.ceil(WIDTH / 2) * Math.ceil(HEIGHT / 2);

/** Bytes of a frame, packed. */
const FORMATS: Record<string, number> = {
  rgb24: 3 * WIDTH * HEIGHT,
  bgr24: 3 * WIDTH * HEIGHT,
  gray: WIDTH * HEIGHT,
  yuv420p: WIDTH * HEIGHT + 2 * HALF,
  nv12: WIDTH * HEIGHT + 2 * HALF,
};

/** Encoders that take odd sizes, and how. */
const CODECS: Record<string, string[]> = {
  h264: [
    ...["libx264", "-preset", "ultrafast", "-tune", "zerolatency"],
    ...["-pix_fmt", "yuv444p"],
  ],
  hevc: [
    ...["libx265", "-preset", "ultrafast", "-tune", "zerolatency"],
    ...["-x265-params", "log-level=error", "-pix_fmt", "yuv444p"],
  ],
  mjpeg: ["mjpeg", "-q:v", "5", "-pix_fmt", "yuvj420p"],
};

/** What FFmpeg itself makes of a film, as MD5 of each frame. */
function decodedBy(path: string, codec: string, pixelFormat: string): string[] {
  const lines = execFileSync("ffmpeg", [
    ...["-v", "error", "-f", codec, "-i", path, "-fps_mode", "passthrough"],
    // FFmpeg 7 leaves the range of JPEG as it is, unless it is told.
    ...(/yuv|nv/.test(pixelFormat) ? ["-vf", "scale=out_range=tv"] : []),
    ...["-pix_fmt", pixelFormat, "-f", "framemd5", "-"],
  ], { encoding: "utf8" });
  return lines.split("\n").filter((line) => /^\d/.test(line))
    .map((line) => line.split(",").at(-1)!.trim());
}

for (const [codec, encoder] of Object.entries(CODECS)) {
  test(`camagent recv makes of ${codec} of ${WIDTH}x${HEIGHT} what FFmpeg makes, in every pixel format`, async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, "film");
    execFileSync("ffmpeg", [
      ...["-v", "error", "-f", "lavfi"],
      ...["-i", "testsrc2=size=640x480:rate=30", "-frames:v", `${PICTURES}`],
      // The source itself makes even sizes only.
      ...["-vf", `scale=${WIDTH}:${HEIGHT}`],
      ...["-c:v", ...encoder, "-f", codec, path],
    ]);
    for (const [pixelFormat, bytes] of Object.entries(FORMATS)) {
      await check(path, codec, { pixelFormat, bytes });
    }
  });
}

async function check(
  path: string,
  codec: string,
  { pixelFormat, bytes }: { pixelFormat: string; bytes: number },
): Promise<void> {
  await using receiver = Agent.recv(
    "tcp://127.0.0.1:0?mode=listen",
    `stdout:?pixelFormat=${pixelFormat}`,
  );
  const frames = new HashedFrames(receiver.stdout, bytes);
  const [, port] = await receiver.logs(/waits on \S+:(\d+)/);
  const sender = spawn("ffmpeg", [
    ...["-v", "error", "-re", "-f", codec, "-i", path],
    ...["-c", "copy", "-f", codec, `tcp://127.0.0.1:${port}`],
  ], { stdio: "ignore" });
  const ended = new Promise((resolve) => sender.once("close", resolve));
  await ended;
  // FFmpeg 7 begins with half a second at once, of which the last is shown.
  await receiver.says(({ decoders: [decoder] }) =>
    decoder!.decoded >= PICTURES / 2
  );
  await until(
    5000,
    "whole frames",
    () => frames.all.length >= PICTURES / 3 && frames.rest === 0,
  );
  const expected = decodedBy(path, codec, pixelFormat);
  let at = -1;
  for (const { hash } of frames.all) {
    const next = expected.indexOf(hash, at + 1);
    assert.ok(next > at, `${codec} in ${pixelFormat} behind frame ${at}`);
    at = next;
  }
}
