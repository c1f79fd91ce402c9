import assert from "node:assert/strict";
import { aborted } from "../../test/fakes/pipeline.ts";
import {
  FakeIngest,
  keyframe,
  picture,
  recvOptions,
} from "../../test/fakes/recv_pipeline.ts";
import {
  byteStream,
  writePps,
  writeSlice,
  writeSps,
} from "../../test/h264_writer.ts";
import { test } from "../../test/harness.ts";
import { ConfigError, StreamError } from "../errors.ts";
import { parseAddress } from "../media/address.ts";
import { concat } from "../media/bytes.ts";
import { ACCESS_UNIT_DELIMITER } from "../media/delimiter.ts";
import { sliceDigest } from "../media/slice_digest.ts";
import { ms, us } from "../media/time.ts";
import { insertTiming } from "../media/timing_sei.ts";
import type {
  Ingest,
  IngestDatagram,
  PacketStatistics,
  TransportPlugin,
} from "../plugin/transport.ts";
import { Queue } from "../runtime/queue.ts";
import { InputStage } from "./input_stage.ts";
import type { ReceivedUnit } from "./received_unit.ts";

function setUp(
  receive: NonNullable<TransportPlugin["receive"]>,
  query = "",
) {
  const base = recvOptions(receive);
  const address = parseAddress(`in://host:1${query}`);
  const input = { ...base.options.input, address };
  const stage = new InputStage({ ...base.options, input });
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
    codec: "h264",
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

const [PI, OTHER] = ["192.168.1.7:5004", "192.168.1.8:5004"] as const;

/** A port that the test sends to. */
class FakePort {
  readonly type = "datagrams" as const;
  readonly connectionless = true;
  readonly peer = "0.0.0.0:5004";
  readonly datagrams = new Queue<IngestDatagram>();
  readonly counts: PacketStatistics = { lost: 0, reordered: 0, dropped: 3 };
  disposed = 0;

  send(peer: string, ...parts: Uint8Array[]): void {
    this.datagrams.push({ data: concat(...parts), peer });
  }

  packets(): PacketStatistics {
    return this.counts;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.disposed++;
    this.datagrams.end();
    return Promise.resolve();
  }
}

/** A stage that runs on ports, which are opened as they are asked for. */
async function setUpPort(query = "") {
  const ports: FakePort[] = [];
  const t = setUp(() => {
    const port = new FakePort();
    ports.push(port);
    return Promise.resolve(port);
  }, query);
  const running = t.stage.run(t.stop.signal);
  await t.runtime.turn();
  const state = () => t.stage.status().supervisor.state;
  /** Has somebody send, and returns what consumers have got by now. */
  const send = async (peer: string, ...parts: Uint8Array[]) => {
    for (const part of parts) ports.at(-1)!.send(peer, part);
    await t.runtime.turn();
    return t.taken;
  };
  const end = () => t.end(running);
  return { ...t, ports, state, send, end };
}

/** A picture of our own sender, and the next delimiter. */
function stamped(
  sequence: number,
  { kind = "picture", epoch = 1, loses = false }: {
    kind?: "picture" | "keyframe" | "recovery";
    epoch?: number;
    loses?: boolean;
  } = {},
): Uint8Array<ArrayBuffer> {
  const slice = writeSlice(kind === "keyframe" ? 0x65 : 0x41, {
    payload: [...`picture ${sequence}`].map((letter) => letter.charCodeAt(0)),
  });
  const others = {
    picture: [],
    keyframe: [writeSps({ widthInMbs: 1, heightInMapUnits: 1 }), writePps()],
    // Whole two reference pictures later (ITU-T H.264, D.1.8).
    recovery: [[6, 6, 1, 0x71, 0x80]],
  }[kind];
  const data = byteStream([...others, slice]);
  const timed = insertTiming(data, {
    captured: true,
    epoch,
    bootTag: "f".repeat(16),
    sequence,
    monotonic: us(0),
    realtime: us(0),
    digest: sliceDigest(data),
  });
  const whole = loses ? timed.subarray(0, -3) : timed;
  return concat(whole, ACCESS_UNIT_DELIMITER);
}

const firstOfAll = stamped(0, { kind: "keyframe" });

test("InputStage takes units out of datagrams", async () => {
  const t = await setUpPort();
  assert.equal(t.stage.status().peer, "0.0.0.0:5004");
  const whole = firstOfAll;
  await t.send(PI, whole.subarray(0, 20), whole.subarray(20), stamped(1));
  assert.deepEqual(t.taken.map(({ keyframe }) => keyframe), [true, false]);
  const { peer, format, size, units, packets } = t.stage.status();
  assert.deepEqual([peer, format, size, units], [PI, "h264", "16x16", 2]);
  assert.deepEqual(packets, { lost: 0, reordered: 0, dropped: 3 });
  await t.end();
  assert.equal(t.ports[0]!.disposed, 1);
});

test("InputStage keeps a silent port open, and goes on with who sends", async () => {
  const t = await setUpPort();
  await t.send(PI, firstOfAll);
  await t.runtime.advance(1990);
  assert.equal(t.state(), "running");
  await t.runtime.advance(20);
  assert.equal(t.state(), "stalled");
  await t.runtime.advance(60_000);
  assert.equal(t.state(), "stalled");
  await t.send(PI, stamped(1));
  assert.equal(t.state(), "running");
  assert.equal(t.taken.length, 2);
  const { restarts, failures } = t.stage.status().supervisor;
  assert.deepEqual([restarts, failures], [0, { stalled: 1 }]);
  assert.deepEqual(t.ports.map(({ disposed }) => disposed), [0]);
  assert.match(t.lines.join("\n"), /Nothing arrived.*; keeping it open/);
  await t.end();
});

test("InputStage is stalled at a port that nobody sends to", async () => {
  const t = await setUpPort();
  await t.runtime.advance(1990);
  assert.equal(t.state(), "starting");
  await t.runtime.advance(20);
  assert.equal(t.state(), "stalled");
  await t.runtime.advance(600_000);
  assert.equal(t.ports.length, 1);
  await t.send(PI, firstOfAll);
  assert.equal(t.state(), "running");
  assert.equal(t.taken.length, 1);
  await t.end();
});

test("InputStage does not take garbage for a sign of life", async () => {
  const t = await setUpPort();
  await t.send(PI, firstOfAll);
  for (let time = 0; time < 3000; time += 100) {
    await t.send(OTHER, new Uint8Array(100).fill(0x55));
    await t.runtime.advance(100);
  }
  assert.equal(t.state(), "stalled");
  assert.equal(t.stage.status().peer, PI);
  await t.end();
});

test("InputStage opens a port anew that broke, and counts on", async () => {
  const t = await setUpPort();
  await t.send(PI, firstOfAll);
  t.ports[0]!.datagrams.end(new StreamError("lost", "The socket broke"));
  await t.runtime.advance(400);
  assert.equal(t.ports.length, 2);
  assert.equal(t.stage.status().packets.dropped, 6);
  await t.send(PI, stamped(1), stamped(2, { kind: "keyframe" }));
  assert.deepEqual(t.taken.map(({ keyframe }) => keyframe), [true, true]);
  await t.end();
});

test("InputStage ignores a second sender, and warns once", async () => {
  const t = await setUpPort();
  await t.send(PI, firstOfAll);
  for (let sequence = 1; sequence < 10; sequence++) {
    await t.send(OTHER, stamped(sequence, { kind: "keyframe", epoch: 2 }));
    await t.send(PI, stamped(sequence));
  }
  assert.deepEqual(t.taken.map(({ keyframe }) => keyframe), [
    true,
    ...Array.from({ length: 9 }, () => false),
  ]);
  assert.deepEqual(t.lines.filter((line) => line.includes("ignored")), [
    `recv transport-fake: ${OTHER} sends as well as ${PI}, and is ignored; ` +
    "?source= chooses one",
  ]);
  await t.end();
});

test("InputStage begins anew with another sender", async () => {
  const t = await setUpPort();
  await t.send(PI, firstOfAll, stamped(1));
  await t.runtime.advance(500);
  const epoch = 2;
  await t.send(
    OTHER,
    ...[70, 71].map((sequence) => stamped(sequence, { epoch })),
    stamped(72, { epoch, kind: "keyframe" }),
  );
  assert.deepEqual(t.taken.map(({ keyframe }) => keyframe), [
    true,
    false,
    true,
  ]);
  const { peer, missing, damaged } = t.stage.status();
  assert.deepEqual([peer, missing, damaged], [OTHER, 0, 0]);
  await t.end();
});

test("InputStage waits for a keyframe of a sender that began anew", async () => {
  const t = await setUpPort();
  const epoch = 2;
  await t.send(PI, firstOfAll, stamped(1));
  await t.send(PI, stamped(9, { epoch }));
  await t.send(PI, stamped(10, { epoch, kind: "keyframe" }));
  assert.deepEqual(t.taken.map(({ keyframe }) => keyframe), [
    true,
    false,
    true,
  ]);
  await t.end();
});

/** Pictures of which some are lost, and what becomes of the others. */
const LOSSES: Record<string, {
  sent: Uint8Array<ArrayBuffer>[];
  hold: string;
  flag: string;
  counts: { damaged: number; missing: number; held: number };
}> = {
  "a missing picture": {
    sent: [
      firstOfAll,
      stamped(2),
      stamped(3),
      stamped(4, { kind: "keyframe" }),
    ],
    hold: "k k",
    flag: "k p! p! k",
    counts: { damaged: 0, missing: 1, held: 2 },
  },
  "a damaged picture": {
    sent: [
      firstOfAll,
      stamped(1, { loses: true }),
      stamped(2),
      stamped(3, { kind: "keyframe" }),
    ],
    hold: "k k",
    flag: "k p! p! k",
    counts: { damaged: 1, missing: 0, held: 1 },
  },
  "a damaged keyframe": {
    sent: [
      firstOfAll,
      stamped(1, { kind: "keyframe", loses: true }),
      stamped(2),
      stamped(3, { kind: "keyframe" }),
    ],
    hold: "k k",
    flag: "k k! p! k",
    counts: { damaged: 1, missing: 0, held: 1 },
  },
  "a recovery point": {
    sent: [
      firstOfAll,
      stamped(2),
      stamped(3, { kind: "recovery" }),
      stamped(4),
      stamped(5),
      stamped(6),
    ],
    hold: "k r? p? p p",
    flag: "k p! r! p! p p",
    counts: { damaged: 0, missing: 1, held: 3 },
  },
};

for (const [what, { sent, hold, flag, counts }] of Object.entries(LOSSES)) {
  for (const policy of ["hold", "flag", "pass"] as const) {
    test(`InputStage with loss=${policy} gets ${what}`, async () => {
      const t = await setUpPort(`?loss=${policy}`);
      await t.send(PI, ...sent);
      const taken = t.taken.map((unit) => {
        const { keyframe, recoveryPoint, hidden, spoilt } = unit;
        const kind = keyframe ? "k" : recoveryPoint ? "r" : "p";
        return kind + (hidden ? "?" : "") + (spoilt ? "!" : "");
      });
      const all = flag.replaceAll("!", "");
      const wanted = { hold, flag, pass: all }[policy];
      assert.equal(taken.join(" "), wanted);
      const { damaged, missing, held } = t.stage.status();
      const wantedHeld = policy === "hold" ? counts.held : 0;
      assert.deepEqual({ damaged, missing, held }, {
        ...counts,
        held: wantedHeld,
      });
      await t.end();
    });
  }
}

test("InputStage lets nobody join where pictures are held back", async () => {
  const t = await setUpPort();
  await t.send(PI, firstOfAll, stamped(2));
  const queue = t.stage.hub.join(ms(200));
  assert.equal(queue.size, 0);
  await t.send(PI, stamped(3, { kind: "keyframe" }), stamped(4));
  assert.equal(queue.size, 2);
  queue[Symbol.dispose]();
  await t.end();
});

test("InputStage refuses a loss policy that there is not", () => {
  assert.throws(() => setUp(() => new FakeIngest().open(), "?loss=drop"), {
    name: "ConfigError",
    message: 'Cannot use "in://host:1?loss=drop": option "loss" is "drop", ' +
      "expected hold, flag or pass",
  });
});

test("InputStage takes what a transport knows of losses and restarts", async () => {
  const about = {
    keyframe: false,
    recoveryPoint: false,
    damaged: false,
    discontinuity: false,
    pts: us(0),
  };
  const [key, other] = [
    { ...about, data: keyframe(), keyframe: true },
    { ...about, data: picture() },
  ];
  const units = [
    key,
    { ...other, discontinuity: true },
    key,
    { ...other, damaged: true },
    key,
    other,
    { ...other, restart: true },
    { ...key, restart: true },
    other,
  ];
  const t = setUp(({ signal }) =>
    Promise.resolve(
      {
        type: "units",
        peer: PI,
        connectionless: true,
        units: (async function* () {
          yield* units;
          await aborted(signal);
        })(),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      } satisfies Ingest,
    )
  );
  const running = t.stage.run(t.stop.signal);
  await t.runtime.turn();
  const taken = t.taken.map(({ keyframe }) => keyframe ? "k" : "p");
  assert.equal(taken.join(" "), "k k k p k p");
  const { damaged, held } = t.stage.status();
  assert.deepEqual([damaged, held], [1, 1]);
  await t.end(running);
});

test("InputStage shows what a connection delivers, however odd it is", async () => {
  const { all, receive } = connections();
  const t = setUp(receive);
  const running = t.stage.run(t.stop.signal);
  await t.runtime.turn();
  // An empty NAL unit in front of every picture.
  const empty = Uint8Array.of(0, 0, 0, 1);
  for (let n = 0; n < 4; n++) {
    all[0]!.send(empty, n === 0 ? keyframe() : picture());
  }
  await t.runtime.turn();
  assert.deepEqual(t.taken.map(({ number }) => number), [1, 2, 3, 4]);
  assert.deepEqual([t.stage.status().damaged, t.stage.status().held], [4, 0]);
  await t.end(running);
});
