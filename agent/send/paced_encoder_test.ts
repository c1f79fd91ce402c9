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
import { StreamError } from "../errors.ts";
import type { EncoderJob, VideoSettings } from "../plugin/source.ts";
import { EncoderPace } from "./encoder_pace.ts";
import { encodeInTime } from "./paced_encoder.ts";

const JOB: EncoderJob = {
  input: ["-i", "/dev/video0"],
  size: { width: 640, height: 480 },
  fps: 30,
  time: "monotonic",
};

/** FFmpeg begins so long before what it is given first. */
const TIME_BASE_MS = 10_000;

/** An encoder that the test plays the part of. */
function setUp() {
  const runtime = new FakeRuntime();
  const pace = new EncoderPace();
  const stop = new AbortController();
  const log: string[] = [];
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

test("encodeInTime() starts an encoder that falls behind with fewer pictures", async () => {
  const t = setUp();
  const { ended } = t.start(JOB, { gop: 60 });
  await t.runtime.turn();
  assert.doesNotMatch(t.args(), /framestep/);
  await t.run(5, 1200);
  const error = await ended;
  assert.ok(error instanceof StreamError);
  assert.equal(error.failure, "stalled");
  assert.equal(
    error.message,
    "Pictures were 1.2 s old: the encoder is too slow, and gets 15 of 30 " +
      "pictures a second",
  );
  const again = t.start(JOB, { gop: 60 });
  await t.runtime.turn();
  assert.match(t.args(), / -vf framestep=2,/);
  assert.match(t.args(), / -g 30 /);
  await t.run(30, 50);
  t.stop.abort();
  assert.equal(await again.ended, undefined);
  assert.ok(again.units.length >= 290, `${again.units.length}`);
  assert.deepEqual(t.runtime.open, []);
});

test("encodeInTime() gives an encoder more pictures that keeps up", async () => {
  const t = setUp();
  const first = t.start();
  await t.run(5, 1200);
  await first.ended;
  const { ended } = t.start();
  await t.run(70, 50);
  const error = await ended;
  assert.ok(error instanceof StreamError);
  assert.equal(error.failure, "ended");
  assert.match(error.message, /gets 30 of 30 pictures a second$/);
  assert.equal(t.pace.step, 1);
});

test("encodeInTime() says once that nothing helps", async () => {
  const t = setUp();
  for (let i = 0; i < 4; i++) {
    const { ended } = t.start();
    await t.run(5, 2000);
    await ended;
  }
  const { ended } = t.start();
  await t.run(10, 2000);
  assert.deepEqual(t.log, [
    "pictures are 2.0 s old: the encoder is too slow; choose a smaller " +
    "picture (?size=)",
  ]);
  t.stop.abort();
  assert.equal(await ended, undefined);
});

for (
  const [what, more] of Object.entries<Partial<EncoderJob>>({
    "that is passed on as it is": { copy: true },
    "whose times are those of reading": { time: "now" },
  })
) {
  test(`encodeInTime() leaves an input alone ${what}`, async () => {
    const t = setUp();
    const { ended } = t.start({ ...JOB, ...more });
    await t.run(10, 2000);
    t.stop.abort();
    assert.equal(await ended, undefined);
    assert.equal(t.pace.step, 1);
  });
}
