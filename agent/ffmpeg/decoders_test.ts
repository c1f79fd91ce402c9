import assert from "node:assert/strict";
import { listingFfmpeg } from "../../test/fakes/ffmpeg_lists.ts";
import { fakeMachine } from "../../test/fakes/machine.ts";
import { FakeRuntime } from "../../test/fakes/runtime.ts";
import { test } from "../../test/harness.ts";
import { methodName } from "./decoder_method.ts";
import { Decoders } from "./decoders.ts";

const { signal } = new AbortController();

/** A machine without any decoder that works. */
function setUp(...devices: string[]) {
  const runtime = new FakeRuntime();
  const crash = listingFfmpeg((child) => {
    child.stderr("[h264 @ 0x55] Could not find a valid device");
    child.exit(1);
  });
  runtime.processes.programs.set("ffmpeg", crash);
  const machine = fakeMachine(...devices);
  const decoders = new Decoders({ runtime, ...machine });
  const tried = () =>
    runtime.processes.started.filter((words) => words.includes("pipe:0"));
  return { runtime, machine, decoders, tried };
}

test("Decoders.find tells hardware from decoders", async () => {
  const { decoders } = setUp();
  const vaapi = await decoders.find("vaapi", signal);
  assert.deepEqual(vaapi.method, { hwaccel: "vaapi" });
  assert.equal(await vaapi.decodes("h264"), true);
  assert.equal(await vaapi.decodes("vp9"), false);

  const vdpau = await decoders.find("vdpau", signal);
  assert.equal(await vdpau.decodes("h264"), false);
  assert.equal(await vdpau.decodes("hevc"), true);

  const m2m = await decoders.find("h264_v4l2m2m", signal);
  assert.deepEqual(m2m.method, { decoder: "h264_v4l2m2m" });
  assert.equal(await m2m.decodes("h264"), true);
  assert.equal(await m2m.decodes("hevc"), false);

  const dav1d = await decoders.find("libdav1d", signal);
  assert.equal(await dav1d.decodes("av1"), true);
});

const WRONG_NAMES: [name: string, hint: string][] = [
  ["vapi", ' (did you mean "vaapi"?)'],
  ["h264_v4l2", ' (did you mean "h264_v4l2m2m"?)'],
  ["softwar", ' (did you mean "software"?)'],
  ["nonsense", ""],
];

for (const [name, hint] of WRONG_NAMES) {
  test(`Decoders.find refuses "${name}" in one line`, async () => {
    await assert.rejects(setUp().decoders.find(name, signal), {
      name: "ConfigError",
      exitCode: 64,
      message: `Cannot decode: FFmpeg has no decoder "${name}"${hint}; ` +
        '"camagent decoders" lists what works',
    });
  });
}

test("Decoders.candidates lists software first, and each way once", async () => {
  const { decoders } = setUp();
  const names = async (codec: "h264" | "hevc" | "mjpeg") =>
    (await decoders.candidates(codec, signal)).map(methodName);
  assert.deepEqual(await names("h264"), ["software", "vaapi", "h264_v4l2m2m"]);
  assert.deepEqual(await names("hevc"), ["software", "vaapi", "vdpau"]);
  assert.deepEqual(await names("mjpeg"), ["software"]);
});

test("Decoders.measure tells why one does not work", async () => {
  const { decoders, runtime } = setUp();
  const method = { hwaccel: "vaapi" };
  assert.deepEqual(await decoders.measure("h264", method, signal), {
    codec: "h264",
    method,
    result: { works: false, why: "h264: Could not find a valid device" },
  });
  assert.deepEqual(runtime.open, []);
});

test("Decoders.survey asks nobody where there is no device", async () => {
  const { decoders, runtime } = setUp();
  assert.deepEqual(await decoders.survey("h264", signal), []);
  assert.deepEqual(runtime.processes.started, []);
});

test("Decoders.survey tries software and what there are devices for, once", async () => {
  const { decoders, runtime, machine, tried } = setUp("video10");
  const verdicts = await decoders.survey("h264", signal);
  const names = verdicts.map(({ method }) => methodName(method));
  assert.deepEqual(names, ["software", "h264_v4l2m2m"]);
  assert.equal(tried().length, 2);
  // The next run knows it.
  const next = new Decoders({ runtime, ...machine });
  for (const later of [decoders, next]) {
    assert.deepEqual(await later.survey("h264", signal), []);
  }
  assert.equal(tried().length, 2);
  assert.equal((await next.survey("hevc", signal)).length, 1);
  assert.deepEqual(runtime.open, []);
});
