import assert from "node:assert/strict";
import { FakeRuntime } from "../../test/fakes/runtime.ts";
import { paddedFormat } from "../../test/contract/frames.ts";
import { testSink } from "../../test/contract/sink_contract.ts";
import { SinkUsage } from "../../test/contract/sink_usage.ts";
import { declare } from "../../test/contract/declaration.ts";
import { test } from "../../test/harness.ts";
import * as sinkStdout from "./mod.ts";

function openCase() {
  const runtime = new FakeRuntime();
  return {
    address: "stdout:",
    runtime,
    received: () => runtime.stdout.received,
    leave: () => runtime.stdout.close(),
    stall: () => runtime.stdout.pause(),
  };
}

testSink(sinkStdout, openCase);

test("sink-stdout ends the stream when its reader leaves", async () => {
  const c = openCase();
  const format = paddedFormat(5, 3, "gray");
  await using usage = await SinkUsage.begin(declare(sinkStdout, "sink"), c);
  await usage.open(format);
  c.leave();
  await assert.rejects(usage.write(format), {
    name: "StreamError",
    failure: "ended",
  });
});

test("sink-stdout writes nothing but frames", async () => {
  const c = openCase();
  const format = paddedFormat(2, 1, "gray");
  await using usage = await SinkUsage.begin(declare(sinkStdout, "sink"), c);
  await usage.open(format);
  await usage.write(format);
  await usage.write(format);
  assert.deepEqual(c.received(), Uint8Array.of(1, 2, 1, 2));
});
