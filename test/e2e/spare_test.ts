import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import process from "node:process";
import type { RecvStatus } from "../../agent/recv/status.ts";
import { clock } from "../../agent/runtime/clock.ts";
import { until } from "../faults/deadline.ts";
import { quantile } from "../faults/statistics.ts";
import { test } from "../harness.ts";
import type { Agent } from "./agent.ts";
import { FifoFrames } from "./fifo_frames.ts";
import { startPipeline } from "./pipeline.ts";
import { isTestPicture } from "./test_picture.ts";

const [WIDTH, HEIGHT] = [640, 480];
const BYTES = WIDTH * HEIGHT * 3;

/** Five are a smoke test, of which the median counts; twenty a measurement. */
const ROUNDS = Number(process.env.CAMAGENT_ROUNDS ?? 5);

/** From the death of a decoder to frames again, in 95 of 100 cases. */
const BACK_MS = 200;

/** From a decoder that stands still to frames again: 2 s tell it. */
const THAWED_MS = 3500;

/** How long the CPU of a spare is looked at, and how much it may take. */
const LOOK_MS = 2000;
const MAX_CPU = 0.01;

/** Of /proc: a hundredth of a second on every Linux there is. */
const TICK_MS = 10;

const hasSpare = ({ decoders: [decoder] }: RecvStatus) => decoder!.spare;

test("camagent recv shows pictures at once when a decoder is killed", async () => {
  await using pipeline = await startPipeline("test");
  const { receiver } = pipeline;
  await using reader = new FifoFrames(pipeline.path, BYTES);
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const [decoder, spare] = await spared(receiver);
    const since = clock.now();
    process.kill(decoder!, "SIGKILL");
    times.push(await reader.frames.gapAfter(since));
    assert.equal(receiver.children("ffmpeg")[0], spare);
    await until(5000, "end of the spare", () => !hasSpare(receiver.status!));
  }
  await receiver.logs(/retry 1 at once/);
  tell("decoder killed", times);
  const part = ROUNDS < 20 ? 0.5 : 0.95;
  assert.ok(quantile(times, part) <= BACK_MS, times.join(" "));
  assertWhole(reader);
});

test("camagent recv has the spare take over from a decoder that stands still", async () => {
  await using pipeline = await startPipeline("test");
  const { receiver } = pipeline;
  await using reader = new FifoFrames(pipeline.path, BYTES);
  const [decoder] = await spared(receiver);
  const since = clock.now();
  process.kill(decoder!, "SIGSTOP");
  const back = await reader.frames.gapAfter(since);
  tell("decoder stopped", [back]);
  assert.ok(back <= THAWED_MS, `${back} ms`);
  assertWhole(reader);
});

test("camagent recv shows the same pictures when the spare dies, and has another", async () => {
  await using pipeline = await startPipeline("test");
  const { receiver } = pipeline;
  await using reader = new FifoFrames(pipeline.path, BYTES);
  const [decoder, spare] = await spared(receiver);
  // It takes 0.1 s of CPU to start.
  await past(LOOK_MS);
  const before = cpuMs(spare!);
  await past(LOOK_MS);
  const took = cpuMs(spare!) - before;
  assert.ok(took <= MAX_CPU * LOOK_MS, `${took} ms`);
  process.kill(spare!, "SIGKILL");
  await receiver.says((status) => !hasSpare(status));
  const [same, next] = await spared(receiver);
  assert.equal(same, decoder);
  assert.notEqual(next, spare);
  const { supervisor } = receiver.status!.decoders[0]!;
  assert.deepEqual([supervisor.restarts, supervisor.failures], [0, {}]);
  assertWhole(reader);
});

test("camagent recv --spare=off has one decoder, which is started again", async () => {
  await using pipeline = await startPipeline("test", "--spare=off");
  const { receiver } = pipeline;
  await using reader = new FifoFrames(pipeline.path, BYTES);
  await reader.frames.reach(60);
  const [decoder, ...others] = receiver.children("ffmpeg");
  assert.deepEqual(others, []);
  const since = clock.now();
  process.kill(decoder!, "SIGKILL");
  tell("decoder killed, no spare", [await reader.frames.gapAfter(since)]);
  await receiver.logs(/retry 1 in /);
});

/** Waits for a spare; tells the decoder at work, then the spare. */
async function spared(receiver: Agent<RecvStatus>): Promise<number[]> {
  await receiver.says(hasSpare);
  return await until(1000, "two decoders", () => {
    const pids = receiver.children("ffmpeg");
    return pids.length === 2 && pids;
  });
}

async function past(milliseconds: number): Promise<void> {
  const end = clock.now() + milliseconds;
  await until(2 * milliseconds, "time", () => clock.now() >= end);
}

function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]!
    .split(" ");
  // utime and stime (proc_pid_stat(5)).
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

function assertWhole({ frames }: FifoFrames): void {
  for (const { data } of frames.all) {
    assert.ok(isTestPicture(data, WIDTH, HEIGHT));
  }
}

function tell(what: string, times: readonly number[]): void {
  const all = times.map((time) => time.toFixed(0)).join(" ");
  process.stdout.write(`${what}: frames again after ${all} ms\n`);
}
