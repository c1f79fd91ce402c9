import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import process from "node:process";
import type { SendStatus } from "../../agent/send/status.ts";
import { until, within } from "../faults/deadline.ts";
import { test } from "../harness.ts";
import { Random } from "../random.ts";
import { Agent } from "./agent.ts";
import { temporaryFolder } from "./folder.ts";
import { readCutRecording, readRecording } from "./recording.ts";

const DEADLINE_MS = 20_000;

/** What a kill may cost of a recording. */
const LOSS_S = 1;

async function hasBegun(path: string): Promise<number> {
  await until(DEADLINE_MS, path, () => existsSync(path) && statSync(path).size);
  return performance.now();
}

/** Waits for so many more pictures of the first output, none missing. */
async function more(agent: Agent<SendStatus>, count: number): Promise<void> {
  const before = agent.status?.outputs[0]?.sent ?? 0;
  const { outputs: [first] } = await agent.says(
    ({ outputs: [first] }) => first!.sent >= before + count,
    DEADLINE_MS,
  );
  assert.equal(first!.dropped, 0);
}

const random = new Random();

for (const name of ["out.mkv", "out.mp4", "out.ts"]) {
  test(`camagent send records ${name}, which plays to within a second of its SIGKILL`, async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, name);
    const agent = Agent.send("test:", `file:${path}`);
    await using _ = agent;
    const begun = await hasBegun(path);
    // Two seconds of 2 Mbit/s, and up to two more.
    const size = 500_000 + random.below(500_000);
    await until(DEADLINE_MS, "more", () => statSync(path).size > size);
    agent.kill("SIGKILL");
    const recorded = (performance.now() - begun) / 1000;
    await within(DEADLINE_MS, "end", agent.exit);
    const { times, complaints } = readCutRecording(path);
    const last = times.at(-1)!;
    assert.ok(last > recorded - LOSS_S, `${last} of ${recorded} s`);
    assert.equal(complaints, "");
    // As many as there were.
    assert.ok(Math.abs(times.length - (last * 30 + 1)) <= 2, `${times.length}`);
  });
}

test("camagent send goes on in another file after the death of FFmpeg, and nobody else loses a picture", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "out.mkv");
  await using agent = Agent.send("test:", "file:/dev/null", `file:${path}`);
  await hasBegun(path);
  await more(agent, 45);
  const writes = agent.children("ffmpeg").find((pid) =>
    commandOf(pid).at(-1) === `file:${path}`
  );
  process.kill(writes!, "SIGKILL");
  await hasBegun(join(folder.path, "out-2.mkv"));
  await more(agent, 45);
  agent.kill("SIGTERM");
  assert.equal((await within(DEADLINE_MS, "end", agent.exit)).code, 0);
  for (
    const [name, read] of [["out.mkv", readCutRecording], [
      "out-2.mkv",
      readRecording,
    ]] as const
  ) {
    const { times, complaints } = read(join(folder.path, name));
    assert.equal(complaints, "");
    assert.ok(times.length >= 30, `${name}: ${times.length}`);
  }
});

function commandOf(pid: number): string[] {
  return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1);
}

test("camagent send records segments, without a gap between them", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "out.mkv");
  await using agent = Agent.send("test:", `file:${path}?segment=1s`);
  await until(
    DEADLINE_MS,
    "segments",
    () => readdirSync(folder.path).length >= 3,
  );
  await more(agent, 5);
  agent.kill("SIGTERM");
  await within(DEADLINE_MS, "end", agent.exit);
  const names = readdirSync(folder.path).sort();
  for (const name of names.slice(0, -1)) {
    assert.match(name, /^out-\d{8}-\d{6}(-2)?\.mkv$/);
    const { times, fps, complaints } = readRecording(join(folder.path, name));
    assert.deepEqual([times.length, times[0], fps], [30, 0, "30/1"]);
    assert.equal(complaints, "");
  }
});

test("camagent send: a full disk costs others no picture, and is asked again", async () => {
  await using agent = Agent.send("test:", "file:/dev/null", "file:/dev/full");
  await agent.logs(/lost file:\/dev\/full .*No space left on device/);
  await more(agent, 60);
  const { outputs: [, full] } = await agent.says(({ outputs }) =>
    outputs[1]!.supervisor.restarts > 2
  );
  assert.notEqual(full!.supervisor.state, "failed");
});

/** Where nothing can be recorded. */
const REFUSALS: Record<string, [path: string, code: number, line: RegExp]> = {
  "a folder that is not there": [
    "none/out.mkv",
    73,
    /its folder does not exist/,
  ],
  "a folder": ["folder", 73, /it is a folder/],
  "an unknown ending": ["out.avi", 64, /\.mkv, \.mp4 or \.ts/],
};

for (const [what, [path, code, line]] of Object.entries(REFUSALS)) {
  test(`camagent send says so at once: ${what}`, async () => {
    using folder = temporaryFolder();
    mkdirSync(join(folder.path, "folder"));
    const address = `file:${join(folder.path, path)}`;
    await using agent = Agent.send("test:", address);
    const exit = await within(DEADLINE_MS, "end", agent.exit);
    assert.equal(exit.code, code);
    assert.match(agent.log.at(-1)!, line);
    assert.deepEqual(readdirSync(folder.path), ["folder"]);
  });
}

test("camagent send records a film from its first picture to its last", async () => {
  using folder = temporaryFolder();
  const clip = join(folder.path, "clip.mkv");
  const first = Agent.send("test:", `file:${clip}`);
  {
    await using agent = first;
    await hasBegun(clip);
    await more(agent, 40);
    agent.kill("SIGTERM");
    await within(DEADLINE_MS, "end", agent.exit);
  }
  const copy = join(folder.path, "copy.mp4");
  await using agent = Agent.send(
    `file:${clip}?start=first-viewer`,
    `file:${copy}`,
  );
  assert.equal((await within(DEADLINE_MS, "end", agent.exit)).code, 0);
  const [before, after] = [clip, copy].map(readRecording);
  assert.equal(after!.times.length, before!.times.length);
});
