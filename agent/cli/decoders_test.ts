import assert from "node:assert/strict";
import { FakeProgram } from "../../test/fakes/cli.ts";
import { listingFfmpeg } from "../../test/fakes/ffmpeg_lists.ts";
import { fakeMachine } from "../../test/fakes/machine.ts";
import { FakeRuntime } from "../../test/fakes/runtime.ts";
import { test } from "../../test/harness.ts";
import { Decoders } from "../ffmpeg/decoders.ts";

/** A program on a machine whose FFmpeg has no decoder that works. */
function setUp() {
  const runtime = new FakeRuntime();
  runtime.processes.programs.set(
    "ffmpeg",
    listingFfmpeg((child) => {
      child.stderr("[h264 @ 0x55] Could not find a valid device");
      child.exit(1);
    }),
  );
  const machine = fakeMachine();
  const decoders = new Decoders({ runtime, ...machine });
  return { program: new FakeProgram({ decoders }), machine };
}

test("camagent decoders lists every way to decode, and why it does not work", async () => {
  const { program, machine } = setUp();
  const { code, stdout, stderr } = await program.run("decoders");
  const [head, ...rows] = stdout.split("\n").slice(0, 8)
    .map((line) => line.split(/ {2,}/));
  assert.deepEqual([code, stderr], [0, ""]);
  assert.deepEqual(
    head,
    ["CODEC", "DECODER", "WORKS", "HELD", "MS/PICTURE", "CPU MS"],
  );
  assert.deepEqual(
    rows.map(([codec, decoder]) => `${codec} ${decoder}`),
    [
      "h264 software",
      "h264 vaapi",
      "h264 h264_v4l2m2m",
      "hevc software",
      "hevc vaapi",
      "hevc vdpau",
      "mjpeg software",
    ],
  );
  assert.deepEqual(rows[0]!.slice(2), [
    "no",
    "h264: Could not find a valid device",
  ]);
  // What was found is kept for recv.
  assert.equal(JSON.parse(machine.cache.text!).verdicts.length, 7);
});

test("camagent decoders --json describes one decoder per line", async () => {
  const { stdout } = await setUp().program.run("decoders", "--json");
  const lines = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.equal(lines.length, 7);
  assert.deepEqual(lines[1], {
    schema: 1,
    type: "decoder",
    codec: "h264",
    decoder: "vaapi",
    works: false,
    why: "h264: Could not find a valid device",
  });
});

test("camagent decoders takes no arguments", async () => {
  const { code, stderr } = await setUp().program.run("decoders", "h264");
  assert.equal(code, 64);
  assert.match(stderr, /"camagent decoders": it takes no "h264"\n$/);
});
