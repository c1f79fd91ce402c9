import assert from "node:assert/strict";
import { FakeRuntime } from "../../test/fakes/runtime.ts";
import { test } from "../../test/harness.ts";
import type { DecoderOutput } from "../ffmpeg/decoder_args.ts";
import { SpareDecoder } from "./spare_decoder.ts";

const RGB: DecoderOutput = { pixelFormat: "rgb24", untagged: "bt601" };
const GRAY: DecoderOutput = { ...RGB, pixelFormat: "gray" };

function setUp() {
  const runtime = new FakeRuntime();
  runtime.processes.programs.set("ffmpeg", () => {});
  const spare = new SpareDecoder(runtime);
  return {
    runtime,
    spare,
    started: () => runtime.processes.started.length,
    running: () => runtime.processes.running.size,
    async [Symbol.asyncDispose]() {
      await spare[Symbol.asyncDispose]();
      assert.deepEqual(runtime.open, []);
    },
  };
}

test("SpareDecoder has one decoder wait, however often it is asked", async () => {
  await using t = setUp();
  assert.equal(t.spare.isReady, false);
  for (let i = 0; i < 3; i++) t.spare.prepare({ ...RGB });
  await t.runtime.advance(0);
  assert.equal(t.spare.isReady, true);
  assert.equal(t.started(), 1);
});

test("SpareDecoder hands its decoder over, once", async () => {
  await using t = setUp();
  t.spare.prepare(RGB);
  await using decoder = await t.spare.take({ ...RGB });
  assert.ok(decoder);
  assert.equal(t.spare.isReady, false);
  assert.equal(await t.spare.take(RGB), undefined);
  await t.spare[Symbol.asyncDispose]();
  assert.equal(t.running(), 1);
});

test("SpareDecoder ends a decoder that does something else", async () => {
  await using t = setUp();
  t.spare.prepare(RGB);
  await t.runtime.advance(0);
  assert.equal(await t.spare.take(GRAY), undefined);
  await t.runtime.advance(0);
  assert.equal(t.running(), 0);
  t.spare.prepare(RGB);
  t.spare.prepare(GRAY);
  await t.runtime.advance(0);
  assert.equal(t.running(), 1);
  await using decoder = await t.spare.take(GRAY);
  assert.ok(decoder);
});

test("SpareDecoder waits before it has another one that died", async () => {
  await using t = setUp();
  t.spare.prepare(RGB);
  await t.runtime.advance(0);
  const [child] = t.runtime.processes.running;
  child!.exit(1);
  await t.runtime.advance(0);
  assert.equal(t.spare.isReady, false);
  await t.runtime.advance(4999);
  t.spare.prepare(RGB);
  assert.equal(t.started(), 1);
  await t.runtime.advance(1);
  t.spare.prepare(RGB);
  await t.runtime.advance(0);
  assert.equal(t.started(), 2);
  assert.equal(t.spare.isReady, true);
});

test("SpareDecoder is quiet where FFmpeg cannot be started", async () => {
  await using t = setUp();
  t.runtime.processes.programs.clear();
  t.spare.prepare(RGB);
  assert.equal(await t.spare.take(RGB), undefined);
  t.spare.prepare(RGB);
  await t.runtime.advance(0);
  assert.equal(t.spare.isReady, false);
});

test("SpareDecoder ends what it has just had started", async () => {
  const t = setUp();
  t.spare.prepare(RGB);
  await t[Symbol.asyncDispose]();
  assert.equal(t.running(), 0);
  t.spare.prepare(RGB);
  await t.runtime.advance(0);
  assert.equal(t.running(), 0);
});
