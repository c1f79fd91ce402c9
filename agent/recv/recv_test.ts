import assert from "node:assert/strict";
import {
  decodes,
  FakeIngest,
  type FakeSink,
  keeps,
  keyframe,
  picture,
  recvOptions,
  type SinkPart,
} from "../../test/fakes/recv_pipeline.ts";
import { until } from "../../test/faults/deadline.ts";
import { test } from "../../test/harness.ts";
import { ConfigError, StreamError } from "../errors.ts";
import { frameBytes, type FrameFormat } from "../media/frame.ts";
import { ms, us } from "../media/time.ts";
import type { FrameSink } from "../plugin/sink.ts";
import type { Ingest, IngestUnit } from "../plugin/transport.ts";
import { Queue } from "../runtime/queue.ts";
import { createReceiver, type RecvOptions } from "./recv.ts";

/** FFmpeg's part reads and writes a real pipe: that takes real time. */
const DEADLINE_MS = 5000;

type Opened = [FrameFormat, FakeSink][];

function setUp(
  parts: readonly SinkPart[],
  more: Pick<RecvOptions, "spare"> = {},
) {
  const ingest = new FakeIngest();
  const base = recvOptions(() => ingest.open(), parts);
  base.runtime.processes.programs.set("ffmpeg", decodes);
  const receiver = createReceiver({ ...base.options, ...more });
  const end = async (running: Promise<void>) => {
    base.stop.abort();
    await running;
    assert.deepEqual(base.runtime.open, []);
  };
  return { ...base, ingest, receiver, end };
}

/** Waits until the last sink that was opened has so many frames. */
async function reach(opened: Opened, count: number): Promise<void> {
  const has = () => (opened.at(-1)?.[1].frames.length ?? 0) >= count;
  await until(DEADLINE_MS, `${count} frames`, has);
}

/** A sink whose reader leaves at the first frame. */
const leaves: SinkPart = {
  open: (): FrameSink => ({
    write: () => Promise.reject(new StreamError("ended", "It left")),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }),
};

test("createReceiver() brings the frames of a stream to a sink", async () => {
  const opened: Opened = [];
  const t = setUp([keeps(opened)]);
  const running = t.receiver.run();
  await t.runtime.turn();
  for (let n = 1; n <= 3; n++) {
    t.ingest.send(n === 1 ? keyframe() : picture());
    await reach(opened, n);
  }
  const [format, { frames }] = opened[0]!;
  assert.deepEqual([format.width, format.height], [16, 16]);
  assert.deepEqual(frames.map(({ sequence }) => sequence), [1, 2, 3]);
  const numbers = frames.map(({ data }) => [...new Set(data)]);
  assert.deepEqual(numbers, [[1], [2], [3]]);
  const { input, decoders, sinks } = t.receiver.status();
  assert.equal(input.units, 3);
  const { supervisor, ...decoder } = decoders[0]!;
  assert.equal(supervisor.state, "running");
  assert.deepEqual(decoder, {
    pixelFormat: "rgb24",
    size: "16x16",
    decoder: "software",
    spare: false,
    decoded: 3,
    dropped: 0,
    stale: 0,
    hidden: 0,
  });
  assert.equal(sinks[0]?.written, 3);
  await t.end(running);
  assert.equal(opened[0]![1].disposed, 1);
});

test("createReceiver() starts another decoder for another size", async () => {
  const opened: Opened = [];
  const t = setUp([keeps(opened)]);
  const running = t.receiver.run();
  await t.runtime.turn();
  t.ingest.send(keyframe());
  await reach(opened, 1);
  t.ingest.send(keyframe(2, 1));
  await t.runtime.turn();
  // The time that the last frames of the former may take.
  await until(DEADLINE_MS, "second sink", async () => {
    await t.runtime.advance(100);
    return opened.length === 2;
  });
  await reach(opened, 1);
  const widths = opened.map(([{ width }]) => width);
  assert.deepEqual(widths, [16, 32]);
  assert.equal(opened[1]![1].frames[0]!.data.length, 32 * 16 * 3);
  assert.equal(t.runtime.processes.started.length, 2);
  assert.equal(t.receiver.status().decoders[0]!.supervisor.restarts, 0);
  await t.end(running);
});

test("createReceiver() scales pictures to what their container says", async () => {
  const opened: Opened = [];
  const units = new Queue<IngestUnit>();
  const t = recvOptions(() => Promise.resolve(unitIngest(units)), [
    keeps(opened),
  ]);
  t.runtime.processes.programs.set("ffmpeg", decodes);
  const running = createReceiver(t.options).run();
  const unit = { pts: us(0), recoveryPoint: false, damaged: false };
  units.push({
    ...unit,
    codec: "vp8",
    data: Uint8Array.of(0x10),
    size: { width: 32, height: 16 },
    keyframe: true,
    discontinuity: false,
  });
  await reach(opened, 1);
  assert.deepEqual([opened[0]![0].width, opened[0]![0].height], [32, 16]);
  const [, ...commands] = t.runtime.processes.started;
  assert.equal(commands.length, 1);
  assert.match(commands[0]!.join(" "), / -c:v vp8 .*,scale=w=32:h=16 /);
  t.stop.abort();
  await running;
});

