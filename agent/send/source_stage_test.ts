import assert from "node:assert/strict";
import { aborted } from "../../test/fakes/pipeline.ts";
import {
  numberOf,
  picture,
  sendOptions,
} from "../../test/fakes/send_pipeline.ts";
import { test } from "../../test/harness.ts";
import { ConfigError, ProcessError, StreamError } from "../errors.ts";
import type { AccessUnit } from "../media/access_unit.ts";
import { ms } from "../media/time.ts";
import type { SourcePlugin } from "../plugin/source.ts";
import { SourceStage } from "./source_stage.ts";

function setUp(run: SourcePlugin["run"], query?: string) {
  const base = sendOptions({ run, ...(query !== undefined && { query }) });
  const taken: AccessUnit[] = [];
  const viewer = Promise.withResolvers<void>();
  let interrupts = 0;
  const stage = new SourceStage(base.options, {
    onUnit: (unit) => void taken.push(unit),
    onInterrupt: () => void interrupts++,
    viewers: () => [],
    wanted: () => viewer.promise,
  });
  const state = () => stage.status().supervisor.state;
  return { ...base, stage, taken, viewer, state, interrupts: () => interrupts };
}

test("SourceStage hands on what the source emits, and counts it", async () => {
  const t = setUp((emit) => {
    for (const n of [1, 2, 3]) emit(picture(n, n === 1));
    return Promise.resolve();
  });
  await t.stage.run(t.stop.signal);
  assert.deepEqual(t.taken.map(numberOf), [1, 2, 3]);
  const { units, address, fps, bitsPerSecond } = t.stage.status();
  assert.equal(units, 3);
  assert.equal(address, "fake:?stamp=false");
  assert.equal(bitsPerSecond, fps * 7 * 8);
  assert.equal(t.interrupts(), 0);
  assert.equal(t.state(), "stopped");
});

test("SourceStage starts a source that throws again", async () => {
  let attempts = 0;
  const t = setUp((emit) => {
    emit(picture(++attempts, true));
    if (attempts < 3) throw new StreamError("lost", "The camera is gone");
    return Promise.resolve();
  });
  const running = t.stage.run(t.stop.signal);
  await t.runtime.advance(2000);
  await running;
  assert.deepEqual(t.taken.map(numberOf), [1, 2, 3]);
  assert.equal(t.interrupts(), 2);
  assert.deepEqual(t.stage.status().supervisor.failures, { lost: 2 });
});

test("SourceStage gives up on what only the user can mend", async () => {
  const t = setUp(() => Promise.reject(new ConfigError("No such camera")));
  await assert.rejects(t.stage.run(t.stop.signal), { name: "ConfigError" });
  assert.equal(t.state(), "failed");
});

test("SourceStage retries a ConfigError once pictures have come", async () => {
  let attempts = 0;
  const t = setUp((emit) => {
    emit(picture(1, true));
    if (++attempts === 2) return Promise.resolve();
    return Promise.reject(new ConfigError("Unplugged"));
  });
  const running = t.stage.run(t.stop.signal);
  await t.runtime.advance(1000);
  await running;
  assert.equal(attempts, 2);
});

test("SourceStage restarts a source that falls silent", async () => {
  const t = setUp((emit, { signal }) => {
    emit(picture(1, true));
    return aborted(signal);
  });
  const running = t.stage.run(t.stop.signal);
  await t.runtime.advance(1900);
  assert.equal(t.state(), "running");
  await t.runtime.advance(600);
  assert.deepEqual(t.stage.status().supervisor.failures, { stalled: 1 });
  t.stop.abort();
  await running;
  assert.deepEqual(t.runtime.open, []);
});

test("SourceStage lets keyframes be far apart", async () => {
  const t = setUp(async (emit, { signal, runtime }) => {
    emit(picture(1, true));
    await runtime.sleep(ms(1900), signal);
    emit(picture(2, true));
    await aborted(signal);
  });
  const running = t.stage.run(t.stop.signal);
  await t.runtime.advance(1900 + 3700);
  assert.deepEqual(t.stage.status().supervisor.failures, {});
  await t.runtime.advance(700);
  assert.deepEqual(t.stage.status().supervisor.failures, { stalled: 1 });
  t.stop.abort();
  await running;
});

test("SourceStage lets a patient source be silent", async () => {
  const t = setUp((emit, { signal, expectSilence }) => {
    expectSilence();
    emit(picture(1, true));
    return aborted(signal);
  });
  const running = t.stage.run(t.stop.signal);
  await t.runtime.advance(60_000);
  assert.equal(t.state(), "running");
  t.stop.abort();
  await running;
});

test("SourceStage does not count the wait for a viewer as silence", async () => {
  let started = 0;
  const t = setUp(async (emit, { signal, runtime }) => {
    started++;
    await runtime.sleep(ms(9000), signal);
    emit(picture(1, true));
  }, "start=first-viewer");
  const running = t.stage.run(t.stop.signal);
  await t.runtime.advance(60_000);
  assert.equal(started, 0);
  t.viewer.resolve();
  await t.runtime.advance(9000);
  await running;
  assert.deepEqual(t.taken.map(numberOf), [1]);
  assert.equal(started, 1);
});

test("SourceStage ignores what a source emits after its end", async () => {
  let late = () => {};
  const t = setUp((emit) => {
    late = () => emit(picture(9, true));
    return Promise.resolve();
  });
  await t.stage.run(t.stop.signal);
  late();
  assert.deepEqual(t.taken, []);
  assert.equal(t.stage.status().units, 0);
});

test("SourceStage ends a source that is told to stop", async () => {
  const t = setUp((_, { signal }) => aborted(signal));
  const running = t.stage.run(t.stop.signal);
  await t.runtime.advance(100);
  t.stop.abort();
  await running;
  assert.equal(t.state(), "stopped");
  assert.deepEqual(t.runtime.open, []);
});

test("SourceStage fails at once where FFmpeg is missing", async () => {
  const t = setUp((emit, { encode }) =>
    encode({
      input: ["-i", "x"],
      size: { width: 16, height: 16 },
      fps: 30,
      time: "now",
    }, emit)
  );
  await assert.rejects(t.stage.run(t.stop.signal), (error) => {
    assert.ok(error instanceof ProcessError);
    return error.reason === "not-found";
  });
});

test("SourceStage gives the source what the address says", async () => {
  const videos: unknown[] = [];
  const t = setUp((_, { video }) => {
    videos.push(video);
    return Promise.resolve();
  }, "size=320x240&fps=15&bitrate=1M&gop=5");
  await t.stage.run(t.stop.signal);
  assert.equal(t.stage.stamp, true);
  assert.deepEqual(videos, [{
    size: { width: 320, height: 240 },
    fps: 15,
    bitrate: 1e6,
    gop: 5,
    encoder: "auto",
  }]);
});
