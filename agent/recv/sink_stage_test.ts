import assert from "node:assert/strict";
import {
  FakeIngest,
  FakeSink,
  keeps,
  recvOptions,
  type SinkPart,
} from "../../test/fakes/recv_pipeline.ts";
import { test } from "../../test/harness.ts";
import { ConfigError, StreamError } from "../errors.ts";
import { frameBytes, type FrameFormat, packedFormat } from "../media/frame.ts";
import { ms } from "../media/time.ts";
import type { PluginContext } from "../plugin/context.ts";
import type { FrameRing } from "./frame_ring.ts";
import { FrameStream } from "./frame_stream.ts";
import { SinkStage } from "./sink_stage.ts";
import type { AgeStatus } from "./status.ts";

const SMALL = packedFormat(2, 1, "rgb24");
const LARGE = packedFormat(4, 2, "rgb24");

function setUp(part: SinkPart) {
  const base = recvOptions(() => new FakeIngest().open(), [part]);
  const { runtime, stop } = base;
  const stage = new SinkStage(base.options, base.options.sinks[0]!);
  const stream = new FrameStream(1, (error) => assert.fail(`${error}`));
  let sequence = 0;
  /** A frame comes out of the decoder, and is taken by whoever waits. */
  const decode = async (
    ring: FrameRing,
    age = 0,
    since: AgeStatus["since"] = "capture",
  ) => {
    const slot = ring.acquire();
    slot.data.fill(++sequence);
    const now = runtime.now();
    ring.publish(slot, {
      data: slot.data,
      sequence,
      receivedAt: now,
      decodedAt: now,
      keyframe: false,
      damaged: false,
      origin: { at: ms(now - age), since },
    });
    await runtime.turn();
  };
  const begin = async (format: FrameFormat) => {
    const ring = await stream.begin(format);
    await runtime.turn();
    return ring;
  };
  const run = () => stage.run(stream, stop.signal);
  const end = async (running: Promise<void>) => {
    stop.abort();
    await running;
    await stream.close();
    assert.deepEqual(runtime.open, []);
  };
  return { ...base, stage, stream, decode, begin, run, end };
}

test("SinkStage knows what its address asks for", () => {
  const { stage } = setUp({ query: "pixelFormat=gray&size=32x16&fps=5" });
  const size = { width: 32, height: 16 };
  assert.deepEqual(stage.wanted, { pixelFormat: "gray", size, fps: 5 });
  const { wanted } = setUp({}).stage;
  assert.equal(wanted.pixelFormat, "rgb24");
});

test("SinkStage refuses a pixel format that the sink does not take", () => {
  assert.throws(
    () => setUp({ query: "pixelFormat=nv12" }),
    new ConfigError(
      'Cannot use "sink:0?pixelFormat=nv12": sink-fake takes ' +
        "rgb24, gray, not nv12",
    ),
  );
});

test("SinkStage writes frames, and tells how old they are", async () => {
  const opened: [FrameFormat, FakeSink][] = [];
  const t = setUp(keeps(opened));
  const running = t.run();
  const ring = await t.begin(SMALL);
  await t.decode(ring, 70, "arrival");
  for (const age of [10, 30, 20]) await t.decode(ring, age);
  const [format, sink] = opened[0]!;
  assert.equal(format, SMALL);
  assert.deepEqual(sink.frames.map(({ sequence }) => sequence), [1, 2, 3, 4]);
  assert.deepEqual([...sink.frames[3]!.data], Array(6).fill(4));
  const { supervisor, ...status } = t.stage.status();
  assert.equal(supervisor.state, "running");
  assert.deepEqual(status, {
    address: "sink:0?",
    written: 4,
    dropped: 0,
    fps: 8,
    age: { since: "capture", p50: 20, p95: 30 },
  });
  await t.end(running);
  assert.equal(sink.disposed, 1);
});

test("SinkStage opens the sink anew for another format", async () => {
  const opened: [FrameFormat, FakeSink][] = [];
  const t = setUp(keeps(opened));
  const running = t.run();
  const first = await t.begin(SMALL);
  await t.decode(first);
  const second = await t.begin(LARGE);
  await t.decode(second);
  assert.deepEqual(opened.map(([format]) => format), [SMALL, LARGE]);
  assert.deepEqual(opened.map(([, { disposed }]) => disposed), [1, 0]);
  assert.equal(t.stage.status().written, 2);
  assert.equal(t.stage.status().supervisor.restarts, 0);
  await t.end(running);
});

