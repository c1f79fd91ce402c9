import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import { settle } from "../../test/fakes/clock.ts";
import { packedFormat } from "../media/frame.ts";
import { ms } from "../media/time.ts";
import { FrameRing, type Slot, slotsFor } from "./frame_ring.ts";
import type { Subscription } from "./subscription.ts";

const FORMAT = packedFormat(2, 1, "gray");

/** A ring for so many sinks, and how often its memory was given back. */
function setUp(sinks: number) {
  const disposals: number[] = [];
  const slots = Array.from(
    { length: slotsFor(sinks) },
    () => new Uint8Array(2),
  );
  const ring = new FrameRing(FORMAT, {
    slots,
    [Symbol.asyncDispose]: () => Promise.resolve(void disposals.push(1)),
  });
  let sequence = 0;
  /** Decodes a frame that is full of its number. */
  const decode = (at = sequence): number => {
    const slot = ring.acquire();
    slot.data.fill(++sequence);
    ring.publish(slot, {
      data: slot.data,
      sequence,
      receivedAt: ms(at),
      decodedAt: ms(at),
      keyframe: false,
      damaged: false,
      origin: { at: ms(at), since: "arrival" },
    });
    return sequence;
  };
  return { ring, disposals, decode };
}

async function take(subscription: Subscription): Promise<Slot> {
  const slot = await subscription.next();
  assert.ok(slot, "It has ended");
  return slot;
}

test("FrameRing gives a slow sink the newest frame, and counts", async () => {
  const { ring, decode } = setUp(1);
  using sink = ring.subscribe(undefined);
  decode();
  const first = await take(sink);
  assert.equal(first.frame?.sequence, 1);
  decode();
  decode();
  decode();
  ring.release(first);
  assert.equal((await take(sink)).frame?.sequence, 4);
  assert.equal(sink.dropped, 2);
});

test("FrameRing wakes a sink that waits", async () => {
  const { ring, decode } = setUp(1);
  using sink = ring.subscribe(undefined);
  const waiting = take(sink);
  await settle();
  decode();
  assert.equal((await waiting).frame?.sequence, 1);
});

test("FrameRing never overwrites what is borrowed, and never runs out", async () => {
  for (const sinks of [1, 2, 5]) {
    const { ring, decode } = setUp(sinks);
    const readers = Array.from({ length: sinks }, () => ({
      subscription: ring.subscribe(undefined),
      held: undefined as Slot | undefined,
    }));
    for (let n = 1; n <= 100; n++) {
      const number = decode();
      // Each in a rhythm of its own; one frame is read while one waits.
      for (const [i, reader] of readers.entries()) {
        if (reader.held) {
          const { data, frame } = reader.held;
          assert.deepEqual([...data], [frame!.sequence, frame!.sequence]);
        }
        if (n % (i + 2) !== 0) continue;
        if (reader.held) ring.release(reader.held);
        reader.held = await take(reader.subscription);
        assert.equal(reader.held.frame?.sequence, number);
      }
    }
  }
});

test("FrameRing lends one slot fewer than it has to sinks", () => {
  const { ring, decode } = setUp(0);
  decode();
  ring.acquire();
  assert.throws(() => ring.acquire(), new RangeError("Every slot is borrowed"));
});

