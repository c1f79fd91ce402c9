import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, symlinkSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";
import { text } from "node:stream/consumers";
import type { RecvStatus } from "../../agent/recv/status.ts";
import { until, within } from "../faults/deadline.ts";
import { test } from "../harness.ts";
import { programPath } from "../programs/mod.ts";
import { Agent } from "./agent.ts";
import { temporaryFolder } from "./folder.ts";
import { Camera, Reader } from "./stamped.ts";

const DEADLINE_MS = 20_000;

/** Frames that a reader sees once a decoder is at work. */
const FRAMES = 60;

/**
 * Frames that a reader may miss by itself, where the machine gives it no time
 * for a thirtieth of a second.
 */
const ALLOWANCE = 3;

/** What an agent finds where FFmpeg has other hardware, and no cache. */
function pretending(folder: { path: string }): Record<string, string> {
  symlinkSync(programPath("pretend-ffmpeg"), join(folder.path, "ffmpeg"));
  const { stdout } = spawnSync("sh", ["-c", "command -v ffmpeg"], {
    encoding: "utf8",
  });
  return {
    PATH: [folder.path, process.env.PATH].join(delimiter),
    FFMPEG: stdout.trim(),
    XDG_CACHE_HOME: join(folder.path, "cache"),
    // Deno keeps its modules there as well.
    DENO_DIR: process.env.DENO_DIR ?? join(homedir(), ".cache", "deno"),
  };
}

test("camagent decoders tries what FFmpeg claims to decode with, and keeps what comes of it", async () => {
  using folder = temporaryFolder();
  const env = pretending(folder);
  await using agent = Agent.start(["decoders", "--json"], { env });
  const [output, exit] = await within(
    2 * DEADLINE_MS,
    "end",
    Promise.all([text(agent.stdout), agent.exit]),
  );
  assert.equal(exit.code, 0);
  const lines = output.trimEnd().split("\n").map((line) => JSON.parse(line));
  const h264 = lines.filter(({ codec }) => codec === "h264");
  const works = h264.filter(({ works }) => works).map(({ decoder }) => decoder);
  assert.deepEqual(works, ["software", "helping", "h264_good", "h264_holding"]);
  const why = (name: string) =>
    h264.find(({ decoder }) => decoder === name).why;
  assert.match(why("refusing"), /^the hardware does not take the stream: /);
  assert.match(why("h264_wrong"), /^wrong pictures$/);
  assert.match(why("h264_crashing"), /Could not find a valid device$/);
  assert.match(why("h264_hanging"), /^no frame within 5\.\d s$/);
  const held = h264.find(({ decoder }) => decoder === "h264_holding").held;
  assert.ok(held > 0, `${held} held`);
  for (const codec of ["h264", "hevc", "mjpeg"]) {
    const taken = lines.filter((line) => line.codec === codec && line.auto);
    assert.equal(taken.length, 1, codec);
  }
  const cache = join(env.XDG_CACHE_HOME!, "camagent", "decoders.json");
  const { verdicts } = JSON.parse(readFileSync(cache, "utf8"));
  assert.equal(verdicts.length, lines.length);
});

/** Decoders, and what decodes in the end. */
const CASES: readonly (readonly [name: string, decoder: string])[] = [
  ["h264_good", "h264_good"],
  ["helping", "helping"],
  ["h264_holding", "h264_holding"],
  ["refusing", "software"],
  ["h264_crashing", "software"],
  ["h264_hanging", "software"],
  // It is for another codec.
  ["hevc", "software"],
];

for (const [name, decoder] of CASES) {
  test(`camagent recv --decoder ${name} shows every picture, by ${decoder}`, async () => {
    using folder = temporaryFolder();
    const env = pretending(folder);
    await using camera = new Camera(folder.path);
    await using sender = Agent.send(camera.address, "tcp://127.0.0.1:0");
    const path = join(folder.path, "frames");
    const input = `tcp://127.0.0.1:${await sender.port()}`;
    const args = ["recv", input, `pipe:${path}`, "--json=stderr"];
    const receiver = Agent.start<RecvStatus>(
      [...args, "--decoder", name],
      { env },
    );
    await using _ = receiver;
    await until(DEADLINE_MS, "FIFO", () => existsSync(path));
    await using reader = new Reader(path);
    await receiver.says(
      ({ decoders: [first] }) =>
        first!.decoder === decoder && first!.decoded > 0,
      DEADLINE_MS,
    );
    await reader.reach(reader.seen.length + FRAMES);
    const counters = reader.seen.slice(-FRAMES).map(({ counter }) => counter);
    const missing = counters.at(-1)! - counters[0]! + 1 - FRAMES;
    assert.ok(missing <= ALLOWANCE, `${missing} missing`);
    assert.equal(reader.damaged, 0);
    const { decoders: [status] } = receiver.status!;
    assert.equal(status!.decoder, decoder);
    assert.deepEqual(status!.supervisor.failures, {});
  });
}

test("camagent recv refuses a decoder that FFmpeg does not have, in one line", async () => {
  const args = ["tcp://127.0.0.1:9", "-", "--decoder", "h264_v4l2m2n"];
  await using agent = Agent.recv(...args);
  const { code } = await within(DEADLINE_MS, "end", agent.exit);
  assert.equal(code, 64);
  assert.match(
    agent.log.at(-1)!,
    /FFmpeg has no decoder "h264_v4l2m2n" \(did you mean "h264_v4l2m2m"\?\)/,
  );
});