test("SinkStage accounts for every frame", async () => {
  let done = Promise.withResolvers<"skipped" | void>();
  const t = setUp({
    open: () => ({
      write: () => done.promise,
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }),
  });
  const running = t.run();
  const ring = await t.begin(SMALL);
  const counts = () => {
    const { written, dropped } = t.stage.status();
    return [written, dropped];
  };
  for (let i = 0; i < 4; i++) await t.decode(ring);
  assert.deepEqual(counts(), [0, 2]);
  const finish = async (result: "skipped" | void) => {
    const { resolve } = done;
    done = Promise.withResolvers();
    resolve(result);
    await t.runtime.turn();
  };
  await finish();
  assert.deepEqual(counts(), [1, 2]);
  await finish("skipped");
  assert.deepEqual(counts(), [1, 3]);
  await t.decode(ring);
  await t.decode(ring);
  done.reject(new StreamError("lost", "The disk is full"));
  done = Promise.withResolvers();
  await t.runtime.turn();
  assert.deepEqual(counts(), [1, 5]);
  assert.deepEqual(t.stage.status().supervisor.failures, { lost: 1 });
  await t.end(running);
});

test("SinkStage ends with a sink whose reader is gone for good", async () => {
  const t = setUp({
    open: () => ({
      write: () => Promise.reject(new StreamError("ended", "Its reader left")),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }),
  });
  const running = t.run();
  await t.decode(await t.begin(SMALL));
  await running;
  assert.equal(t.stage.status().supervisor.state, "stopped");
  await t.stream.close();
});

test("SinkStage opens a sink that failed again, in the same ring", async () => {
  let attempts = 0;
  const sink = new FakeSink();
  const t = setUp({
    open() {
      if (++attempts === 1) throw new StreamError("lost", "No memory");
      return sink;
    },
  });
  const running = t.run();
  const ring = await t.begin(SMALL);
  await t.runtime.advance(400);
  await t.decode(ring);
  assert.equal(sink.frames.length, 1);
  await t.end(running);
});

test("SinkStage prepares before there is a stream, and waits", async () => {
  let [prepared, disposed] = [0, 0];
  const t = setUp({
    prepare() {
      prepared++;
      return {
        [Symbol.asyncDispose]: () => Promise.resolve(void disposed++),
      };
    },
  });
  const running = t.run();
  await t.runtime.advance(60_000);
  assert.deepEqual(t.stage.status().supervisor.state, "starting");
  assert.equal(t.stage.status().age, undefined);
  await t.end(running);
  assert.deepEqual([prepared, disposed], [1, 1]);
});

test("SinkStage fails at once on what only the user can mend", async () => {
  const t = setUp({
    prepare: () => Promise.reject(new ConfigError("No folder")),
  });
  await assert.rejects(t.run(), { message: "No folder" });
});

test("SinkStage.run() ends though a reader has stopped reading", async () => {
  const stuck = Promise.withResolvers<void>();
  let [slot, disposed] = [new Uint8Array(), false];
  const t = setUp({
    open: () => ({
      write({ data }) {
        slot = data;
        return stuck.promise;
      },
      [Symbol.asyncDispose]: () => Promise.resolve(void (disposed = true)),
    }),
  });
  const running = t.run();
  const ring = await t.begin(SMALL);
  await t.decode(ring);
  t.stop.abort();
  await running;
  assert.equal(disposed, true);
  // It may still be reading: its slot is not lent again.
  const lent = [ring.acquire().data, ring.acquire().data];
  assert.ok(!lent.includes(slot as Uint8Array<ArrayBuffer>));
  assert.throws(() => ring.acquire(), RangeError);
  stuck.resolve();
  await t.runtime.turn();
  assert.equal(ring.acquire().data, slot);
});

test("SinkStage gives a sink one context for memory and frames", async () => {
  const contexts: PluginContext<unknown>[] = [];
  const t = setUp({
    allocate(format, slots, context) {
      contexts.push(context);
      const bytes = frameBytes(format);
      return {
        slots: Array.from({ length: slots }, () => new Uint8Array(bytes)),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      };
    },
    open(_, context) {
      contexts.push(context);
      return new FakeSink();
    },
  });
  const running = t.run();
  await t.begin(SMALL);
  assert.equal(contexts.length, 2);
  assert.equal(contexts[0], contexts[1]);
  await t.end(running);
});