test("FrameRing refuses memory of another size", () => {
  const memory = {
    slots: [new Uint8Array(3)],
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  assert.throws(
    () => new FrameRing(FORMAT, memory),
    new RangeError("Slot of 3 bytes for frames of 2"),
  );
});

test("FrameRing.close() ends its sinks, waiting frames included", async () => {
  const { ring, decode } = setUp(2);
  using idle = ring.subscribe(undefined);
  using busy = ring.subscribe(undefined);
  const waiting = idle.next();
  await settle();
  ring.close();
  assert.equal(await waiting, undefined);
  assert.equal(await busy.next(), undefined);
  using late = ring.subscribe(undefined);
  assert.equal(await late.next(), undefined);
  assert.throws(decode, new RangeError("The ring is closed"));
});

test("FrameRing gives its memory back once, after the last reader", async () => {
  const { ring, disposals, decode } = setUp(2);
  const sinks = [ring.subscribe(undefined), ring.subscribe(undefined)];
  decode();
  const slots = await Promise.all(sinks.map(take));
  decode();
  const filling = ring.acquire();
  let closed = false;
  const closing = ring.close().then(() => closed = true);
  ring.close();
  for (const slot of [...slots, filling]) {
    await settle();
    assert.deepEqual([disposals.length, closed], [0, false]);
    ring.release(slot);
  }
  await closing;
  for (const sink of sinks) sink[Symbol.dispose]();
  ring.close();
  await settle();
  assert.equal(disposals.length, 1);
  assert.deepEqual(sinks.map(({ dropped }) => dropped), [1, 1]);
});

test("FrameRing.close() tells when the memory cannot be given back", async () => {
  const ring = new FrameRing(FORMAT, {
    slots: [],
    [Symbol.asyncDispose]: () => Promise.reject(new Error("Busy")),
  });
  await assert.rejects(ring.close(), new Error("Busy"));
});

test("Subscription forgets what it held when it is disposed of", async () => {
  const { ring, decode } = setUp(1);
  const sink = ring.subscribe(undefined);
  decode();
  sink[Symbol.dispose]();
  assert.equal(await sink.next(), undefined);
  assert.equal(sink.dropped, 1);
  for (let i = 0; i < 10; i++) decode();
  assert.equal(sink.dropped, 1);
});

/** Which of the frames that come at these times are taken. */
async function taken(fps: number, times: readonly number[]): Promise<number[]> {
  const { ring, decode } = setUp(1);
  using sink = ring.subscribe(fps);
  const result: number[] = [];
  for (const at of times) {
    decode(at);
    const slot = await Promise.race([sink.next(), settle()]);
    if (slot) {
      result.push(at);
      ring.release(slot);
    }
  }
  assert.equal(sink.dropped, 0);
  return result;
}

test("Subscription spreads the frames of a limit evenly", async () => {
  const thirty = Array.from({ length: 31 }, (_, i) => i * 100 / 3);
  const distances = (times: number[]) =>
    times.slice(1).map((at, i) => Math.round(at - times[i]!));
  assert.deepEqual(distances(await taken(10, thirty)), Array(10).fill(100));
  assert.deepEqual(distances(await taken(15, thirty)), Array(15).fill(67));
  assert.deepEqual(distances(await taken(30, thirty)), Array(30).fill(33));
  const twenty = distances(await taken(20, thirty));
  assert.deepEqual([...new Set(twenty)].sort(), [33, 67]);
  assert.equal(twenty.length, 20);
});

test("Subscription tolerates jitter at the very rate of the limit", async () => {
  const times = [0, 36, 64, 103, 132, 168, 199, 236, 263, 300];
  assert.deepEqual(await taken(30, times), times);
});

test("Subscription makes up for no gap", async () => {
  const times = [0, 100, 5000, 5033, 5067, 5100, 5133, 5167, 5200];
  assert.deepEqual(await taken(10, times), [0, 100, 5000, 5100, 5200]);
});

test("FrameRing fills the slot first that was filled longest ago", () => {
  const reused: number[] = [];
  const slots = Array.from({ length: 4 }, () => new Uint8Array(2));
  const ring = new FrameRing(FORMAT, {
    slots,
    reuse: (slot) => void reused.push(slot),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
  const decode = () => {
    const slot = ring.acquire();
    ring.publish(slot, {
      data: slot.data,
      sequence: 0,
      receivedAt: ms(0),
      decodedAt: ms(0),
      keyframe: false,
      damaged: false,
      origin: { at: ms(0), since: "arrival" },
    });
  };
  for (let i = 0; i < 6; i++) decode();
  assert.deepEqual(reused, [0, 1, 2, 3, 0, 1]);
  // What was filled and not published is the first to be filled again.
  const slot = ring.acquire();
  ring.release(slot);
  assert.equal(ring.acquire(), slot);
  assert.deepEqual(reused.slice(6), [2, 2]);
});
