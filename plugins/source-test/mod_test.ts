import assert from "node:assert/strict";
import process from "node:process";
import { declare } from "../../test/contract/declaration.ts";
import {
  type SourceCase,
  testSource,
} from "../../test/contract/source_contract.ts";
import { contextOf, Sourcing } from "../../test/contract/source_usage.ts";
import { ffmpeg } from "../../test/fakes/ffmpeg.ts";
import { FakeRuntime } from "../../test/fakes/runtime.ts";
import { test } from "../../test/harness.ts";
import { spying } from "../../test/programs/spying.ts";
import type { EncoderJob } from "../../mod.ts";
import * as sourceTest from "./mod.ts";

const plugin = declare(sourceTest, "source");

const ENDLESS = [{
  reason: "the test picture has no end",
  tests: ["resolves at the end of its input"],
}];

testSource(sourceTest, () => {
  const runtime = new FakeRuntime();
  runtime.processes.programs.set("ffmpeg", ffmpeg);
  return {
    address: "test:",
    runtime,
    break() {
      for (const child of runtime.processes.running) child.exit(1);
    },
  };
}, ENDLESS);

testSource(sourceTest, openRealCase, ENDLESS, "source-test with FFmpeg");

test("source-test has FFmpeg end before it is killed", async () => {
  const [runtime, children] = spying();
  const address = "test:?size=64x48&fps=10";
  const sourcing = new Sourcing(plugin, { address, runtime });
  await sourcing.untilUnits(5);
  await sourcing[Symbol.asyncDispose]();
  assert.equal((await children[0]!.exit).forced, false);
});

test("source-test shows the first of few pictures at once", async () => {
  const [runtime] = spying();
  const address = "test:?size=64x48&fps=1";
  await using sourcing = new Sourcing(plugin, { address, runtime });
  const begin = performance.now();
  await sourcing.untilUnits(1);
  // With the rate to be found out it takes 7.2 s.
  assert.ok(performance.now() - begin < 5000);
});

function openRealCase(): SourceCase {
  const [runtime, children] = spying();
  return {
    address: "test:?size=64x48&fps=100",
    runtime,
    break() {
      for (const { pid } of children) process.kill(pid, "SIGKILL");
    },
  };
}

/** What the plugin asks of FFmpeg. */
async function jobOf(address: string): Promise<EncoderJob> {
  const { signal } = new AbortController();
  const jobs: EncoderJob[] = [];
  const context = contextOf(plugin, address, new FakeRuntime(), signal);
  const encode = (job: EncoderJob) => {
    jobs.push(job);
    return Promise.resolve();
  };
  await assert.rejects(plugin.run(() => {}, { ...context, encode }), {
    name: "StreamError",
    failure: "ended",
    message: "FFmpeg ended the test picture by itself",
  });
  return jobs[0]!;
}

test("source-test draws 640x480 at 30 pictures a second", async () => {
  assert.deepEqual(await jobOf("test:"), {
    input: [
      "-fpsprobesize",
      "0",
      "-f",
      "lavfi",
      "-i",
      "testsrc2=size=640x480:rate=30,realtime",
    ],
    size: { width: 640, height: 480 },
    fps: 30,
    time: "now",
    live: true,
  });
});

test("source-test draws what it is asked for", async () => {
  const job = await jobOf("test:?size=1280x720&fps=12.5");
  const picture = "testsrc2=size=1280x720:rate=12.5,realtime";
  assert.equal(job.input.at(-1), picture);
  assert.deepEqual([job.size, job.fps], [{ width: 1280, height: 720 }, 12.5]);
});
