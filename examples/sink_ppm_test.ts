import assert from "node:assert/strict";
import { packedFormat } from "../agent/media/frame.ts";
import { ms } from "../agent/media/time.ts";
import { declare } from "../test/contract/declaration.ts";
import { frameOf } from "../test/contract/frames.ts";
import { testSink } from "../test/contract/sink_contract.ts";
import { contextOf } from "../test/contract/sink_usage.ts";
import { FakeRuntime } from "../test/fakes/runtime.ts";
import { test } from "../test/harness.ts";
import * as sinkPpm from "./sink_ppm.ts";

const PATH = "/tmp/latest.ppm";

testSink(sinkPpm, () => {
  const runtime = new FakeRuntime();
  return {
    address: `ppm:${PATH}?every=0`,
    runtime,
    received: () => runtime.files.paths.get(PATH)?.content ?? new Uint8Array(),
  };
}, [{
  reason: "a file has no reader that could leave or stand still",
  tests: [
    "skips frames or throws a StreamError when its reader is gone",
    "closes when it is aborted while its reader does not read",
  ],
}]);

const plugin = declare(sinkPpm, "sink");
const FORMAT = packedFormat(2, 1, "rgb24");

async function openSink(address: string) {
  const runtime = new FakeRuntime();
  const { signal } = new AbortController();
  const context = contextOf(plugin, address, runtime, signal);
  const sink = await plugin.open(FORMAT, context, undefined);
  return { runtime, sink };
}

test("sink-ppm writes what every viewer of pictures reads", async () => {
  const { runtime, sink } = await openSink(`ppm:${PATH}`);
  await sink.write(frameOf(FORMAT));
  assert.equal(
    runtime.files.text(PATH),
    "P6\n2 1\n255\n\x01\x02\x03\x04\x05\x06",
  );
});

test("sink-ppm writes no more often than it is told", async () => {
  const { sink } = await openSink(`ppm:${PATH}?every=500ms`);
  const write = (at: number) =>
    sink.write({ ...frameOf(FORMAT), receivedAt: ms(at) });
  const results = [];
  for (const at of [0, 499, 500, 700, 1000]) results.push(await write(at));
  const [written, skipped] = [undefined, "skipped"];
  assert.deepEqual(results, [written, skipped, written, skipped, written]);
});

test("sink-ppm refuses an address without a file", async () => {
  await assert.rejects(openSink("ppm:"), {
    name: "ConfigError",
    message: 'Cannot open "ppm:": it names no file',
  });
});
