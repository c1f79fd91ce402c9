import assert from "node:assert/strict";
import { ms, us } from "../agent/media/time.ts";
import { test } from "../test/harness.ts";
import type { Run, Usage } from "./measure.ts";
import type { Sighting } from "./reader.ts";
import { agesOf, count, percentile, summarize } from "./statistics.ts";

test("percentile takes the nearest rank, whatever the order", () => {
  const values = Array.from({ length: 200 }, (_, index) => 200 - index);
  assert.equal(percentile(values, 50), 100);
  assert.equal(percentile(values, 95), 190);
  assert.equal(percentile(values, 99), 198);
  assert.equal(percentile(values, 100), 200);
});

test("percentile of one value is that value", () => {
  assert.equal(percentile([7], 1), 7);
  assert.equal(percentile([7], 99), 7);
});

test("percentile refuses no values", () => {
  assert.throws(() => percentile([], 50), RangeError);
});

test("count tells lost, repeated and unreadable frames apart", () => {
  const frames = [seen(10), seen(11), seen(11), UNREADABLE, seen(14), seen(13)];
  assert.deepEqual(count(frames), {
    sent: 5,
    received: 4,
    lost: 1,
    repeated: 1,
    unreadable: 1,
  });
});

test("count finds nothing in nothing", () => {
  const nothing = { sent: 0, received: 0, lost: 0, repeated: 0, unreadable: 0 };
  assert.deepEqual(count([]), nothing);
});

test("agesOf counts a repeated frame once, when it came first", () => {
  assert.deepEqual(agesOf([seen(1, 4), seen(1, 37), UNREADABLE, seen(2, 5)]), [
    4,
    5,
  ]);
});

test("summarize does not count frames between two runs as lost", () => {
  const summary = summarize([
    run([seen(0, 3), seen(1, 4), seen(2, 5)], 100),
    run([seen(500, 6), seen(502, 8)], 300),
  ]);
  assert.equal(summary.sent, 6);
  assert.equal(summary.received, 5);
  assert.equal(summary.lost, 1);
  assert.deepEqual(summary.ages, { p50: 5, p95: 8, p99: 8, max: 8 });
  assert.equal(summary.firstFrame, 100);
});

test("summarize sees a camera that was held up", () => {
  const sightings = [seen(0, 3, 0), seen(1, 3, 33_333), seen(2, 3, 100_000)];
  assert.equal(summarize([run(sightings, 100)]).fps, 20);
});

test("summarize takes the mean of what the programs used", () => {
  const one = run([seen(1)], 100, usage(0.1, 0.3, 50));
  const other = run([seen(1)], 100, usage(0.3, 0.5, 70));
  assert.deepEqual(summarize([one, other]).usage.sender, usage(0.2, 0.4, 60));
});

test("summarize refuses runs without a frame", () => {
  assert.throws(() => summarize([run([UNREADABLE], 100)]), RangeError);
});

const UNREADABLE: Sighting = { readAt: us(0), stamp: undefined };

function seen(counter: number, age = 4, time = counter * 33_333): Sighting {
  const stamp = { counter, time: us(time) };
  return { readAt: us(time + age * 1000), stamp };
}

function usage(own: number, children: number, residentMb: number): Usage {
  return { own, children, residentMb };
}

function run(
  sightings: Sighting[],
  firstFrame: number,
  each = usage(0, 0, 0),
): Run {
  return {
    sightings,
    firstFrame: ms(firstFrame),
    usage: { source: each, sender: each, receiver: each, reader: each },
  };
}
