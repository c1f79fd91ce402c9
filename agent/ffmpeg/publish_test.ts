import assert from "node:assert/strict";
import { FakeMuxers, JOB, wireUnit } from "../../test/fakes/muxer.ts";
import { FakeRuntime } from "../../test/fakes/runtime.ts";
import { test } from "../../test/harness.ts";
import { AccessUnitHub } from "../media/access_unit_hub.ts";
import { ms } from "../media/time.ts";
import type { WireUnit } from "../plugin/transport.ts";
import { publish } from "./publish.ts";

function setUp() {
  const runtime = new FakeRuntime();
  const muxers = new FakeMuxers();
  const stop = new AbortController();
  runtime.processes.programs.set("ffmpeg", muxers.program);
  const hub = new AccessUnitHub<WireUnit>(() => runtime.now());
  const open = () => {
    const queue = hub.join(ms(200));
    return {
      units: queue,
      [Symbol.dispose]: () => queue[Symbol.dispose](),
    };
  };
  const around = { runtime, signal: stop.signal };
  const publishing = publish(JOB, { open }, "server:1", around);
  publishing.catch(() => {});
  return { runtime, muxers, stop, hub, publishing };
}

test("publish() passes on what its viewer gets, to the end", async () => {
  const { runtime, muxers, hub, publishing } = setUp();
  await runtime.turn();
  hub.push(wireUnit(0, { keyframe: true }));
  hub.push(wireUnit(33));
  hub.end();
  await assert.rejects(publishing, {
    failure: "ended",
    message: "server:1 has everything",
  });
  assert.equal(muxers.files[0]!.length, 2);
  assert.equal(hub.size, 0);
  assert.deepEqual(runtime.open, []);
});

test("publish() ends with its signal", async () => {
  const { runtime, stop, hub, publishing } = setUp();
  await runtime.turn();
  hub.push(wireUnit(0, { keyframe: true }));
  await runtime.turn();
  stop.abort();
  await assert.rejects(publishing, { name: "AbortError" });
  assert.equal(hub.size, 0);
  assert.deepEqual(runtime.open, []);
});

/** What FFmpeg says, and what it means. */
const FAILURES: Record<string, Record<string, unknown>> = {
  "[error] Connection to tcp://h:1 failed: Connection refused": {
    failure: "refused",
    message: "server:1 does not answer",
  },
  "[error] Failed to resolve hostname h: Name or service not known": {
    failure: "refused",
  },
  "[rtsp @ 0x5] [error] method ANNOUNCE failed: 401 Unauthorized": {
    name: "ConfigError",
    message: "Cannot publish to server:1: it wants another user or password",
  },
  "[error] Something else": {
    name: "ProcessError",
    message: "ffmpeg exited with 1: Something else",
  },
};

for (const [line, expected] of Object.entries(FAILURES)) {
  test(`publish() understands "${line}"`, async () => {
    const { runtime, muxers, publishing } = setUp();
    await runtime.turn();
    // Between two pictures.
    muxers.children[0]!.stderr(line);
    muxers.children[0]!.exit(1);
    await assert.rejects(publishing, expected);
    assert.deepEqual(runtime.open, []);
  });
}
