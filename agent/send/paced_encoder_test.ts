import assert from "node:assert/strict";
import { FakeRuntime } from "../../test/fakes/runtime.ts";
import type { FakeChild } from "../../test/fakes/process.ts";
import {
  FLV_HEADER,
  FLV_PICTURE,
  writeFlvConfiguration,
  writeFlvTag,
} from "../../test/flv_writer.ts";
import { test } from "../../test/harness.ts";
import type { EncoderJob, VideoSettings } from "../plugin/source.ts";
import { BitrateControl, type ViewerLoad } from "./bitrate_control.ts";
import { EncoderPace } from "./encoder_pace.ts";
import { encodeInTime } from "./paced_encoder.ts";

const JOB: EncoderJob = {
  input: ["-i", "/dev/video0"],
  size: { width: 640, height: 480 },
  fps: 30,
  time: "monotonic",
  live: true,
};

/** FFmpeg begins so long before what it is given first. */
const TIME_BASE_MS = 10_000;

/** An encoder that the test plays the part of. */
function setUp() {
  const runtime = new FakeRuntime();
  const pace = new EncoderPace();
  const stop = new AbortController();
  const log: string[] = [];
  const viewers: ViewerLoad[] = [];
  let restarts = 0;
  let startedAt = 0;
  let timeBase = TIME_BASE_MS;
  let child: FakeChild | undefined;
  runtime.processes.programs.set("ffmpeg", (started) => {
    child = started;
    startedAt = runtime.now();
    child.stdout(Uint8Array.from([
      ...FLV_HEADER,
      ...writeFlvTag(9, 0, writeFlvConfiguration(4)),
    ]));
  });
  const show = (ageMs: number) => {
    const at = Math.max(0, runtime.now() - startedAt + timeBase - ageMs);
    child!.stdout(Uint8Array.from(writeFlvTag(9, at, [...FLV_PICTURE])));
  };
  return {
    runtime,
    pace,
    stop,
    log,
    viewers,
    restarts: () => restarts,
    args: () => runtime.processes.started.at(-1)!.join(" "),
    /** Starts it; tells what it ends with. */
    start(job = JOB, video: Partial<VideoSettings> = {}) {
      const units: number[] = [];
      if (job.time === "now") timeBase = 0;
      const ended = encodeInTime(
        job,
        ({ pts }) => void units.push(pts),
        {
          ...{ runtime, pace, signal: stop.signal },
          bitrate: new BitrateControl(undefined),
          viewers: () => viewers,
          onRestart: () => void restarts++,
          log: { info() {}, warn: (line) => void log.push(line) },
          video: { encoder: "libx264", ...video },
        },
      ).then(() => undefined, (error) => error as Error);
      return { units, ended };
    },
    /** Has pictures of that age come out for a while. */
    async run(seconds: number, ageMs: number) {
      for (let passed = 0; passed < 1000 * seconds; passed += 100) {
        await runtime.advance(100);
        if (runtime.processes.running.size === 0) return;
        show(ageMs);
        await runtime.turn();
      }
    },
  };
}

test("encodeInTime() gives an encoder that falls behind fewer pictures", async () => {
  const t = setUp();
  const { units, ended } = t.start(JOB, { gop: 60 });
  await t.runtime.turn();
  assert.doesNotMatch(t.args(), /framestep/);
  await t.run(3.1, 1200);
  assert.deepEqual(t.log, [
    "pictures are 1.2 s old: the encoder is too slow; it gets 15 of 30 a second",
  ]);
  assert.equal(t.restarts(), 1);
  assert.match(t.args(), / -vf framestep=2,/);
  assert.match(t.args(), / -g 30 /);
  await t.run(30, 50);
  assert.equal(t.restarts(), 1);
  assert.ok(units.length >= 320, `${units.length}`);
  await t.run(40, 50);
  assert.match(t.log.at(-1)!, /keeps up; it gets 30 of 30 pictures a second$/);
  assert.equal(t.pace.step, 1);
  t.stop.abort();
  assert.equal(await ended, undefined);
  assert.deepEqual(t.runtime.open, []);
});

test("encodeInTime() says once that nothing helps", async () => {
  const t = setUp();
  const { ended } = t.start();
  await t.run(30, 2000);
  assert.equal(t.pace.step, 6);
  assert.deepEqual(t.log.slice(4), [
    "pictures are 2.0 s old: the encoder is too slow; choose a smaller " +
    "picture (?size=)",
  ]);
  t.stop.abort();
  assert.equal(await ended, undefined);
});

test("encodeInTime() lowers the bitrate for a link that is too slow", async () => {
  const t = setUp();
  const { ended } = t.start({ ...JOB, time: "now" }, { bitrate: 2e6 });
  const load = { key: {}, bytes: 0, busyMs: 0, dropped: 0 };
  t.viewers.push(load);
  await t.run(3, 0);
  assert.match(t.args(), / -b:v 2000000 -maxrate 2000000 -bufsize 500000 /);
  for (let i = 0; i < 10; i++) {
    load.dropped += 6;
    load.bytes += 1e6 / 8 * 0.3;
    load.busyMs += 300;
    await t.run(0.3, 0);
  }
  assert.deepEqual(t.log, [
    "a viewer's link is too slow; 0.5 Mbit/s from here on (adapt=none drops " +
    "pictures instead)",
  ]);
  assert.match(t.args(), / -b:v 500000 /);
  await t.run(40, 0);
  assert.match(t.log.at(-1)!, /^the link keeps up; 0.7 Mbit\/s from here on$/);
  t.stop.abort();
  assert.equal(await ended, undefined);
});

for (
  const [what, more] of Object.entries<Partial<EncoderJob>>({
    "that is passed on as it is": { copy: true },
    "that would begin at its beginning": { live: false },
  })
) {
  test(`encodeInTime() leaves an input alone ${what}`, async () => {
    const t = setUp();
    const { ended } = t.start({ ...JOB, ...more });
    await t.run(10, 2000);
    t.stop.abort();
    assert.equal(await ended, undefined);
    assert.deepEqual([t.pace.step, t.restarts()], [1, 0]);
  });
}
