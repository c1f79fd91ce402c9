import assert from "node:assert/strict";
import { aborted } from "../../test/fakes/pipeline.ts";
import {
  FakeIngest,
  keyframe,
  picture,
  recvOptions,
} from "../../test/fakes/recv_pipeline.ts";
import { test } from "../../test/harness.ts";
import { ConfigError, StreamError } from "../errors.ts";
import { ms, us } from "../media/time.ts";
import type { Ingest, TransportPlugin } from "../plugin/transport.ts";
import { InputStage } from "./input_stage.ts";
import type { ReceivedUnit } from "./received_unit.ts";

function setUp(receive: NonNullable<TransportPlugin["receive"]>) {
  const base = recvOptions(receive);
  const stage = new InputStage(base.options);
  const taken: ReceivedUnit[] = [];
  const queue = stage.hub.join(ms(200));
  const taking = (async () => {
    for await (const unit of queue) taken.push(unit);
  })();
  const end = async (running: Promise<void>) => {
    base.stop.abort();
    await running;
    queue[Symbol.dispose]();
    await taking;
    assert.deepEqual(base.runtime.open, []);
  };
  return { ...base, stage, taken, end };
}

/** Connections as they are asked for. */
function connections() {
  const all: FakeIngest[] = [];
  const receive = () => {
    const ingest = new FakeIngest();
    all.push(ingest);
    return ingest.open();
  };
  return { all, receive };
}

test("InputStage refuses a transport that only sends", () => {
  const { options } = recvOptions(() => new FakeIngest().open());
  const { address, plugin: { receive: _, ...plugin } } = options.input;
  assert.throws(
    () => new InputStage({ ...options, input: { address, plugin } }),
    new ConfigError(
      'Cannot receive from "in://host:1": transport-fake only ' +
        "sends",
    ),
  );
});

test("InputStage takes units out of bytes, and counts", async () => {
  const { all, receive } = connections();
  const t = setUp(receive);
  const running = t.stage.run(t.stop.signal);
  await t.runtime.turn();
  const bytes = [picture(), keyframe(), picture()];
  for (const part of bytes) all[0]!.send(part);
  await t.runtime.turn();
  assert.deepEqual(t.taken.map(({ number }) => number), [1, 2]);
  const { supervisor, bitsPerSecond, ...status } = t.stage.status();
  assert.equal(supervisor.state, "running");
  assert.ok(bitsPerSecond > 0);
  assert.deepEqual(status, {
    address: "in://host:1",
    peer: "192.168.1.7:5001",
    format: "h264",
    size: "16x16",
    units: 3,
    damaged: 0,
    missing: 0,
    held: 0,
    packets: { lost: 0, reordered: 0, dropped: 0 },
    fps: 6,
  });
  assert.equal(t.stage.newestAt, t.runtime.now());
  await t.end(running);
  const { peer, format } = t.stage.status();
  assert.deepEqual([peer, format], [undefined, undefined]);
  assert.equal(all[0]!.disposed, 1);
});

test("InputStage takes whole units, which it is only lent", async () => {
  const data = keyframe();
  const t = setUp(() =>
    Promise.resolve(
      {
        type: "units",
        peer: "pi",
        units: (async function* () {
          const about = {
            keyframe: true,
            recoveryPoint: false,
            damaged: false,
            discontinuity: false,
          };
          yield { data, pts: us(0), capturedAt: ms(990), ...about };
          data.fill(0xff);
          await new Promise(() => {});
        })(),
        [Symbol.asyncDispose]: () => Promise.reject(new Error("Cannot close")),
      } satisfies Ingest,
    )
  );
  void t.stage.run(t.stop.signal);
  await t.runtime.turn();
  assert.equal(t.taken[0]?.capturedAt, 990);
  assert.equal(t.taken[0].data[4], 0x67);
  const { damaged, format } = t.stage.status();
  assert.deepEqual([damaged, format], [0, "h264"]);
  t.stop.abort();
  // That it cannot be closed is nobody's unhandled rejection.
  await t.runtime.advance(3000);
});

