import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { concat } from "../../agent/media/bytes.ts";
import { packedFormat } from "../../agent/media/frame.ts";
import { runtime } from "../../agent/runtime/mod.ts";
import { declare } from "../../test/contract/declaration.ts";
import { paddedFormat } from "../../test/contract/frames.ts";
import { type SinkCase, testSink } from "../../test/contract/sink_contract.ts";
import { SinkUsage } from "../../test/contract/sink_usage.ts";
import type { FakeFifoReader } from "../../test/fakes/fifo.ts";
import { FakeRuntime } from "../../test/fakes/runtime.ts";
import { test } from "../../test/harness.ts";
import * as sinkOpencvPipe from "./mod.ts";

const PATH = "/run/cam";
const FORMAT = paddedFormat(5, 3, "gray");
const plugin = declare(sinkOpencvPipe, "sink");

function openCase() {
  const runtime = new FakeRuntime();
  let reader: FakeFifoReader | undefined;
  return {
    address: `pipe:${PATH}`,
    runtime,
    attach: () => reader = runtime.fifos.read(PATH),
    received: () => reader!.received,
    leave: () => reader!.close(),
    stall: () => reader!.eager = false,
  };
}

testSink(sinkOpencvPipe, openCase);

testSink(sinkOpencvPipe, openRealCase, [], "sink-opencv-pipe before cat(1)");

/** A FIFO of the system, and a program that reads it. */
async function openRealCase(): Promise<SinkCase> {
  const folder = await mkdtemp(join(tmpdir(), "camagent-"));
  const path = join(folder, "cam");
  const readers: { pid: number; gone: Promise<unknown> }[] = [];
  const chunks: Uint8Array[] = [];
  const leave = async () => {
    for (const { pid, gone } of readers.splice(0)) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It ended with the pipe.
      }
      await gone;
    }
  };
  return {
    address: `pipe:${path}`,
    runtime,
    attach() {
      const reader = spawn("cat", [path], {
        stdio: ["ignore", "pipe", "ignore"],
      });
      reader.stdout.on("data", (chunk: Uint8Array) => chunks.push(chunk));
      readers.push({ pid: reader.pid!, gone: once(reader, "close") });
    },
    received: () => concat(...chunks),
    leave,
    stall: () => {
      for (const { pid } of readers) process.kill(pid, "SIGSTOP");
    },
    async [Symbol.asyncDispose]() {
      await leave();
      await rm(folder, { recursive: true });
    },
  };
}

/** A sink that is open, and has no reader yet. */
async function openSink(format = FORMAT) {
  const runtime = new FakeRuntime();
  const received = () => new Uint8Array();
  const c = { address: `pipe:${PATH}`, runtime, received };
  const usage = await SinkUsage.begin(plugin, c);
  await usage.open(format);
  return { runtime, usage };
}

test("sink-opencv-pipe skips frames while nobody reads", async () => {
  const { usage } = await openSink();
  assert.equal(await usage.write(FORMAT), "skipped");
  await usage[Symbol.asyncDispose]();
});

test("sink-opencv-pipe makes the pipe before there is a stream", async () => {
  const runtime = new FakeRuntime();
  const c = { address: `pipe:${PATH}`, runtime, received: () => PATH as never };
  await using _ = await SinkUsage.begin(plugin, c);
  assert.equal(runtime.files.paths.get(PATH)?.kind, "fifo");
  assert.equal(runtime.files.text(`${PATH}.json`), undefined);
});

test("sink-opencv-pipe describes its frames in a file beside it", async () => {
  const { runtime, usage } = await openSink(paddedFormat(640, 480, "bgr24"));
  const { width, height, stride, frameBytes } = JSON.parse(
    runtime.files.text(`${PATH}.json`)!,
  );
  assert.deepEqual([width, height, stride, frameBytes], [
    640,
    480,
    1920,
    921600,
  ]);
  await usage[Symbol.asyncDispose]();
  assert.deepEqual([...runtime.files.paths], []);
});

