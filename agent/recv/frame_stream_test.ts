import assert from "node:assert/strict";
import { settle } from "../../test/fakes/clock.ts";
import { test } from "../../test/harness.ts";
import { frameBytes, type FrameFormat, packedFormat } from "../media/frame.ts";
import { slotsFor } from "./frame_ring.ts";
import { type Allocate, FrameStream } from "./frame_stream.ts";

const SMALL = packedFormat(4, 2, "rgb24");
const LARGE = packedFormat(8, 4, "rgb24");

/** Somebody who makes memory and keeps account of it. */
function allocator(change: { slots?: number; fails?: boolean } = {}) {
  const made: [FrameFormat, number][] = [];
  let alive = 0;
  const allocate: Allocate = (format, slots) => {
    made.push([format, slots]);
    alive++;
    const length = slots + (change.slots ?? 0);
    return {
      slots: Array.from({ length }, () => new Uint8Array(frameBytes(format))),
      [Symbol.asyncDispose]: () => {
        alive--;
        if (change.fails) return Promise.reject(new Error("Busy"));
        return Promise.resolve();
      },
    };
  };
  return { allocate, made, alive: () => alive };
}

function open(sinks = 1) {
  const errors: unknown[] = [];
  return { stream: new FrameStream(sinks, (e) => errors.push(e)), errors };
}

const never = new AbortController().signal;

test("FrameStream keeps the ring while the format stays", async () => {
  const { stream } = open();
  const ring = await stream.begin(SMALL);
  assert.equal(await stream.begin(packedFormat(4, 2, "rgb24")), ring);
  assert.equal(await stream.next(undefined, never), ring);
});

test("FrameStream closes the ring when another format comes", async () => {
  const { stream } = open();
  const before = await stream.begin(SMALL);
  using subscription = before.subscribe(undefined);
  const waiting = stream.next(before, never);
  const after = await stream.begin(LARGE);
  assert.equal(await subscription.next(), undefined);
  assert.equal(await waiting, after);
  assert.equal(after.format, LARGE);
});

test("FrameStream.next() stops waiting when told to", async () => {
  const { stream } = open();
  const stop = new AbortController();
  const waiting = stream.next(undefined, stop.signal);
  stop.abort(new Error("Enough"));
  await assert.rejects(waiting, new Error("Enough"));
  await assert.rejects(stream.next(undefined, stop.signal));
});

test("FrameStream takes the memory of the first who offers it", async () => {
  const { stream } = open(3);
  const [first, second] = [allocator(), allocator()];
  const offer = stream.offer(first.allocate);
  stream.offer(second.allocate);
  await stream.begin(SMALL);
  assert.deepEqual(first.made, [[SMALL, slotsFor(3)]]);
  assert.deepEqual(second.made, []);
  offer[Symbol.dispose]();
  await stream.begin(LARGE);
  assert.deepEqual(second.made, [[LARGE, slotsFor(3)]]);
  await stream.close();
  assert.deepEqual([first.alive(), second.alive()], [0, 0]);
});

test("FrameStream.close() waits for readers of every ring", async () => {
  const { stream } = open();
  const memory = allocator();
  stream.offer(memory.allocate);
  const ring = await stream.begin(SMALL);
  const slot = ring.acquire();
  await stream.begin(LARGE);
  let closed = false;
  const closing = stream.close().then(() => closed = true);
  await settle();
  assert.deepEqual([memory.alive(), closed], [1, false]);
  ring.release(slot);
  await closing;
  assert.equal(memory.alive(), 0);
});

test("FrameStream refuses too little memory and gives it back", async () => {
  const { stream } = open();
  const short = allocator({ slots: -1 });
  stream.offer(short.allocate);
  await assert.rejects(
    stream.begin(SMALL),
    new RangeError("2 slots where 3 are needed"),
  );
  assert.equal(short.alive(), 0);
});

test("FrameStream has no ring after one could not be made", async () => {
  const { stream } = open();
  const before = await stream.begin(SMALL);
  using failing = stream.offer(() => Promise.reject(new Error("No memory")));
  await assert.rejects(stream.begin(LARGE), new Error("No memory"));
  failing[Symbol.dispose]();
  const after = await stream.begin(SMALL);
  assert.notEqual(after, before);
  after.release(after.acquire());
});

test("FrameStream tells of memory that cannot be given back", async () => {
  const { stream, errors } = open();
  stream.offer(allocator({ fails: true }).allocate);
  await stream.begin(SMALL);
  await stream.close();
  assert.deepEqual(errors, [new Error("Busy")]);
});
