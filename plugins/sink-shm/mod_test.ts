import assert from "node:assert/strict";
import { lstatSync, readdirSync, writeFileSync } from "node:fs";
import { concat } from "../../agent/media/bytes.ts";
import { type Frame, packedFormat } from "../../agent/media/frame.ts";
import { ms } from "../../agent/media/time.ts";
import { runtime } from "../../agent/runtime/mod.ts";
import {
  monotonicNow,
  openFrames,
  Segment,
  type SharedFrame,
} from "../../readers/typescript/camagent.ts";
import { declare } from "../../test/contract/declaration.ts";
import { frameOf, paddedFormat } from "../../test/contract/frames.ts";
import { testSink } from "../../test/contract/sink_contract.ts";
import { contextOf } from "../../test/contract/sink_usage.ts";
import { FakeRuntime } from "../../test/fakes/runtime.ts";
import { test } from "../../test/harness.ts";
import { freshName } from "../../test/shm/name.ts";
import { HEADER, SLOT } from "./layout.ts";
import * as sinkShm from "./mod.ts";

// Loads the C library outside of any test: it stays.
monotonicNow();

const PATH = "/dev/shm/camagent-cam0";
const FORMAT = paddedFormat(6, 4, "rgb24");
const plugin = declare(sinkShm, "sink");

const SKIPS = [
  {
    reason: "it does not know its readers, who need not be there",
    tests: ["skips frames or throws a StreamError when its reader is gone"],
  },
];

/** A machine with a folder for shared memory. */
function machine(): FakeRuntime {
  const runtime = new FakeRuntime();
  runtime.files.paths.set("/dev/shm", { kind: "folder" });
  return runtime;
}

/** The rows of a frame, without what is between them. */
function rowsOf({ data, planes }: SharedFrame): Uint8Array {
  return concat(
    ...planes.flatMap(({ offset, stride, rows, rowBytes }) =>
      Array.from({ length: rows }, (_, row) => {
        const start = offset + row * stride;
        return data.subarray(start, start + rowBytes);
      })
    ),
  );
}

/** What stands in the memory of a fake machine. */
function segmentOf(runtime: FakeRuntime, path = PATH): Segment {
  const { content } = runtime.files.paths.get(path)!;
  return new Segment(content!.buffer);
}

function openCase() {
  const runtime = machine();
  return {
    address: "shm:cam0",
    runtime,
    stall() {},
    received() {
      const segment = segmentOf(runtime);
      const found = segment.newest();
      return found ? rowsOf(segment.view(found)) : new Uint8Array();
    },
  };
}

testSink(sinkShm, openCase, SKIPS);

testSink(
  sinkShm,
  openRealCase,
  SKIPS,
  "sink-shm before readers/typescript",
);

function openRealCase() {
  const { name } = freshName();
  const frames = openFrames(name);
  return {
    address: `shm:${name}`,
    runtime,
    stall() {},
    received() {
      const frame = frames.readLatest();
      return frame ? rowsOf(frame) : new Uint8Array();
    },
    [Symbol.asyncDispose]() {
      frames[Symbol.dispose]();
      assert.deepEqual(readdirSync("/dev/shm").filter(isOf(name)), []);
      return Promise.resolve();
    },
  };
}

function isOf(name: string) {
  return (file: string) => file.includes(name);
}

/** A sink of a machine, and what its contract hands it. */
function contextFor(
  runtime: FakeRuntime,
  address = "shm:cam0",
  signal = new AbortController().signal,
) {
  return contextOf(plugin, address, runtime, signal);
}

/** The next frame in a slot, as the agent fills it. */
function frameIn(
  data: Uint8Array<ArrayBuffer>,
  sequence: number,
  change: Partial<Frame> = {},
): Frame {
  return { ...frameOf(FORMAT, data), sequence, keyframe: false, ...change };
}

test("sink-shm tells of every frame when it was made, and how", async () => {
  const runtime = machine();
  const context = contextFor(runtime);
  await using memory = await plugin.allocate!(FORMAT, 3, context);
  await using sink = await plugin.open(FORMAT, context, undefined);
  await runtime.advance(1000);
  const seen: unknown[] = [];
  const show = async (slot: number, sequence: number, frame = {}) => {
    memory.reuse!(slot);
    await sink.write(frameIn(memory.slots[slot]!, sequence, frame));
    const segment = segmentOf(runtime);
    const { number, keyframe, damaged, afterLoss, capturedAt } = segment.view(
      segment.newest()!,
    );
    seen.push([number, keyframe, damaged, afterLoss, capturedAt]);
  };
  await show(0, 7, { keyframe: true, capturedAt: ms(900.25) });
  await show(1, 8);
  await show(2, 10, { damaged: true });
  assert.deepEqual(seen, [
    [1, true, false, false, 900.25],
    [2, false, false, false, undefined],
    [3, false, true, true, undefined],
  ]);
  const segment = segmentOf(runtime);
  const view = segment.view(segment.newest()!);
  assert.equal(view.publishedAt, runtime.now());
});

