import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import process from "node:process";
import { readStamp } from "../../bench/stamp.ts";
import { within } from "../faults/deadline.ts";
import { test } from "../harness.ts";
import { Random } from "../random.ts";
import { Frames } from "./frames.ts";
import { startPipeline } from "./pipeline.ts";
import { HEIGHT, Reader, WIDTH } from "./stamped.ts";

const BYTES = WIDTH * HEIGHT * 3;

/** 200 are a smoke test, 2,000 a measurement. */
const READERS = Number(process.env.CAMAGENT_READERS ?? 200);

test("sink-opencv-pipe gives each of many readers whole frames", async () => {
  const random = new Random();
  await using pipeline = await startPipeline("stamped");
  let misaligned = 0;
  for (let count = 0; count < READERS; count++) {
    const bytes = BYTES + random.below(BYTES);
    const frames = await readSome(pipeline.path, bytes);
    const stamps = frames.map(({ data }) => readStamp(data, WIDTH, HEIGHT));
    if (stamps.length === 0 || stamps.includes(undefined)) misaligned++;
  }
  // deno-lint-ignore no-console
  console.log(`${misaligned} of ${READERS} readers misaligned`);
  assert.equal(misaligned, 0, `seed ${random.seed}`);
});

/** Reads so many bytes and is killed in the middle of a frame. */
async function readSome(path: string, bytes: number): Promise<Frames["all"]> {
  const child = spawn("cat", [path], { stdio: ["ignore", "pipe", "inherit"] });
  const frames = new Frames(child.stdout!, BYTES);
  let read = 0;
  const exit = new Promise((resolve) => child.once("exit", resolve));
  child.stdout!.on("data", (chunk: Uint8Array) => {
    read += chunk.length;
    if (read >= bytes && !child.killed) child.kill("SIGKILL");
  });
  await within(10_000, "end of a reader", exit);
  child.stdout!.destroy();
  return frames.all;
}

test("sink-opencv-pipe shows a slow reader frames that are fresh", async () => {
  await using pipeline = await startPipeline("stamped");
  await using reader = new Reader(pipeline.path, 200);
  await reader.reach(30);
  const ages = reader.seen.slice(5).map(({ age }) => age);
  // deno-lint-ignore no-console
  console.log(`reader of 200 ms a frame: oldest ${Math.max(...ages)} ms`);
  assert.ok(Math.max(...ages) <= 250, ages.join(" "));
  assert.equal(reader.damaged, 0);
});

test("sink-opencv-pipe serves two readers, a slow one harms nobody", async () => {
  await using pipeline = await startPipeline("stamped");
  const { path, receiver } = pipeline;
  await using slow = new Reader(path, 500);
  await slow.reach(1);
  await using fast = new Reader(path);
  await fast.reach(90);
  const counters = fast.seen.map(({ counter }) => counter);
  const missing = counters.at(-1)! - counters[0]! + 1 - counters.length;
  // A busy machine may cost the fast one a frame or two of its own.
  assert.ok(missing <= 2, `${missing} missing`);
  assert.equal(fast.damaged + slow.damaged, 0);
  process.kill(slow.pid, "SIGSTOP");
  await fast.reach(150);
  receiver.kill("SIGTERM");
  assert.deepEqual(await within(2000, "end", receiver.exit), {
    code: 0,
    signal: null,
  });
});