test("sink-opencv-pipe lets read the file whoever may read the pipe", async () => {
  for (const [pipe, file] of [[0o600, 0o600], [0o660, 0o640], [0o644, 0o644]]) {
    const runtime = new FakeRuntime();
    runtime.files.paths.set(PATH, { kind: "fifo", mode: pipe! });
    const received = () => new Uint8Array();
    const c = { address: `pipe:${PATH}`, runtime, received };
    await using usage = await SinkUsage.begin(plugin, c);
    await usage.open(FORMAT);
    assert.equal(runtime.files.paths.get(`${PATH}.json`)?.mode, file);
  }
});

test("sink-opencv-pipe gives every reader every frame", async () => {
  const { runtime, usage } = await openSink();
  const readers = [1, 2, 3].map(() => runtime.fifos.read(PATH)!);
  for (let i = 0; i < 3; i++) await usage.write(FORMAT);
  // One reader is taken at each frame.
  assert.deepEqual(readers.map(({ received }) => received.length), [
    45,
    30,
    15,
  ]);
  await usage[Symbol.asyncDispose]();
});

test("sink-opencv-pipe lets a slow reader hold up nobody", async () => {
  const format = packedFormat(100, 10, "gray");
  const { runtime, usage } = await openSink(format);
  const quick = runtime.fifos.read(PATH)!;
  await usage.write(format);
  const slow = runtime.fifos.read(PATH, { eager: false })!;
  await usage.write(format);
  slow.read(500);
  const begin = runtime.now();
  for (let i = 0; i < 10; i++) await usage.write(format);
  assert.equal(quick.received.length, 12 * 1000);
  assert.equal(slow.pending, 500);
  assert.equal(runtime.now(), begin);
  slow.read();
  await usage.write(format);
  assert.equal(slow.pending, 1000);
  await usage[Symbol.asyncDispose]();
});

test("sink-opencv-pipe bounds the pipe by a frame and by 1 MiB", async () => {
  for (
    const [format, capacity] of [
      [packedFormat(100, 10, "gray"), 1000],
      [packedFormat(1920, 1080, "bgr24"), 1 << 20],
    ] as const
  ) {
    const { runtime, usage } = await openSink(format);
    const reader = runtime.fifos.read(PATH)!;
    await usage.write(format);
    assert.equal(reader.capacity, capacity);
    await usage[Symbol.asyncDispose]();
  }
});

test("sink-opencv-pipe forgets a reader that left", async () => {
  const { runtime, usage } = await openSink();
  const reader = runtime.fifos.read(PATH)!;
  await usage.write(FORMAT);
  assert.ok(runtime.open.includes(`writer of FIFO ${PATH}`));
  reader.close();
  assert.equal(await usage.write(FORMAT), "skipped");
  assert.deepEqual(runtime.open, [`FIFO ${PATH}`]);
  await usage[Symbol.asyncDispose]();
});

test("sink-opencv-pipe finishes the frame it is at before it closes", async () => {
  const format = packedFormat(100, 10, "gray");
  const { runtime, usage } = await openSink(format);
  const reader = runtime.fifos.read(PATH, { eager: false })!;
  const begin = runtime.now();
  // The whole frame fits; of a pipe half as large the rest has to wait.
  const push = reader.push.bind(reader);
  reader.push = (bytes) => {
    reader.capacity = 500;
    return push(bytes);
  };
  await usage.write(format);
  const closing = usage[Symbol.asyncDispose]();
  reader.read();
  await closing;
  assert.equal(reader.pending, 500);
  assert.ok(runtime.now() - begin < 200);
});

test("sink-opencv-pipe refuses an address without a path", async () => {
  const c = {
    address: "pipe:",
    runtime: new FakeRuntime(),
    received: () => new Uint8Array(),
  };
  await assert.rejects(SinkUsage.begin(plugin, c), {
    name: "ConfigError",
    message: 'Cannot open "pipe:": it names no FIFO, such as pipe:/tmp/camera',
  });
});