test("sink-shm takes a frame back before its slot is filled anew", async () => {
  const runtime = machine();
  const context = contextFor(runtime);
  await using memory = await plugin.allocate!(FORMAT, 3, context);
  await using sink = await plugin.open(FORMAT, context, undefined);
  memory.reuse!(1);
  await sink.write(frameIn(memory.slots[1]!, 1));
  const segment = segmentOf(runtime);
  const found = segment.newest()!;
  const view = segment.view(found);
  assert.ok(view.isWhole());
  memory.reuse!(1);
  memory.reuse!(1);
  assert.ok(!view.isWhole());
  assert.equal(segment.newest(), undefined);
  await sink.write(frameIn(memory.slots[1]!, 2));
  assert.ok(!view.isWhole());
  assert.equal(segment.newest()?.sequence, found.sequence + 2);
});

test("sink-shm wakes its readers at every frame and at its end", async () => {
  const runtime = machine();
  const context = contextFor(runtime);
  const memory = await plugin.allocate!(FORMAT, 3, context);
  const sink = await plugin.open(FORMAT, context, undefined);
  const segment = segmentOf(runtime);
  for (const slot of [0, 1]) {
    memory.reuse!(slot);
    await sink.write(frameIn(memory.slots[slot]!, slot));
  }
  assert.deepEqual([segment.notify, runtime.memory.wakes], [2, 2]);
  await sink[Symbol.asyncDispose]();
  await memory[Symbol.asyncDispose]();
  assert.deepEqual([segment.notify, runtime.memory.wakes], [3, 3]);
  assert.equal(segment.state(runtime.now()), "closed");
});

test("sink-shm is live for as long as it runs, without a frame", async () => {
  const runtime = machine();
  const context = contextFor(runtime);
  const memory = await plugin.allocate!(FORMAT, 3, context);
  const segment = segmentOf(runtime);
  for (let second = 0; second < 5; second++) {
    await runtime.advance(1000);
    assert.equal(segment.state(runtime.now()), "live");
  }
  assert.equal(segment.state(runtime.now() + 901), "stale");
  await memory[Symbol.asyncDispose]();
});

test("sink-shm copies frames that are in another one's memory", async () => {
  const runtime = machine();
  const [one, two] = [contextFor(runtime), contextFor(runtime, "shm:cam1")];
  await using memory = await plugin.allocate!(FORMAT, 5, one);
  await using first = await plugin.open(FORMAT, one, undefined);
  await using second = await plugin.open(FORMAT, two, undefined);
  for (const slot of [0, 1, 2, 3, 4]) {
    memory.reuse!(slot);
    const frame = frameIn(memory.slots[slot]!, slot);
    frame.data[0] = slot;
    await first.write(frame);
    await second.write(frame);
    for (const path of [PATH, "/dev/shm/camagent-cam1"]) {
      const segment = segmentOf(runtime, path);
      const found = segment.newest()!;
      assert.deepEqual([...segment.view(found).data], [...frame.data], path);
      assert.equal(found.number, slot + 1);
    }
  }
});

test("sink-shm has as many slots as it is asked for, or told", async () => {
  const runtime = machine();
  for (const [address, slots] of [["shm:cam0", 5], ["shm:cam0?slots=9", 9]]) {
    const context = contextFor(runtime, address as string);
    await using memory = await plugin.allocate!(FORMAT, 5, context);
    assert.equal(memory.slots.length, slots);
  }
});

test("sink-shm has the larger pictures where the smaller ones were", async () => {
  const runtime = machine();
  const context = contextFor(runtime);
  const small = await plugin.allocate!(FORMAT, 3, context);
  const before = segmentOf(runtime);
  const larger = packedFormat(12, 8, "rgb24");
  const large = await plugin.allocate!(larger, 3, context);
  assert.equal(segmentOf(runtime).geometry.width, 12);
  // Though somebody still reads what was borrowed of it.
  assert.equal(before.state(runtime.now()), "closed");
  await small[Symbol.asyncDispose]();
  assert.equal(segmentOf(runtime).geometry.width, 12);
  await large[Symbol.asyncDispose]();
  assert.deepEqual([...runtime.files.paths.keys()], ["/dev/shm"]);
});

test("sink-shm leaves a name to the process that has it", async () => {
  const runtime = machine();
  using _ = runtime.claim(`shm:${PATH}`);
  const expected = {
    name: "ConfigError",
    exitCode: 73,
    message: `Cannot make shared memory "${PATH}": another camagent writes ` +
      "to it; stop it or choose another name",
  };
  const context = contextFor(runtime);
  await assert.rejects(async () => await plugin.prepare!(context), expected);
  await assert.rejects(
    async () => await plugin.allocate!(FORMAT, 3, context),
    expected,
  );
  assert.equal(runtime.files.paths.get(PATH), undefined);
});

