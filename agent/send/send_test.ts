import assert from "node:assert/strict";
import { aborted } from "../../test/fakes/pipeline.ts";
import {
  numberOf,
  type Parts,
  picture,
  sendOptions,
  waits,
  watches,
} from "../../test/fakes/send_pipeline.ts";
import { test } from "../../test/harness.ts";
import { ConfigError, StreamError } from "../errors.ts";
import { ms } from "../media/time.ts";
import { readTiming } from "../media/timing_sei.ts";
import type { EmitAccessUnit, SourcePlugin } from "../plugin/source.ts";
import { createSender } from "./send.ts";

function setUp(parts: Parts) {
  const base = sendOptions(parts);
  return { ...base, sender: createSender(base.options) };
}

/** Ends after so many pictures, 33 ms apart. */
function clip(count: number): SourcePlugin["run"] {
  return async (emit, { runtime }) => {
    for (let n = 1; n <= count; n++) {
      emit(picture(n, n % 5 === 1));
      await runtime.sleep(ms(33));
    }
  };
}

const TEN = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

test("createSender() sends every unit before it ends with its input", async () => {
  const seen: [number[], number[]] = [[], []];
  const t = setUp({
    run: clip(10),
    query: "stamp=false&start=first-viewer",
    send: seen.map((seen) =>
      watches(async (unit) => {
        await t.runtime.sleep(ms(50));
        seen.push(numberOf(unit));
      })
    ),
  });
  const running = t.sender.run();
  await t.runtime.advance(1000);
  await running;
  assert.deepEqual(seen, [TEN, TEN]);
  assert.deepEqual(t.runtime.open, []);
  const { source, outputs } = t.sender.status();
  assert.equal(source.units, 10);
  assert.deepEqual(outputs.map(({ sent }) => sent), [10, 10]);
});

test("createSender() sends the end to a viewer that is slow", async () => {
  const seen: number[] = [];
  const t = setUp({
    run: async (emit, { runtime, signal }) => {
      for (let n = 1; n <= 10; n++) {
        emit(picture(n, n === 1));
        await runtime.sleep(ms(20), signal);
      }
    },
    send: [watches(async (unit) => {
      await t.runtime.sleep(ms(150));
      seen.push(numberOf(unit));
    })],
  });
  const running = t.sender.run();
  await t.runtime.advance(2000);
  await running;
  assert.deepEqual(seen, TEN);
});

test("createSender() does not wait for ever for a viewer at the end", async () => {
  const t = setUp({
    run: clip(2),
    query: "start=first-viewer",
    send: [(viewers, { signal }) => {
      viewers.open("reads nothing");
      return aborted(signal);
    }],
  });
  let ended = false;
  const running = t.sender.run().then(() => ended = true);
  await t.runtime.advance(4900);
  assert.equal(ended, false);
  await t.runtime.advance(200);
  await running;
  assert.deepEqual(t.runtime.open, []);
});

test("createSender() shows nobody the end a second time", async () => {
  const seen: number[][] = [];
  const t = setUp({
    run: clip(6),
    query: "stamp=false&start=first-viewer",
    send: [async (viewers) => {
      // Comes back at once, as a transport does that dials.
      for (let i = 0; i < 3; i++) {
        const units: number[] = [];
        seen.push(units);
        using viewer = viewers.open("dialled");
        for await (const unit of viewer.units) units.push(numberOf(unit));
      }
    }],
  });
  const running = t.sender.run();
  await t.runtime.advance(1000);
  await running;
  assert.deepEqual(seen[0], [1, 2, 3, 4, 5, 6]);
  assert.deepEqual(seen.flat().length, 6);
});

test("createSender() waits for the first viewer if told to", async () => {
  let began = false;
  const come = Promise.withResolvers<void>();
  const t = setUp({
    query: "start=first-viewer",
    run: (_, { signal }) => {
      began = true;
      return aborted(signal);
    },
    send: [async (viewers, { signal }) => {
      await come.promise;
      viewers.open("first");
      await aborted(signal);
    }],
  });
  const running = t.sender.run();
  await t.runtime.advance(30_000);
  assert.equal(began, false);
  come.resolve();
  await t.runtime.turn();
  assert.equal(began, true);
  t.stop.abort();
  await running;
});

