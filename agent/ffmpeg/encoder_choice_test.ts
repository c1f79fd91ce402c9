import assert from "node:assert/strict";
import { ffmpeg } from "../../test/fakes/ffmpeg.ts";
import { FakeRuntime } from "../../test/fakes/runtime.ts";
import type { FakeProgram } from "../../test/fakes/process.ts";
import { test } from "../../test/harness.ts";
import { ms } from "../media/time.ts";
import type { EncoderJob, VideoSettings } from "../plugin/source.ts";
import { chooseEncoder } from "./encoder_choice.ts";

const AUTO: VideoSettings = { encoder: "auto" };

const JOB: EncoderJob = {
  input: ["-i", "camera"],
  size: { width: 640, height: 480 },
  fps: 5,
  time: "now",
};

const DEVICE = "/sys/class/video4linux/video11/name";

/** A Raspberry Pi up to 4, whose FFmpeg does this when it is tried. */
function raspberryPi(
  program: FakeProgram,
  name = "bcm2835-codec-encode\n",
): FakeRuntime {
  const runtime = new FakeRuntime();
  const content = new TextEncoder().encode(name);
  runtime.files.paths.set(DEVICE, { kind: "file", content });
  runtime.processes.programs.set("ffmpeg", program);
  return runtime;
}

/** Codes five pictures, a second of them. */
const works: FakeProgram = (child) => {
  ffmpeg(child);
  child.exit(0);
};

async function choose(
  runtime: FakeRuntime,
  job: EncoderJob = JOB,
  video: VideoSettings = AUTO,
) {
  const said: string[] = [];
  const log = { info: (line: string) => void said.push(line), warn() {} };
  const { signal } = new AbortController();
  const encoder = await chooseEncoder(job, video, { runtime, signal, log });
  return { encoder, said };
}

test("chooseEncoder() tries a Raspberry Pi's hardware, once", async () => {
  const runtime = raspberryPi(works);
  const { encoder, said } = await choose(runtime);
  assert.equal(encoder, "h264_v4l2m2m");
  assert.deepEqual(said, ["h264_v4l2m2m encodes"]);
  const [[, ...args]] = runtime.processes.started as [string[]];
  const line = args.join(" ");
  assert.match(line, /-t 1 -f lavfi -i testsrc2=size=640x480:rate=5 /);
  assert.match(line, /-c:v h264_v4l2m2m .* -maxrate \d+ -bufsize \d+ /);
  assert.match(line, /-f flv pipe:1$/);
  assert.deepEqual(await choose(runtime), { encoder, said: [] });
  assert.equal(runtime.processes.started.length, 1);
  const large = { ...JOB, size: { width: 1280, height: 720 } };
  assert.equal((await choose(runtime, large)).encoder, "h264_v4l2m2m");
  assert.equal(runtime.processes.started.length, 2);
  assert.deepEqual(runtime.open, []);
});

const FAILURES: Record<string, [program: FakeProgram, why: string]> = {
  "fails": [
    (child) => {
      child.stderr("[h264_v4l2m2m @ 0x55] Could not find a valid device");
      child.exit(1);
    },
    "fails: [h264_v4l2m2m @ 0x55] Could not find a valid device",
  ],
  "loses pictures": [
    (child) => child.exit(0),
    "loses pictures",
  ],
};

for (const [what, [program, why]] of Object.entries(FAILURES)) {
  test(`chooseEncoder() takes libx264 where the hardware ${what}`, async () => {
    assert.deepEqual(await choose(raspberryPi(program)), {
      encoder: "libx264",
      said: [`libx264 encodes: h264_v4l2m2m ${why}`],
    });
  });
}

test("chooseEncoder() takes libx264 where the hardware hangs", async () => {
  const runtime = raspberryPi(() => {});
  const choice = choose(runtime);
  await runtime.turn();
  await runtime.advance(ms(4000));
  assert.deepEqual(await choice, {
    encoder: "libx264",
    said: ["libx264 encodes: h264_v4l2m2m takes too long"],
  });
  assert.deepEqual(runtime.open, []);
});

test("chooseEncoder() tries nothing where there is no such hardware", async () => {
  for (const runtime of [new FakeRuntime(), raspberryPi(works, "pispbe")]) {
    assert.deepEqual(await choose(runtime), { encoder: "libx264", said: [] });
    assert.deepEqual(runtime.processes.started, []);
  }
});

const UNTRIED: Record<
  string,
  [job: Partial<EncoderJob>, video: Partial<VideoSettings>, encoder: string]
> = {
  "what the user wants": [{}, { encoder: "h264_vaapi" }, "h264_vaapi"],
  "libx264 to refresh part by part": [{}, { intraRefresh: true }, "libx264"],
  "libx264 beyond 1920x1080": [
    { size: { width: 2560, height: 1440 } },
    {},
    "libx264",
  ],
  "libx264 where nothing is encoded": [{ copy: true }, {}, "libx264"],
};

for (const [what, [job, video, encoder]] of Object.entries(UNTRIED)) {
  test(`chooseEncoder() takes ${what}`, async () => {
    const runtime = raspberryPi(works);
    const chosen = await choose(
      runtime,
      { ...JOB, ...job },
      { ...AUTO, ...video },
    );
    assert.deepEqual(chosen, { encoder, said: [] });
    assert.deepEqual(runtime.processes.started, []);
  });
}

test("chooseEncoder() asks again when it was broken off", async () => {
  const runtime = raspberryPi(() => {});
  const stop = new AbortController();
  const { signal } = stop;
  const choice = chooseEncoder(JOB, AUTO, { runtime, signal });
  await runtime.turn();
  stop.abort();
  await assert.rejects(choice, { name: "AbortError" });
  runtime.processes.programs.set("ffmpeg", works);
  assert.equal((await choose(runtime)).encoder, "h264_v4l2m2m");
});