/** The header of a writer whose claim cannot be seen from here. */
async function standing(runtime: FakeRuntime): Promise<Uint8Array> {
  const other = machine();
  await other.advance(runtime.now() - other.now());
  const memory = await plugin.allocate!(FORMAT, 3, contextFor(other));
  const content = other.files.paths.get(PATH)!.content!;
  const head = content.slice();
  await memory[Symbol.asyncDispose]();
  runtime.files.paths.set(PATH, { kind: "file", content: head });
  return head;
}

test("sink-shm leaves a name to whose heart beats, and to no other", async () => {
  const runtime = machine();
  await runtime.advance(5000);
  await standing(runtime);
  const context = contextFor(runtime);
  const allocate = async () => await plugin.allocate!(FORMAT, 3, context);
  await runtime.advance(900);
  await assert.rejects(
    allocate,
    /another camagent, process 4711, writes to it/,
  );
  await runtime.advance(1);
  await using _ = await allocate();
});

test("sink-shm takes over what was written before this machine started", async () => {
  const runtime = machine();
  const before = machine();
  await before.advance(9000);
  await standing(before);
  runtime.files.paths.set(PATH, before.files.paths.get(PATH)!);
  await using _ = await plugin.allocate!(FORMAT, 3, contextFor(runtime));
});

test("sink-shm leaves alone what is no shared memory of ours", async () => {
  const runtime = machine();
  const context = contextFor(runtime);
  for (const content of ["", "camagen", "precious".repeat(100)]) {
    const bytes = new TextEncoder().encode(content);
    runtime.files.paths.set(PATH, { kind: "file", content: bytes });
    await assert.rejects(
      async () => await plugin.allocate!(FORMAT, 3, context),
      /something else stands there/,
    );
    assert.equal(runtime.files.text(PATH), content);
  }
});

test("sink-shm refuses names that are no names", () => {
  const names = ["", "../x", "/etc/passwd", ".hidden", "a/b", "a b", "-x"];
  for (const name of [...names, "x".repeat(65), "x".repeat(4096), "ü"]) {
    const context = contextFor(machine(), `shm:${name}`);
    assert.rejects(async () => await plugin.prepare!(context), {
      name: "ConfigError",
      message: /its name is to be letters, digits, .* as in shm:cam0$/,
    });
  }
  assert.throws(() => contextFor(machine(), "shm:a%00b"), /control character/);
});

test("sink-shm says how to get shared memory where there is none", async () => {
  const context = contextFor(new FakeRuntime());
  await assert.rejects(async () => await plugin.prepare!(context), {
    name: "ConfigError",
    message: /there is no \/dev\/shm; mount it: sudo mount /,
    exitCode: 69,
  });
});

test("sink-shm lets read whom it is told, and nobody else", async () => {
  for (
    const [query, mode] of [
      ["", 0o600],
      ["?mode=0640", 0o640],
      ["?group=video", 0o640],
      ["?group=video&mode=660", 0o660],
    ] as const
  ) {
    const runtime = machine();
    const context = contextFor(runtime, `shm:cam0${query}`);
    await using _ = await plugin.allocate!(FORMAT, 3, context);
    assert.equal(runtime.files.paths.get(PATH)?.mode, mode, query);
  }
  for (const query of ["mode=999", "mode=rw", "slots=2", "slots=65"]) {
    assert.throws(() => contextFor(machine(), `shm:cam0?${query}`), /option/);
  }
});

test("sink-shm gives its claim back with the last of its memory", async () => {
  const runtime = machine();
  const context = contextFor(runtime);
  const prepared = await plugin.prepare!(context);
  const memory = await plugin.allocate!(FORMAT, 3, context);
  await prepared?.[Symbol.asyncDispose]();
  assert.equal(runtime.claim(`shm:${PATH}`), undefined);
  await memory[Symbol.asyncDispose]();
  assert.deepEqual(runtime.open, []);
});

test("sink-shm takes over the memory of a process that was killed", async () => {
  using fresh = freshName();
  const { name, path } = fresh;
  const c = {
    address: `shm:${name}`,
    runtime,
    received: () => new Uint8Array(),
  };
  const { signal } = new AbortController();
  const fake = machine();
  const dead = await plugin.allocate!(FORMAT, 3, contextFor(fake));
  // Of a machine whose clock is far behind: its heart has stopped.
  writeFileSync(path, fake.files.paths.get(PATH)!.content!);
  await dead[Symbol.asyncDispose]();
  const { ino } = lstatSync(path);
  const context = contextOf(plugin, c.address, runtime, signal);
  await using _ = await plugin.allocate!(FORMAT, 3, context);
  assert.notEqual(lstatSync(path).ino, ino);
});

test("sink-shm keeps what is atomic where the processor has it so", () => {
  for (
    const { offset, type } of [...Object.values(HEADER), ...Object.values(SLOT)]
  ) {
    const size = type === "u32" ? 4 : 8;
    assert.equal(offset % size, 0);
  }
});