/** An open stream of whole units. */
function unitIngest(units: Queue<IngestUnit>): Ingest {
  return {
    type: "units",
    peer: "192.168.1.7:5004",
    units,
    [Symbol.asyncDispose]() {
      units.end();
      return Promise.resolve();
    },
  };
}

test("createReceiver() bounds how often another size costs a decoder", async () => {
  const t = setUp([{}]);
  let fed = 0;
  t.runtime.processes.programs.set("ffmpeg", async ({ stdin }) => {
    let count = 0;
    for await (const _ of stdin) if (count++ === 0) fed++;
  });
  const running = t.receiver.run();
  await t.runtime.turn();
  let width = 1;
  /** Sends another size; how long its decoder takes to come. */
  const change = async () => {
    const since = t.runtime.now();
    const before = fed;
    let due: number = since;
    let lines = t.lines.length;
    width++;
    await until(DEADLINE_MS, "decoder", async () => {
      if (fed > before) return true;
      t.ingest.send(keyframe(width));
      const waits = t.lines.slice(lines).map((line) =>
        Number(/; waits ([\d.]+) s$/.exec(line)?.[1] ?? 0) * 1000
      );
      lines = t.lines.length;
      if (waits.length > 0) due = t.runtime.now() + Math.max(...waits);
      // Meanwhile real pipes are opened, for which the clock stands still: a
      // run of a second would be none that counts.
      const now = t.runtime.now();
      await t.runtime.advance(now < due ? 100 : now < due + 400 ? 20 : 0);
      return false;
    });
    return t.runtime.now() - since;
  };
  let free = -1;
  while (free < 30 && await change() < 1000) free++;
  // The last frames of each have 300 ms: in 6 s a token is regained.
  assert.ok(free >= 20 && free <= 22, `${free}`);
  for (let count = 0; count < 3; count++) assert.ok(await change() > 3000);
  assert.match(t.lines.at(-1)!, /pictures change too often; waits \d\.\d s$/);
  // One that ran for a second was no part of it.
  await t.runtime.advance(1000);
  assert.ok(await change() < 1000);
  await t.end(running);
});

test("createReceiver() waits for a decoder that takes its time to start", async () => {
  const t = setUp([{}]);
  // 600 ms to the first frame, as on a busy machine.
  t.runtime.processes.programs.set("ffmpeg", async (child) => {
    await t.runtime.sleep(ms(600));
    await decodes(child);
  });
  const running = t.receiver.run();
  await t.runtime.turn();
  const units = 15;
  for (let n = 0; n < units; n++) {
    t.ingest.send(n === 0 ? keyframe() : picture());
    await t.runtime.advance(33);
  }
  await t.runtime.advance(200);
  const decoder = () => t.receiver.status().decoders[0]!;
  await until(DEADLINE_MS, "frames", () => decoder().decoded === units);
  assert.equal(decoder().dropped, 0);
  await t.end(running);
});

test("createReceiver() shares a decoder among sinks of one kind", async () => {
  const opened: Opened[] = [[], [], []];
  const queries = ["", "size=32x16", "fps=100"];
  const t = setUp(
    queries.map((query, i) => ({ ...keeps(opened[i]!), query })),
  );
  const running = t.receiver.run();
  await t.runtime.turn();
  t.ingest.send(keyframe());
  for (const sink of opened) await reach(sink, 1);
  const sizes = opened.map(([sink]) => frameBytes(sink![0]));
  assert.deepEqual(sizes, [768, 1536, 768]);
  assert.equal(t.runtime.processes.started.length, 2);
  assert.equal(t.receiver.status().decoders.length, 2);
  await t.end(running);
});

test("createReceiver() has its decoder started before the stream", async () => {
  const t = setUp([{}]);
  const running = t.receiver.run();
  await t.runtime.advance(60_000);
  assert.equal(t.runtime.processes.running.size, 1);
  assert.equal(t.runtime.processes.started.length, 1);
  await t.end(running);
});

test("createReceiver() starts a decoder again that died", async () => {
  const opened: Opened = [];
  const t = setUp([keeps(opened)]);
  const running = t.receiver.run();
  await t.runtime.turn();
  t.ingest.send(keyframe());
  await reach(opened, 1);
  const [child] = t.runtime.processes.running;
  child!.exit(1);
  await until(
    DEADLINE_MS,
    "failure",
    () => t.receiver.status().decoders[0]!.supervisor.state === "waiting",
  );
  await t.runtime.advance(400);
  // From the access units since the last keyframe, in the same ring.
  await reach(opened, 2);
  assert.equal(opened.length, 1);
  const { failures } = t.receiver.status().decoders[0]!.supervisor;
  assert.deepEqual(failures, { exited: 1 });
  await t.end(running);
});

