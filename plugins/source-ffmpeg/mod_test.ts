import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { EncoderJob, PathKind } from "../../mod.ts";
import { concat } from "../../agent/media/bytes.ts";
import { checkOptions } from "../../agent/plugin/options.ts";
import { runtime } from "../../agent/runtime/mod.ts";
import { declare } from "../../test/contract/declaration.ts";
import {
  type SourceCase,
  testSource,
} from "../../test/contract/source_contract.ts";
import { contextOf } from "../../test/contract/source_usage.ts";
import { type FakeInput, ffmpeg, ffprobe } from "../../test/fakes/ffmpeg.ts";
import { FakeRuntime } from "../../test/fakes/runtime.ts";
import { SAMPLE } from "../../test/h264_writer.ts";
import { test } from "../../test/harness.ts";
import * as sourceFfmpeg from "./mod.ts";

const plugin = declare(sourceFfmpeg, "source");

const H264: FakeInput = { codec: "h264", size: [1280, 720], rate: "50/2" };

/** A machine with one path, and an FFmpeg that finds `input` there. */
function machine(path: string, kind: PathKind, input: FakeInput): FakeRuntime {
  const runtime = new FakeRuntime();
  runtime.files.paths.set(path, { kind });
  runtime.processes.programs.set("ffmpeg", ffmpeg);
  runtime.processes.programs.set("ffprobe", ffprobe(input));
  return runtime;
}

/** A source on a fake machine whose FFmpeg ends as the test wants. */
function openCase(address: string, path: string, kind: PathKind): SourceCase {
  const runtime = machine(path, kind, H264);
  const exit = (code: number) => {
    for (const child of runtime.processes.running) child.exit(code);
  };
  return { address, runtime, finish: () => exit(0), break: () => exit(1) };
}

testSource(
  sourceFfmpeg,
  () => openCase("file:clip.mp4", "clip.mp4", "file"),
);

testSource(
  sourceFfmpeg,
  () => {
    const c = openCase("ffmpeg:/run/raw?format=rawvideo", "/run/raw", "fifo");
    // The writer closes the pipe.
    return { ...c, break: () => c.finish!() };
  },
  [{
    reason: "what writes to a pipe may come back",
    tests: ["resolves at the end of its input"],
  }],
  "source-ffmpeg with a pipe",
);

testSource(sourceFfmpeg, openRealCase, [], "source-ffmpeg with FFmpeg");

