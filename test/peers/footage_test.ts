import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "../harness.ts";
import { Agent } from "../e2e/agent.ts";
import { Frames } from "../e2e/frames.ts";

/** From Debian's opencv-doc: 795 frames of people in a street, MPEG-4. */
const FOOTAGE = "/usr/share/doc/opencv-doc/examples/data/vtest.avi";
const [WIDTH, HEIGHT] = [768, 576];
const BYTES = WIDTH * HEIGHT * 3;

/** What a viewer takes for good: ITU-T and the literature agree on 30 dB. */
const MIN_PSNR_DB = 30;

test("camagent brings every frame of real footage", async () => {
  const source = `file:${FOOTAGE}?start=first-viewer&bitrate=8M`;
  await using sender = Agent.send(source, "tcp://127.0.0.1:0");
  const input = `tcp://127.0.0.1:${await sender.port()}`;
  await using receiver = Agent.recv(input, "-");
  const frames = new Frames(receiver.stdout, BYTES);
  const expected = decode();
  await frames.reach(expected.length, 120_000);
  assert.equal(frames.all.length, expected.length);
  const psnr = frames.all.map(({ data }, i) => psnrOf(data, expected[i]!));
  const worst = Math.min(...psnr);
  // deno-lint-ignore no-console
  console.log(`${psnr.length} frames, worst PSNR ${worst.toFixed(1)} dB`);
  assert.ok(worst >= MIN_PSNR_DB, `${worst} dB at ${psnr.indexOf(worst)}`);
});

/** FFmpeg's own idea of the film. */
function decode(): Uint8Array[] {
  const all = execFileSync("ffmpeg", [
    ...["-v", "error", "-i", FOOTAGE, "-fps_mode", "passthrough"],
    ...["-pix_fmt", "rgb24", "-f", "rawvideo", "-"],
  ], { maxBuffer: 2 ** 31 });
  return Array.from(
    { length: all.length / BYTES },
    (_, i) => all.subarray(i * BYTES, (i + 1) * BYTES),
  );
}

function psnrOf(a: Uint8Array, b: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
  return 10 * Math.log10(255 ** 2 / (sum / a.length));
}
