import assert from "node:assert/strict";
import type { FakeChild, FakeProgram } from "../../test/fakes/process.ts";
import { FakeRuntime } from "../../test/fakes/runtime.ts";
import { test } from "../../test/harness.ts";
import { NUT_ID, nutFrame, nutMain, nutStream } from "../../test/nut_writer.ts";
import { Remuxer } from "./remuxer.ts";

const MIB = 1 << 20;

const HEADERS = [...NUT_ID, ...nutMain(), ...nutStream()];

/** Starts a remuxer whose FFmpeg the test plays. */
async function setUp(program: FakeProgram) {
  const runtime = new FakeRuntime();
  runtime.processes.programs.set("ffmpeg", program);
  const stop = new AbortController();
  const input = { format: "matroska" } as const;
  const remuxer = await Remuxer.start(input, { runtime, signal: stop.signal });
  return { runtime, stop, remuxer };
}

/** Writes pictures of 1 MiB, as many as there are bytes in each chunk. */
async function copies(child: FakeChild): Promise<void> {
  child.stdout(Uint8Array.from(HEADERS));
  const head = nutFrame([], {}, MIB);
  const frame = new Uint8Array(head.length + MIB);
  frame.set(head);
  for await (const chunk of child.stdin) {
    for (const _ of chunk) child.stdout(frame);
  }
  child.exit(0);
}

/** Reads to the end. */
async function swallows({ stdin, exit }: FakeChild): Promise<void> {
  for await (const _ of stdin);
  exit(0);
}

/** Tells whether a promise has settled. */
async function isSettled(
  runtime: FakeRuntime,
  promise: Promise<unknown>,
): Promise<boolean> {
  let settled = false;
  const note = () => void (settled = true);
  promise.then(note, note);
  await runtime.turn();
  return settled;
}

const NO_PICTURE = {
  name: "StreamError",
  failure: "undecodable",
  message: "Cannot find a picture in the stream",
};

test("Remuxer takes no bytes while 16 MiB of pictures wait", async () => {
  const { runtime, remuxer } = await setUp(copies);
  await remuxer.write(new Uint8Array(16));
  await runtime.turn();
  await remuxer.write(new Uint8Array(1));
  await runtime.turn();
  const writing = remuxer.write(new Uint8Array(1));
  assert.equal(await isSettled(runtime, writing), false);
  const units = remuxer.units[Symbol.asyncIterator]();
  const { value } = await units.next();
  assert.equal(value.data.length, MIB);
  await writing;
  await remuxer[Symbol.asyncDispose]();
  assert.deepEqual(runtime.open, []);
});

test("Remuxer that waits ends with FFmpeg", async () => {
  const { runtime, stop, remuxer } = await setUp(copies);
  await remuxer.write(new Uint8Array(17));
  await runtime.turn();
  const writing = remuxer.write(new Uint8Array(1));
  stop.abort();
  await assert.rejects(writing, { reason: "killed" });
});

test("Remuxer gives up after 16 MiB without a picture", async () => {
  const { runtime, remuxer } = await setUp(swallows);
  for (let i = 0; i < 16; i++) await remuxer.write(new Uint8Array(MIB));
  await assert.rejects(remuxer.write(new Uint8Array(1)), NO_PICTURE);
  await assert.rejects(remuxer.failed, NO_PICTURE);
  await assert.rejects(Array.fromAsync(remuxer.units), NO_PICTURE);
  assert.deepEqual(runtime.open, []);
});

test("Remuxer counts the bytes since the last picture", async () => {
  let pictures = 0;
  const { remuxer } = await setUp(async (child) => {
    child.stdout(Uint8Array.from(HEADERS));
    for await (const _ of child.stdin) {
      if (pictures-- > 0) child.stdout(Uint8Array.from(nutFrame([1])));
    }
    child.exit(0);
  });
  const large = new Uint8Array(16 * MIB);
  for (let i = 0; i < 3; i++) {
    pictures = 1;
    await remuxer.write(Uint8Array.of(1));
    await remuxer.write(large);
  }
  remuxer.endInput();
  assert.equal((await Array.fromAsync(remuxer.units)).length, 3);
});

test("Remuxer says so where no picture came", async () => {
  const { remuxer } = await setUp(swallows);
  await remuxer.write(Uint8Array.of(1));
  remuxer.endInput();
  await assert.rejects(Array.fromAsync(remuxer.units), NO_PICTURE);
});

test("Remuxer ends FFmpeg when it cannot read its output", async () => {
  const { runtime, remuxer } = await setUp((child) => {
    child.stdout(Uint8Array.from([...HEADERS, 0]));
  });
  const undecodable = {
    name: "StreamError",
    failure: "undecodable",
    message: "Cannot read NUT: frame of code 0",
  };
  await assert.rejects(Array.fromAsync(remuxer.units), undecodable);
  await assert.rejects(remuxer.failed, undecodable);
  await assert.rejects(remuxer.write(Uint8Array.of(1)), undecodable);
  assert.deepEqual(runtime.open, []);
});

test("Remuxer hands over all pictures before it tells the end", async () => {
  const { remuxer } = await setUp((child) => {
    const frames = [nutFrame([1]), nutFrame([2]), nutFrame([3])];
    child.stdout(Uint8Array.from([...HEADERS, ...frames.flat()]));
    child.exit(0);
  });
  const units: number[] = [];
  await assert.rejects(async () => {
    for await (const { data } of remuxer.units) units.push(data[0]!);
  }, { failure: "ended", message: "ffmpeg ended by itself" });
  assert.deepEqual(units, [1, 2, 3]);
});