/** A file of a second, and FFmpeg. */
async function openRealCase(): Promise<SourceCase> {
  const folder = await mkdtemp(join(tmpdir(), "camagent-"));
  const clip = join(folder, "clip.h264");
  await writeFile(clip, concat(SAMPLE, SAMPLE, SAMPLE, SAMPLE, SAMPLE));
  let pid = 0;
  return {
    address: `file:${clip}`,
    runtime: {
      ...runtime,
      async spawn(options) {
        const child = await runtime.spawn(options);
        pid = child.pid;
        return child;
      },
    },
    finish() {},
    break: () => void process.kill(pid, "SIGKILL"),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

/** What the plugin asks of FFmpeg, and whether it warns of silence. */
async function ask(
  address: string,
  path: string,
  kind: PathKind,
  input: FakeInput = H264,
) {
  const { signal } = new AbortController();
  const runtime = machine(path, kind, input);
  const context = contextOf(plugin, address, runtime, signal);
  let asked: EncoderJob | undefined;
  let silent = false;
  const end = await plugin.run(() => {}, {
    ...context,
    expectSilence: () => silent = true,
    encode(job) {
      asked = job;
      return Promise.resolve();
    },
  }).catch((error) => error);
  const probed = runtime.processes.started.length > 0;
  return { job: asked!, silent, end, probed };
}

/** Copied or encoded, by what is there and what is wanted. */
const DECISIONS: Record<
  string,
  [query: string, input: FakeInput, copy: boolean]
> = {
  "copies H.264 as it is": ["", H264, true],
  "encodes H.264 with reordered pictures": [
    "",
    { ...H264, reordered: true },
    false,
  ],
  "encodes H.265": ["", { ...H264, codec: "hevc" }, false],
  "encodes H.264 for another size": ["?size=640x480", H264, false],
  "encodes H.264 for another rate": ["?fps=10", H264, false],
  "encodes H.264 for a bitrate": ["?bitrate=1M", H264, false],
  "encodes H.264 for a keyframe distance": ["?gop=10", H264, false],
  "encodes H.264 for an encoder": ["?encoder=libopenh264", H264, false],
};

for (const [what, [query, input, copy]] of Object.entries(DECISIONS)) {
  test(`source-ffmpeg ${what}`, async () => {
    const { job } = await ask(`file:clip${query}`, "clip", "file", input);
    assert.equal(job.copy, copy);
    assert.equal(job.time, copy ? "input" : "now");
    // Either FFmpeg keeps the pace when it reads, or the filter does.
    assert.equal(job.input.includes("-re"), copy);
    assert.equal(job.filters?.at(-1), "realtime");
  });
}

test("source-ffmpeg takes size and rate from the file", async () => {
  const { job, end } = await ask("file:clip", "clip", "file");
  assert.deepEqual([job.size, job.fps], [{ width: 1280, height: 720 }, 25]);
  assert.deepEqual(job.filters, ["realtime"]);
  assert.equal(end, undefined);
});

test("source-ffmpeg scales a file to the size and rate asked for", async () => {
  const { job } = await ask("file:clip?size=640x480&fps=10", "clip", "file");
  assert.deepEqual([job.size, job.fps], [{ width: 640, height: 480 }, 10]);
  assert.deepEqual(job.filters, ["fps=10", "scale=640:480", "realtime"]);
  assert.equal(job.input.includes("-video_size"), false);
});

test("source-ffmpeg assumes 25 pictures a second", async () => {
  const input = { ...H264, rate: "0/0" };
  const { job } = await ask("file:clip", "clip", "file", input);
  assert.equal(job.fps, 25);
});

test("source-ffmpeg begins a file anew", async () => {
  const { job } = await ask("file:clip?loop=true", "clip", "file");
  assert.deepEqual(job.input.slice(0, 2), ["-stream_loop", "-1"]);
});

test("source-ffmpeg takes raw frames for 640x480 at 30 a second", async () => {
  const raw = "/run/raw";
  const { job, probed, silent } = await ask(
    `ffmpeg:${raw}?format=rawvideo`,
    raw,
    "fifo",
  );
  assert.deepEqual([job.size, job.fps], [{ width: 640, height: 480 }, 30]);
  assert.deepEqual([job.copy, job.time, job.filters], [undefined, "now", []]);
  assert.deepEqual([probed, silent], [false, true]);
});

test("source-ffmpeg plays a file of raw frames in real time", async () => {
  const address =
    "file:raw?format=rawvideo&size=320x240&fps=5&pixelFormat=gray";
  const { job, end, silent } = await ask(address, "raw", "file");
  assert.deepEqual([job.size, job.fps], [{ width: 320, height: 240 }, 5]);
  assert.deepEqual(job.filters, ["realtime"]);
  assert.deepEqual([end, silent], [undefined, false]);
});

test("source-ffmpeg does not look into a pipe", async () => {
  const address = "ffmpeg:/run/cam?format=h264&size=1920x1080";
  const { job, probed, silent, end } = await ask(address, "/run/cam", "fifo");
  assert.deepEqual([probed, silent], [false, true]);
  assert.deepEqual(job.filters, ["scale=1920:1080"]);
  assert.deepEqual([job.size, job.fps], [{ width: 1920, height: 1080 }, 30]);
  assert.equal(end.failure, "ended");
});

test("source-ffmpeg asks a camera what it really delivers", async () => {
  const video = "/dev/video0";
  const address = `ffmpeg:${video}?format=v4l2&size=1000x700&fps=60`;
  const input = { ...H264, codec: "mjpeg", rate: "30/1" };
  const { job, end } = await ask(address, video, "device", input);
  assert.deepEqual([job.size, job.fps], [{ width: 1280, height: 720 }, 30]);
  assert.deepEqual(job.input, [
    ...["-f", "v4l2", "-video_size", "1000x700", "-framerate", "60"],
    ...["-i", video],
  ]);
  assert.deepEqual([job.copy, job.filters], [false, []]);
  assert.equal(end.message, `"${address}" ended`);
});

test("source-ffmpeg passes on a camera's H.264", async () => {
  const video = "/dev/video0";
  const address = `ffmpeg:${video}?format=v4l2&size=1280x720`;
  const { job } = await ask(address, video, "device");
  assert.deepEqual([job.copy, job.time], [true, "input"]);
});

test("source-ffmpeg paces what FFmpeg draws", async () => {
  const address = "ffmpeg:smptebars=s=64x48?format=lavfi";
  const drawn: FakeInput = { codec: "rawvideo", size: [64, 48], rate: "25/1" };
  const { job, end } = await ask(address, "", "file", drawn);
  assert.deepEqual(job.filters, ["realtime"]);
  assert.deepEqual(job.input, ["-f", "lavfi", "-i", "smptebars=s=64x48"]);
  assert.equal(end, undefined);
});

test("source-ffmpeg shows images at the rate asked for", async () => {
  const address = "ffmpeg:img%2503d.png?format=image2&fps=2";
  const { job, end } = await ask(address, "", "file", {
    ...H264,
    codec: "png",
  });
  assert.deepEqual(job.filters, ["realtime"]);
  assert.deepEqual(job.input, [
    ...["-f", "image2", "-framerate", "2"],
    ...["-protocol_whitelist", "file", "-i", "file:img%03d.png"],
  ]);
  assert.equal(end, undefined);
});

const UNSEEN = "what comes out of a pipe cannot be looked at first; add";

/** What cannot be opened, and how that is said. */
const REFUSALS: Record<
  string,
  [kind: PathKind | undefined, why: string, exitCode: number]
> = {
  "file:": [undefined, "it names no file", 64],
  "file:clip": [undefined, "no such file", 66],
  "file:/srv": ["folder", "it is a folder", 66],
  "file:/run/s": ["socket", "it is a socket", 66],
  "ffmpeg:/dev/video0": [
    "device",
    "it is a device; say which with ?format=, such as v4l2",
    64,
  ],
  "ffmpeg:/dev/video9?format=v4l2": [undefined, "no such file", 66],
  "ffmpeg:/run/f": ["fifo", `${UNSEEN} ?format=, such as h264`, 64],
  "ffmpeg:/run/f?format=h264": [
    "fifo",
    `${UNSEEN} ?size=, such as 640x480`,
    64,
  ],
  "ffmpeg:/run/f?format=rawvideo&loop=true": [
    "fifo",
    "only files can begin anew (?loop=true)",
    64,
  ],
  "ffmpeg:smptebars?format=lavfi&loop=true": [
    undefined,
    "only files can begin anew (?loop=true)",
    64,
  ],
};

for (const [address, [kind, why, exitCode]] of Object.entries(REFUSALS)) {
  test(`source-ffmpeg refuses ${address} (${kind ?? "nothing there"})`, async () => {
    const path = address.replace(/^\w+:|\?.*/g, "");
    const runtime = new FakeRuntime();
    if (kind) runtime.files.paths.set(path, { kind });
    const { signal } = new AbortController();
    const context = contextOf(plugin, address, runtime, signal);
    await assert.rejects(plugin.run(() => {}, context), {
      name: "ConfigError",
      message: `Cannot open "${address}": ${why}`,
      exitCode,
    });
  });
}

test("source-ffmpeg says so where it may not read", async () => {
  const runtime = new FakeRuntime();
  runtime.files.paths.set("clip", { kind: "file", locked: true });
  const { signal } = new AbortController();
  const context = contextOf(plugin, "file:clip", runtime, signal);
  await assert.rejects(plugin.run(() => {}, context), {
    name: "ConfigError",
    exitCode: 77,
  });
});

for (
  const [query, why] of Object.entries({
    "format=mp4": 'option "format" is "mp4", expected one of rawvideo, v4l2, ' +
      "lavfi, x11grab, image2, h264, hevc, mjpeg, mpegts, matroska, flv",
    "pixelFormat=yuv 420":
      'option "pixelFormat" is "yuv 420", expected such as yuv420p',
    "loop=yes": 'option "loop" is "yes", expected true or false',
  })
) {
  test(`source-ffmpeg refuses ?${query}`, () => {
    const options = Object.fromEntries([query.split("=")]);
    assert.throws(
      () => checkOptions(plugin.options, options, { redacted: "file:" }),
      { name: "ConfigError", message: `Cannot use "file:": ${why}` },
    );
  });
}
