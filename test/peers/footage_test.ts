import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "../harness.ts";
import { Agent } from "../e2e/agent.ts";
import { wholeFrames } from "../e2e/frames.ts";
import { MIN_PSNR_DB, psnrOf } from "./psnr.ts";

/** From Debian's opencv-doc: 80 s of people in a street, MPEG-4. */
const FOOTAGE = "/usr/share/doc/opencv-doc/examples/data/vtest.avi";
const FRAMES = 795;
/**
 * Frames that are too old when the decoder has started: on a machine where that
 * takes longer than a frame. They are counted.
 */
const SKIPPED = 5;

const [WIDTH, HEIGHT] = [768, 576];
const BYTES = WIDTH * HEIGHT * 3;

test("camagent brings every frame of real footage", async () => {
  const source = `file:${FOOTAGE}?start=first-viewer&bitrate=8M`;
  await using sender = Agent.send(source, "tcp://127.0.0.1:0");
  const input = `tcp://127.0.0.1:${await sender.port()}`;
  await using receiver = Agent.recv(input, "-");
  const expected = decode();
  // The sender ends with the film, once the receiver has all of it.
  const ended = sender.exit.then(async (exit) => {
    await receiver.says(({ input }) => input.supervisor.restarts > 0);
    receiver.kill("SIGTERM");
    return exit;
  });
  const psnr: number[] = [];
  let skipped = 0;
  try {
    for await (const frame of wholeFrames(receiver.stdout, BYTES)) {
      let quality = psnrOf(frame, (await expected.frames.next()).value!);
      while (psnr.length === 0 && quality < MIN_PSNR_DB && skipped < SKIPPED) {
        skipped++;
        quality = psnrOf(frame, (await expected.frames.next()).value!);
      }
      psnr.push(quality);
    }
    assert.deepEqual(await ended, { code: 0, signal: null });
    assert.equal(psnr.length + skipped, FRAMES);
    const { decoders: [decoder], sinks: [sink] } = receiver.status!;
    assert.equal(skipped, decoder!.stale + sink!.dropped);
    assert.equal((await expected.frames.next()).done, true);
  } finally {
    expected.end();
  }
  const worst = Math.min(...psnr);
  // deno-lint-ignore no-console
  console.log(`${psnr.length} frames, worst PSNR ${worst.toFixed(1)} dB`);
  assert.ok(worst >= MIN_PSNR_DB, `${worst} dB at ${psnr.indexOf(worst)}`);
});

/** FFmpeg's own idea of the film. */
function decode(): { frames: AsyncGenerator<Uint8Array>; end(): void } {
  const child = spawn("ffmpeg", [
    ...["-v", "error", "-i", FOOTAGE, "-fps_mode", "passthrough"],
    ...["-pix_fmt", "rgb24", "-f", "rawvideo", "-"],
  ], { stdio: ["ignore", "pipe", "inherit"] });
  return {
    frames: wholeFrames(child.stdout!, BYTES),
    end: () => child.kill("SIGKILL"),
  };
}