test("InputStage dials again when the sender is gone", async () => {
  const { all, receive } = connections();
  const t = setUp(receive);
  const running = t.stage.run(t.stop.signal);
  await t.runtime.turn();
  all[0]!.send(keyframe(), picture());
  await t.runtime.turn();
  all[0]!.chunks.end();
  await t.runtime.advance(400);
  assert.equal(all.length, 2);
  // What follows is of no use without a keyframe.
  all[1]!.send(picture(), keyframe());
  await t.runtime.turn();
  assert.deepEqual(t.taken.map(({ keyframe }) => keyframe), [
    true,
    false,
    true,
  ]);
  const { supervisor } = t.stage.status();
  assert.deepEqual(supervisor.failures, { ended: 1 });
  assert.equal(t.taken[2]?.stream, t.taken[0]?.stream);
  await t.end(running);
  assert.deepEqual(all.map(({ disposed }) => disposed), [1, 1]);
});

test("InputStage gives up a connection that is silent for 2 s", async () => {
  const { all, receive } = connections();
  const t = setUp(receive);
  const running = t.stage.run(t.stop.signal);
  await t.runtime.turn();
  all[0]!.send(keyframe());
  await t.runtime.advance(1990);
  assert.equal(t.stage.status().supervisor.state, "running");
  await t.runtime.advance(20);
  assert.deepEqual(t.stage.status().supervisor.failures, { stalled: 1 });
  assert.equal(all[0]!.disposed, 1);
  await t.end(running);
});

test("InputStage does not count the wait for a sender as silence", async () => {
  const ingest = new FakeIngest();
  const t = setUp(async ({ runtime, signal }) => {
    await runtime.sleep(ms(60_000), signal);
    return ingest;
  });
  const running = t.stage.run(t.stop.signal);
  await t.runtime.advance(60_000 + 1900);
  assert.equal(ingest.disposed, 0);
  ingest.send(keyframe());
  await t.runtime.advance(1900);
  assert.equal(ingest.disposed, 0);
  await t.runtime.advance(200);
  assert.equal(ingest.disposed, 1);
  await t.end(running);
});

test("InputStage closes what was opened after it was told to end", async () => {
  const ingest = new FakeIngest();
  const opened = Promise.withResolvers<void>();
  const t = setUp(async () => {
    await opened.promise;
    return ingest;
  });
  const running = t.stage.run(t.stop.signal);
  await t.runtime.turn();
  t.stop.abort();
  opened.resolve();
  await t.end(running);
  assert.equal(ingest.disposed, 1);
});

test("InputStage follows a sender whose clock is set back", async () => {
  const about = {
    keyframe: true,
    recoveryPoint: false,
    damaged: false,
    discontinuity: false,
  };
  const unit = { data: keyframe(), pts: us(0), ...about };
  const times = [5000, 900];
  const t = setUp(({ signal }) =>
    Promise.resolve(
      {
        type: "units",
        peer: "pi",
        units: (async function* () {
          for (const at of times) yield { ...unit, capturedAt: ms(at) };
          await aborted(signal);
        })(),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      } satisfies Ingest,
    )
  );
  const running = t.stage.run(t.stop.signal);
  await t.runtime.turn();
  assert.deepEqual(t.taken.map(({ origin }) => origin.at), times);
  assert.equal(t.stage.newestAt, 900);
  await t.end(running);
});

test("InputStage fails at once on what only the user can mend", async () => {
  const t = setUp(() => Promise.reject(new ConfigError("No such interface")));
  const running = t.stage.run(t.stop.signal);
  await assert.rejects(running, { message: "No such interface" });
});

test("InputStage tries for ever what comes from a peer", async () => {
  let attempts = 0;
  const t = setUp(() => {
    attempts++;
    return Promise.reject(new StreamError("refused", "Nobody there"));
  });
  const running = t.stage.run(t.stop.signal);
  await t.runtime.advance(60_000);
  assert.ok(attempts > 10);
  await t.end(running);
});
