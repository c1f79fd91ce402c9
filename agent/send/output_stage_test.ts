import assert from "node:assert/strict";
import { aborted } from "../../test/fakes/pipeline.ts";
import {
  numberOf,
  picture,
  sendOptions,
} from "../../test/fakes/send_pipeline.ts";
import { test } from "../../test/harness.ts";
import { ConfigError, StreamError } from "../errors.ts";
import { AccessUnitHub } from "../media/access_unit_hub.ts";
import type {
  TransportPlugin,
  Viewer,
  Viewers,
  WireUnit,
} from "../plugin/transport.ts";
import { OutputStage } from "./output_stage.ts";
import type { SendOptions } from "./send.ts";

function setUp(
  send: NonNullable<TransportPlugin["send"]>,
  more: Partial<SendOptions> = {},
) {
  const run = () => Promise.resolve();
  const base = sendOptions({ run, send: [send] });
  const { runtime } = base;
  const hub = new AccessUnitHub<WireUnit>(() => runtime.now());
  const shown: unknown[][] = [];
  const onListening = (...args: unknown[]) => void shown.push(args);
  let viewers = 0;
  const stage = new OutputStage(
    { ...base.options, ...more, onListening },
    base.options.outputs[0]!,
    hub,
    () => viewers++,
  );
  return { ...base, hub, stage, shown, viewers: () => viewers };
}

test("OutputStage refuses a transport that only receives", () => {
  const { options } = sendOptions({ run: () => Promise.resolve() });
  const { address, plugin: { send: _, ...plugin } } = options.outputs[0]!;
  const hub = new AccessUnitHub<WireUnit>(() => options.runtime.now());
  const output = { address, plugin };
  assert.throws(
    () => new OutputStage(options, output, hub, () => {}),
    new ConfigError(
      'Cannot send to "out://host:1": transport-fake only ' +
        "receives",
    ),
  );
});

test("OutputStage tells where it listens, and who watches", async () => {
  const seen: number[] = [];
  const t = setUp(async (viewers, _, ready) => {
    ready({ port: 4711 });
    using viewer = viewers.open("somebody");
    for await (const unit of viewer.units) seen.push(numberOf(unit));
  });
  const running = t.stage.run(t.stop.signal);
  await t.runtime.turn();
  t.hub.push(picture(1, true));
  t.hub.push(picture(2));
  await t.runtime.turn();
  const { supervisor, ...status } = t.stage.status();
  assert.equal(supervisor.state, "running");
  assert.deepEqual(status, {
    address: "out://host:1",
    port: 4711,
    viewers: [{ label: "somebody", sent: 2, bytes: 14, dropped: 0 }],
    sent: 2,
    bytes: 14,
    dropped: 0,
  });
  assert.deepEqual(t.shown, [["out://host:1", { port: 4711 }]]);
  assert.deepEqual(seen, [1, 2]);
  assert.equal(t.viewers(), 1);
  t.stop.abort();
  await running;
  assert.deepEqual(t.stage.status().viewers, []);
  assert.equal(t.stage.status().sent, 2);
  assert.deepEqual(t.runtime.open, []);
});

test("OutputStage ends viewers of a plugin that heeds no signal", async () => {
  const t = setUp(async (viewers) => {
    for await (const _ of viewers.open("a").units) {
      // Until the agent stops.
    }
  });
  const running = t.stage.run(t.stop.signal);
  await t.runtime.turn();
  t.stop.abort();
  await running;
  assert.equal(t.hub.size, 0);
});

test("OutputStage starts a broken output again, without its viewers", async () => {
  const left: Viewer[] = [];
  const t = setUp((viewers, _, ready) => {
    ready({ port: 4711 });
    left.push(viewers.open("forgotten"));
    throw new StreamError("lost", "No network");
  });
  const running = t.stage.run(t.stop.signal);
  await t.runtime.turn();
  assert.equal(t.hub.size, 0);
  assert.deepEqual(t.stage.status().viewers, []);
  assert.equal(t.stage.status().port, undefined);
  assert.equal(t.stage.status().supervisor.state, "waiting");
  await t.runtime.advance(400);
  assert.equal(left.length, 2);
  t.stop.abort();
  await running;
});

test("OutputStage takes no viewers for an attempt that is over", async () => {
  let late: Viewers | undefined;
  const t = setUp((viewers) => {
    late = viewers;
    throw new StreamError("lost", "No network");
  });
  const running = t.stage.run(t.stop.signal);
  await t.runtime.turn();
  t.hub.push(picture(1, true));
  for await (const _ of late!.open("late").units) assert.fail("It is served");
  assert.equal(t.hub.size, 0);
  assert.equal(t.viewers(), 0);
  t.stop.abort();
  await running;
});

test("OutputStage gives up where only the user can mend it", async () => {
  const t = setUp(() => Promise.reject(new ConfigError("Port in use")));
  await assert.rejects(t.stage.run(t.stop.signal), { name: "ConfigError" });
});

test("OutputStage retries a ConfigError once it has listened", async () => {
  let attempts = 0;
  const t = setUp((_, { signal }, ready) => {
    if (++attempts === 2) return Promise.reject(new ConfigError("In use"));
    ready();
    if (attempts === 3) return aborted(signal);
    return Promise.reject(new StreamError("lost", "Listener closed"));
  });
  const running = t.stage.run(t.stop.signal);
  await t.runtime.advance(2000);
  assert.equal(attempts, 3);
  t.stop.abort();
  await running;
});

test("OutputStage gives up on an output that cannot send anything", async () => {
  const t = setUp(async (viewers) => {
    using viewer = viewers.open("somebody");
    for await (const _ of viewer.units) {
      throw new StreamError("lost", "Network unreachable");
    }
  }, { maxRetries: 3 });
  const running = t.stage.run(t.stop.signal);
  const failure = assert.rejects(running, { name: "GaveUpError" });
  for (let n = 1; n <= 30; n++) {
    t.hub.push(picture(n, true));
    await t.runtime.advance(500);
  }
  await failure;
  assert.equal(t.stage.status().supervisor.state, "failed");
});
