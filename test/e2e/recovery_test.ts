import assert from "node:assert/strict";
import { join } from "node:path";
import process from "node:process";
import { clock } from "../../agent/runtime/clock.ts";
import { until } from "../faults/deadline.ts";
import { isAlive } from "../faults/process_tree.ts";
import { test } from "../harness.ts";
import { Agent } from "./agent.ts";
import { FifoFrames } from "./fifo_frames.ts";
import { temporaryFolder } from "./folder.ts";
import { receiveInto, startPipeline } from "./pipeline.ts";
import { isTestPicture } from "./test_picture.ts";

const [WIDTH, HEIGHT] = [640, 480];
const BYTES = WIDTH * HEIGHT * 3;

/** Five are a smoke test, twenty a measurement. */
const ROUNDS = Number(process.env.CAMAGENT_ROUNDS ?? 5);

/** From the fault to frames again, for a child of ours. */
const CHILD_MS = 1500;

/** From the return of a peer to frames again. */
const PEER_MS = 3000;

test("camagent brings frames back when a child is killed", async () => {
  await using pipeline = await startPipeline("test");
  const { sender, receiver } = pipeline;
  await using reader = new FifoFrames(pipeline.path, BYTES);
  await reader.frames.reach(30);
  const times: Record<string, number[]> = { decoder: [], encoder: [] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const agent of [receiver, sender]) {
      const [child] = agent.children("ffmpeg");
      const since = clock.now();
      process.kill(child!, "SIGKILL");
      const gap = await reader.frames.gapAfter(since);
      times[agent === receiver ? "decoder" : "encoder"]!.push(gap);
      assert.ok(gap <= CHILD_MS, `${gap} ms`);
    }
  }
  assertWhole(reader);
  report(times);
});

test("camagent brings frames back after each of eight decoder kills", async () => {
  await using pipeline = await startPipeline("test");
  const { receiver } = pipeline;
  await using reader = new FifoFrames(pipeline.path, BYTES);
  await reader.frames.reach(30);
  const times: number[] = [];
  for (let kill = 0; kill < 8; kill++) {
    const [child] = await until(1500, "decoder", () => {
      const children = receiver.children("ffmpeg");
      return children.length > 0 && children;
    });
    const since = clock.now();
    process.kill(child!, "SIGKILL");
    times.push(await reader.frames.gapAfter(since));
    await until(1000, "next second", () => clock.now() - since >= 1000);
  }
  assert.ok(Math.max(...times) <= CHILD_MS, times.join(" "));
  assertWhole(reader);
  report({ "decoder, one second apart": times });
});

test("camagent brings frames back when the receiver is killed", async () => {
  using folder = temporaryFolder();
  await using sender = Agent.send("test:", "tcp://127.0.0.1:0");
  const path = join(folder.path, "frames");
  const input = `tcp://127.0.0.1:${await sender.port()}`;
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const since = clock.now();
    await using receiver = await receiveInto(path, input);
    await using reader = new FifoFrames(path, BYTES);
    const [frame] = await reader.frames.reach(1);
    times.push(frame!.at - since);
    await reader.frames.reach(10);
    assertWhole(reader);
    const children = receiver.children("ffmpeg");
    assert.notEqual(children.length, 0);
    process.kill(receiver.pid, "SIGKILL");
    await until(2000, "end of the orphans", () => !children.some(isAlive));
  }
  assert.ok(Math.max(...times) <= PEER_MS, times.join(" "));
  report({ receiver: times });
});

test("camagent brings frames back when the sender is killed", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "frames");
  let sender = Agent.send("test:", "tcp://127.0.0.1:0");
  const address = `tcp://127.0.0.1:${await sender.port()}`;
  await using _receiver = await receiveInto(path, address);
  await using reader = new FifoFrames(path, BYTES);
  await reader.frames.reach(30);
  const times: number[] = [];
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const children = sender.children("ffmpeg");
      process.kill(sender.pid, "SIGKILL");
      await sender.exit;
      await until(2000, "end of the orphans", () => !children.some(isAlive));
      await sender[Symbol.asyncDispose]();
      const since = clock.now();
      sender = Agent.send("test:", address);
      times.push(await reader.frames.gapAfter(since));
    }
  } finally {
    await sender[Symbol.asyncDispose]();
  }
  assert.ok(Math.max(...times) <= PEER_MS, times.join(" "));
  assertWhole(reader);
  report({ sender: times });
});

function assertWhole({ frames }: FifoFrames): void {
  const broken = frames.all.filter(({ data }) =>
    !isTestPicture(data, WIDTH, HEIGHT)
  );
  assert.equal(broken.length, 0, `${broken.length} of ${frames.all.length}`);
}

/** The figures themselves are of interest, not only that they hold. */
function report(times: Record<string, number[]>): void {
  for (const [what, values] of Object.entries(times)) {
    const sorted = values.map(Math.round).sort((a, b) => a - b);
    const median = sorted[Math.floor(sorted.length / 2)];
    // deno-lint-ignore no-console
    console.log(`recovery, ${what}: median ${median} ms, max ${sorted.at(-1)}`);
  }
}