test("createReceiver() has the spare take over at once", async () => {
  const opened: Opened = [];
  const t = setUp([keeps(opened)]);
  const running = t.receiver.run();
  await t.runtime.turn();
  t.ingest.send(keyframe());
  await reach(opened, 1);
  assert.equal(t.runtime.processes.running.size, 1);
  await t.runtime.advance(1000);
  t.ingest.send(picture());
  await reach(opened, 2);
  const decoder = () => t.receiver.status().decoders[0]!;
  await until(DEADLINE_MS, "spare", () => decoder().spare);
  const [child] = t.runtime.processes.running;
  child!.exit(1);
  // No time passes: the GOP is decoded anew, and what was shown is not.
  await until(DEADLINE_MS, "take-over", async () => {
    await t.runtime.advance(0);
    return !decoder().spare;
  });
  t.ingest.send(picture());
  await reach(opened, 3);
  assert.equal(opened.length, 1);
  assert.equal(t.runtime.processes.started.length, 2);
  const { restarts, failures } = decoder().supervisor;
  assert.deepEqual([restarts, failures], [1, { exited: 1 }]);
  await t.end(running);
});

test("createReceiver() has no spare where none is wanted", async () => {
  const opened: Opened = [];
  const t = setUp([keeps(opened)], { spare: false });
  const running = t.receiver.run();
  await t.runtime.turn();
  t.ingest.send(keyframe());
  await reach(opened, 1);
  await t.runtime.advance(1000);
  t.ingest.send(picture());
  await reach(opened, 2);
  assert.equal(t.runtime.processes.started.length, 1);
  await t.end(running);
});

test("createReceiver() ends when the last reader is gone", async () => {
  const t = setUp([leaves, { ...leaves, query: "size=32x16" }]);
  const running = t.receiver.run();
  await t.runtime.turn();
  t.ingest.send(keyframe());
  await running;
  assert.deepEqual(t.runtime.open, []);
  assert.equal(t.ingest.disposed, 1);
});

test("createReceiver() decodes for nobody who is gone", async () => {
  const opened: Opened = [];
  const t = setUp([{ ...leaves, query: "size=32x16" }, keeps(opened)]);
  const running = t.receiver.run();
  await t.runtime.turn();
  t.ingest.send(keyframe());
  await reach(opened, 1);
  const states = () => {
    const { decoders, sinks } = t.receiver.status();
    return [...decoders, ...sinks].map((part) => part.supervisor.state).join();
  };
  const expected = "stopped,running,stopped,running";
  await until(DEADLINE_MS, expected, () => states() === expected);
  assert.equal(t.runtime.processes.running.size, 1);
  t.ingest.send(picture());
  await reach(opened, 2);
  await t.end(running);
});

test("createReceiver() gives memory back after the sinks", async () => {
  const events: string[] = [];
  const dispose = (what: string) => ({
    [Symbol.asyncDispose]: () => Promise.resolve(void events.push(what)),
  });
  const t = setUp([{
    allocate: (format, slots) => ({
      slots: Array.from(
        { length: slots },
        () => new Uint8Array(frameBytes(format)),
      ),
      ...dispose("memory"),
    }),
    open: () => ({
      write: () => void events.push("frame"),
      ...dispose("sink"),
    }),
  }]);
  const running = t.receiver.run();
  await t.runtime.turn();
  t.ingest.send(keyframe());
  await until(DEADLINE_MS, "frame", () => events.length > 0);
  await t.end(running);
  assert.deepEqual(events, ["frame", "sink", "memory"]);
});

/** What only the user can mend, and in which stage. */
const FATAL: [
  string,
  (t: ReturnType<typeof recvOptions>["options"]) => void,
][] = [
  ["input", (options) => {
    options.input.plugin.receive = () =>
      Promise.reject(new ConfigError("Mend this"));
  }],
  ["sink", ({ sinks }) => {
    sinks[1]!.plugin.prepare = () => {
      throw new ConfigError("Mend this");
    };
  }],
  ["decoder", ({ runtime }) => {
    runtime.processes.programs.delete("ffmpeg");
  }],
];

for (const [stage, spoil] of FATAL) {
  test(`createReceiver() ends everything when its ${stage} cannot be mended`, async () => {
    const ingest = new FakeIngest();
    const { options, runtime } = recvOptions(() => ingest.open(), [{}, {}]);
    runtime.processes.programs.set("ffmpeg", decodes);
    spoil(options);
    const receiver = createReceiver(options);
    const message = stage === "decoder" ? /ffmpeg.*not found/ : /Mend this/;
    await assert.rejects(receiver.run(), message);
    assert.deepEqual(runtime.open, []);
    const { input, decoders, sinks } = receiver.status();
    const states = [input, ...decoders, ...sinks].map((part) =>
      part.supervisor.state
    );
    assert.deepEqual(
      states.toSorted(),
      ["failed", "stopped", "stopped", "stopped"],
    );
  });
}

test("createReceiver() tells its command lines and starts none", async () => {
  const t = setUp([{}, { query: "size=32x16&pixelFormat=gray" }]);
  const commands = await t.receiver.commands();
  assert.equal(commands.length, 2);
  assert.ok(commands.every(([program]) => program === "ffmpeg"));
  assert.ok(commands[0]?.includes("rgb24"));
  assert.match(commands[1]!.join(" "), /scale=w=32:h=16 .* gray -y pipe:1$/);
  assert.deepEqual(t.runtime.processes.started, []);
});