test("createSender() ends all outputs when one cannot be mended", async () => {
  let ended = false;
  const t = setUp({
    run: (_, { signal }) => aborted(signal),
    send: [
      async (_, { signal }) => {
        await aborted(signal);
        ended = true;
      },
      () => Promise.reject(new ConfigError("Port in use")),
    ],
  });
  await assert.rejects(t.sender.run(), { message: "Port in use" });
  assert.equal(ended, true);
  assert.deepEqual(t.runtime.open, []);
  const { source, outputs } = t.sender.status();
  assert.equal(source.supervisor.state, "stopped");
  const states = outputs.map(({ supervisor }) => supervisor.state);
  assert.deepEqual(states, ["stopped", "failed"]);
});

test("createSender() ends all outputs when the source cannot be mended", async () => {
  const t = setUp({
    run: () => Promise.reject(new ConfigError("No such camera")),
    send: [waits, waits],
  });
  await assert.rejects(t.sender.run(), { message: "No such camera" });
  assert.deepEqual(t.runtime.open, []);
});

test("createSender() gives up after as many retries as it may", async () => {
  const { options, runtime } = sendOptions({
    run: () => Promise.reject(new StreamError("refused", "Nobody there")),
  });
  const running = createSender({ ...options, maxRetries: 1 }).run();
  const failure = assert.rejects(running, { name: "GaveUpError" });
  await runtime.advance(1000);
  await failure;
});

test("createSender() goes on for viewers when the source restarts", async () => {
  const seen: number[] = [];
  let attempt = 0;
  const t = setUp({
    run: async (emit, { runtime, signal }) => {
      attempt++;
      emit(picture(10 * attempt, true));
      emit(picture(10 * attempt + 1));
      await runtime.sleep(ms(100), signal);
      if (attempt === 1) throw new StreamError("lost", "Unplugged");
      await aborted(signal);
    },
    send: [watches((unit) => void seen.push(numberOf(unit)))],
  });
  const running = t.sender.run();
  await t.runtime.advance(600);
  assert.deepEqual(seen, [10, 11, 20, 21]);
  t.stop.abort();
  await running;
});

test("createSender() stamps units with this start unless told not to", async () => {
  const epochs: (number | undefined)[] = [];
  for (const query of ["", "", "stamp=false"]) {
    const t = setUp({
      query,
      run: (emit, { signal }) => {
        emit(picture(1, true));
        return aborted(signal);
      },
      send: [watches(({ data }) => void epochs.push(readTiming(data)?.epoch))],
    });
    const running = t.sender.run();
    await t.runtime.turn();
    t.stop.abort();
    await running;
  }
  assert.equal(typeof epochs[0], "number");
  assert.notEqual(epochs[0], epochs[1]);
  assert.equal(epochs[2], undefined);
});

const JOB = {
  input: ["-f", "v4l2", "-i", "/dev/video0"],
  size: { width: 640, height: 480 },
  fps: 30,
  time: "now",
} as const;

/** Sources, and the programs that a dry run of each has. */
const DRY_RUNS: [string, SourcePlugin["run"], string[]][] = [
  ["that encodes", (emit, { encode }) => encode(JOB, emit), ["ffmpeg"]],
  [
    "with a program of its own",
    async (_, { runtime, signal }) => {
      const command = "rpicam-vid";
      await using _child = await runtime.spawn({ command, args: [], signal });
    },
    ["rpicam-vid"],
  ],
  [
    "that draws itself",
    (emit: EmitAccessUnit, { signal }) => {
      emit(picture(1, true));
      return aborted(signal);
    },
    [],
  ],
];

for (const [what, run, programs] of DRY_RUNS) {
  test(`createSender() dry-runs a source ${what}`, async () => {
    const t = setUp({ run });
    const commands = await t.sender.commands();
    assert.deepEqual(commands.map(([program]) => program), programs);
    assert.deepEqual(t.runtime.processes.started, []);
    assert.equal(t.sender.status().source.units, 0);
  });
}

test("createSender() dry-runs into the source's own error", async () => {
  const t = setUp({ run: () => Promise.reject(new ConfigError("No camera")) });
  await assert.rejects(t.sender.commands(), { message: "No camera" });
});
