import assert from "node:assert/strict";
import { Duplex } from "node:stream";
import { test } from "../harness.ts";
import { until, within } from "./deadline.ts";
import { Pacer } from "./pacer.ts";
import { CHUNK_BYTES, Lane, type LaneFaults } from "./tcp_lane.ts";

test("Lane writes no more bytes at a time than the dribble lets it", async () => {
  const c = lane({ dribble: 2 });
  c.source.end("abcde");
  assert.equal(await c.ended, "ended");
  assert.deepEqual(c.writes, ["ab", "cd", "e", "FIN"]);
  assert.equal(c.forwarded(), 5);
});

test("Lane reads nothing more before the last write is through", async () => {
  const c = lane({}, { slow: true });
  c.source.write("x".repeat(10 * CHUNK_BYTES));
  await until(1000, "write", () => c.writes.length > 0);
  const read = 10 * CHUNK_BYTES - c.source.left();
  assert.ok(read <= 2 * CHUNK_BYTES, `${read} bytes read`);
  c.destroy();
  assert.equal(await c.ended, "closed");
});

test("Lane passes neither bytes nor FIN while stalled", async () => {
  const c = lane({ stalled: true });
  c.source.end("abc");
  c.lane.wake();
  await until(1000, "read-ahead", () => c.source.left() === 0);
  assert.deepEqual(c.writes, []);
  c.faults.stalled = false;
  c.lane.wake();
  assert.equal(await c.ended, "ended");
  assert.deepEqual(c.writes, ["abc", "FIN"]);
});

test("Lane is cut after exactly the bytes asked for, 0 included", async () => {
  for (const bytes of [0, 1, 4, 5]) {
    const c = lane({});
    c.lane.cutAfter(bytes);
    c.source.write("abcde");
    assert.equal(await within(1000, "cut", c.ended), "cut");
    assert.equal(c.writes.join(""), "abcde".slice(0, bytes));
    c.destroy();
  }
});

test("Lane keeps the order though later chunks draw a shorter delay", async () => {
  const delays = [20, 1, 10];
  const c = lane({ delay: () => delays.shift() ?? 0 });
  for (const text of ["a", "b", "c"]) {
    c.source.write(text);
    const left = 3 - "abc".indexOf(text) - 1;
    await until(1000, "chunk", () => delays.length === left);
  }
  c.source.end();
  await c.ended;
  assert.deepEqual(c.writes, ["a", "b", "c", "FIN"]);
});

test("Lane.halfClose() sends FIN at once and swallows the rest", async () => {
  const c = lane({});
  c.lane.halfClose();
  c.source.end("x".repeat(10 * CHUNK_BYTES));
  assert.equal(await within(1000, "end", c.ended), "ended");
  assert.deepEqual(c.writes, ["FIN"]);
});

test("Lane ends when a socket is gone, in the middle of a wait too", async () => {
  const c = lane({ delay: () => 3_600_000 });
  c.source.write("abc");
  await until(1000, "chunk", () => c.source.left() === 0);
  c.destroy();
  assert.equal(await within(1000, "end", c.ended), "closed");
});

/** A running lane between a source to write to and a log of its writes. */
function lane(
  wanted: Partial<LaneFaults>,
  { slow = false } = {},
) {
  const faults: LaneFaults = { stalled: false, pacer: new Pacer(), ...wanted };
  const { from, ...source } = fakeSource();
  const writes: string[] = [];
  const to = new Duplex({
    read() {},
    write(chunk: Uint8Array, _encoding, done) {
      writes.push(new TextDecoder().decode(chunk));
      if (!slow) setTimeout(done, 0);
    },
    final(done) {
      writes.push("FIN");
      done();
    },
  });
  let bytes = 0;
  const lane = new Lane(from, to, faults, (more) => bytes += more);
  return {
    lane,
    faults,
    source,
    writes,
    ended: lane.run(),
    forwarded: () => bytes,
    destroy: () => [from, to].forEach((stream) => stream.destroy()),
  };
}

/** A socket that a peer has written to, as its reader sees it. */
function fakeSource() {
  let pending = "";
  let ended = false;
  let asked = false;
  const from = new Duplex({
    allowHalfOpen: true,
    readableHighWaterMark: CHUNK_BYTES,
    read() {
      asked = true;
      serve();
    },
  });
  const serve = () => {
    while (asked && pending) {
      const chunk = pending.slice(0, 512);
      pending = pending.slice(512);
      asked = from.push(chunk);
    }
    if (asked && ended && !pending) from.push(null);
  };
  const write = (text: string) => {
    pending += text;
    serve();
  };
  const end = (text = "") => {
    ended = true;
    write(text);
  };
  return { from, write, end, left: () => pending.length };
}
