import assert from "node:assert/strict";
import { AccessUnitHub } from "../../agent/media/access_unit_hub.ts";
import { type Milliseconds, ms } from "../../agent/media/time.ts";
import type { PathKind } from "../../agent/plugin/runtime.ts";
import type { WireUnit } from "../../agent/plugin/transport.ts";
import { declarationChecks, declare } from "../../test/contract/declaration.ts";
import { register } from "../../test/contract/suite.ts";
import { contextOf } from "../../test/contract/transport_usage.ts";
import { FakeMuxers, wireUnit } from "../../test/fakes/muxer.ts";
import { FakeRuntime } from "../../test/fakes/runtime.ts";
import { test } from "../../test/harness.ts";
import * as module from "./mod.ts";

register("transport-file", declarationChecks(module), []);

/** A recording on a machine where some paths are taken. */
function record(address: string, taken: Record<string, PathKind> = {}) {
  const plugin = declare(module, "transport");
  const runtime = new FakeRuntime();
  const muxers = new FakeMuxers();
  const stop = new AbortController();
  const lines: string[] = [];
  const opened: [label: string, patience: Milliseconds | undefined][] = [];
  runtime.processes.programs.set("ffmpeg", muxers.program);
  for (const [path, kind] of Object.entries(taken)) {
    runtime.files.paths.set(path, { kind });
  }
  const hub = new AccessUnitHub<WireUnit>(() => runtime.now());
  const open = (label: string, patience = ms(200)) => {
    opened.push([label, patience]);
    const queue = hub.join(patience);
    return { units: queue, [Symbol.dispose]: () => queue[Symbol.dispose]() };
  };
  const context = contextOf(plugin, address, runtime, stop.signal, lines);
  const done = plugin.send!({ open }, context, () => assert.fail("ready()"));
  done.catch(() => {});
  const names = () => muxers.outputs.map((output) => output.at(-1));
  return { runtime, muxers, stop, hub, done, lines, opened, names };
}

/** Sends a picture each, a keyframe every second. */
async function film(
  { runtime, hub }: ReturnType<typeof record>,
  from: number,
  to: number,
): Promise<void> {
  for (let time = from; time < to; time += 250) {
    hub.push(wireUnit(time, { keyframe: time % 1000 === 0 }));
    await runtime.turn();
    await runtime.advance(ms(250));
  }
}

test("transport-file records everything into one file", async () => {
  const recording = record("file:/rec/out.mkv");
  await recording.runtime.turn();
  await film(recording, 0, 3000);
  recording.hub.end();
  await assert.rejects(recording.done, { failure: "ended" });
  assert.deepEqual(recording.names(), ["file:/rec/out.mkv"]);
  assert.equal(recording.muxers.files[0]!.length, 12);
  assert.deepEqual(recording.opened, [["out.mkv", 10_000]]);
  assert.deepEqual(recording.lines, ["records into /rec/out.mkv"]);
  assert.deepEqual(recording.runtime.open, []);
  assert.deepEqual([...recording.runtime.files.paths.keys()], []);
});

/** What is taken, and the name that is left. */
const NAMES: Record<string, [taken: string[], name: string]> = {
  "file:out.mp4": [["out.mp4"], "out-2.mp4"],
  "file:/a.b/out.ts": [["/a.b/out.ts", "/a.b/out-2.ts"], "/a.b/out-3.ts"],
  "file:-y.MKV": [[], "-y.MKV"],
  "file:http://x/a.mkv": [[], "http://x/a.mkv"],
};

for (const [address, [taken, name]] of Object.entries(NAMES)) {
  test(`transport-file records ${address} into ${name}`, async () => {
    const kinds = taken.map((path) => [path, "file" as const]);
    const recording = record(address, Object.fromEntries(kinds));
    await recording.runtime.turn();
    await film(recording, 0, 250);
    assert.deepEqual(recording.names(), [`file:${name}`]);
    assert.ok(recording.muxers.outputs[0]!.includes("-n"));
    recording.stop.abort();
    recording.hub.end();
    await assert.rejects(recording.done, { name: "AbortError" });
    assert.deepEqual(recording.runtime.open, []);
  });
}

test("transport-file begins a segment at a keyframe, named by the clock", async () => {
  const recording = record("file:out.mkv?segment=2s");
  await recording.runtime.turn();
  await film(recording, 0, 5000);
  recording.hub.end();
  await assert.rejects(recording.done, { failure: "ended" });
  const counts = recording.muxers.files.map((file) => file.length);
  assert.deepEqual(counts, [8, 8, 4]);
  for (const file of recording.muxers.files) assert.equal(file[0]!.pts, 0);
  const names = recording.names();
  for (const name of names) assert.match(name!, /^file:out-\d{8}-\d{6}\.mkv$/);
  assert.equal(new Set(names).size, 3);
});

test("transport-file writes to a device as it is", async () => {
  const recording = record("file:/dev/full", { "/dev/full": "device" });
  await recording.runtime.turn();
  await film(recording, 0, 250);
  assert.deepEqual(recording.names(), ["file:/dev/full"]);
  assert.ok(recording.muxers.outputs[0]!.includes("-y"));
  const [child] = recording.muxers.children;
  child!.stderr("[error] Error closing file: No space left on device");
  child!.exit(1);
  await film(recording, 250, 500);
  await assert.rejects(recording.done, /No space left on device/);
  assert.deepEqual(recording.runtime.open, []);
});

/** What cannot be recorded to. */
const REFUSALS: Record<string, [kind: PathKind, why: string, code: number]> = {
  "file:": ["file", "it names no file of this machine", 64],
  "file://pi/out.mkv": ["file", "it names no file of this machine", 64],
  "file:out.avi": ["file", "its name is to end in .mkv, .mp4 or .ts", 64],
  "file:out": ["file", "its name is to end in .mkv, .mp4 or .ts", 64],
  "file:/rec": ["folder", "it is a folder", 73],
  "file:/pipe.mkv": ["fifo", "it is a named pipe", 73],
};

for (const [address, [kind, why, exitCode]] of Object.entries(REFUSALS)) {
  test(`transport-file refuses ${address} (${kind})`, async () => {
    const { done, opened } = record(address, { [address.slice(5)]: kind });
    await assert.rejects(done, {
      name: "ConfigError",
      message: `Cannot record to "${address}": ${why}`,
      exitCode,
    });
    assert.deepEqual(opened, []);
  });
}

for (const segment of ["0", "999ms", "10"]) {
  test(`transport-file refuses ?segment=${segment}`, () => {
    assert.throws(() => record(`file:out.mkv?segment=${segment}`), {
      name: "ConfigError",
    });
  });
}
