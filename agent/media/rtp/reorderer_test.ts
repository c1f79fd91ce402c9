import assert from "node:assert/strict";
import { test } from "../../../test/harness.ts";
import { SSRC } from "../../../test/rtp_writer.ts";
import { ms } from "../time.ts";
import type { RtpCounters } from "./counters.ts";
import { RtpReorderer } from "./reorderer.ts";

/**
 * Pushes packets, a millisecond after another: numbers of packets, or
 * `[number, time]`. Gives what came out as text: `"5"`, `"7 -1"` behind a lost
 * one, `"9 new"` where numbers begin anew.
 */
function run(
  steps: readonly (number | readonly [number, number])[],
  reorderer = new RtpReorderer(),
): { out: string[]; reorderer: RtpReorderer } {
  let now = 0;
  const out: string[] = [];
  for (const step of steps) {
    const [sequence, at] = typeof step === "number" ? [step, now + 1] : step;
    now = at;
    out.push(...textOf(reorderer.push(packet(sequence), ms(now))));
  }
  return { out, reorderer };
}

function packet(sequence: number) {
  const payload = Uint8Array.of(sequence >> 8, sequence);
  const header = { payloadType: 96, marker: false, timestamp: 0, ssrc: SSRC };
  return { ...header, sequence: sequence & 0xffff, payload };
}

function textOf(ordered: ReturnType<RtpReorderer["push"]>): string[] {
  return ordered.map(({ packet, lost, restarted }) => {
    const { sequence, payload } = packet;
    assert.equal(payload[0]! << 8 | payload[1]!, sequence);
    return `${sequence}${lost ? ` -${lost}` : ""}${restarted ? " new" : ""}`;
  });
}

function counters(found: RtpCounters): Partial<RtpCounters> {
  return Object.fromEntries(
    Object.entries(found).filter(([, count]) => count > 0),
  );
}

/** Numbers from one to another. */
function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i & 0xffff);
}

/** Opens the window: 1 comes 3 ms after it was given up on. */
const OPEN: readonly (readonly [number, number])[] = [
  [0, 0],
  [2, 1],
  [1, 4],
  [3, 5],
];

/** What happens without waiting. */
const AT_ONCE: Record<
  string,
  [steps: number[], out: string[], counters: Partial<RtpCounters>]
> = {
  "hands on what comes in order": [
    range(65534, 65538),
    ["65534", "65535", "0", "1", "2"],
    { received: 5 },
  ],
  "takes a gap for a loss at once": [
    [1, 2, 5, 6],
    ["1", "2", "5 -2", "6"],
    { received: 4, lost: 2 },
  ],
  "finds a gap where numbers begin anew": [
    [65534, 1],
    ["65534", "1 -2"],
    { received: 2, lost: 2 },
  ],
  "drops what comes again": [
    [1, 1, 2, 3, 2, 1, 4],
    ["1", "2", "3", "4"],
    { received: 7, duplicates: 3 },
  ],
  "drops what comes late": [
    [1, 3, 2, 2],
    ["1", "3 -1"],
    { received: 4, lost: 1, late: 1, duplicates: 1 },
  ],
  "drops what was before the first": [
    [5, 4, 6],
    ["5", "6"],
    { received: 3, late: 1 },
  ],
  "believes a step of 16": [
    [1, 17],
    ["1", "17 -15"],
    { received: 2, lost: 15 },
  ],
  "waits for a second packet after a step of 17": [
    [1, 18],
    ["1"],
    { received: 2 },
  ],
  "believes a larger step when a second packet confirms it": [
    [1, 18, 19, 20],
    ["1", "18 -16", "19", "20"],
    { received: 4, lost: 16 },
  ],
  "does not believe one number that is far off": [
    [1, 2, 2050, 3, 4, 40_000, 5],
    ["1", "2", "3", "4", "5"],
    { received: 7, strays: 2 },
  ],
  "does not take a packet that comes twice for two": [
    [1, 2000, 2000, 2],
    ["1", "2"],
    { received: 4, duplicates: 1, strays: 1 },
  ],
  "counts 2999 lost packets": [
    [1, 3001, 3002],
    ["1", "3001 -2999", "3002"],
    { received: 3, lost: 2999 },
  ],
  "takes a step of 3001 for a new beginning": [
    [1, 3002, 3003, 3004],
    ["1", "3002 new", "3003", "3004"],
    { received: 4 },
  ],
  "takes numbers far back for a new beginning": [
    [1000, 899, 900, 901],
    ["1000", "899 new", "900", "901"],
    { received: 4 },
  ],
  "takes numbers that are 100 back for old ones": [
    [...range(900, 1000), 901, 902, 1001],
    range(900, 1001).map(String),
    { received: 104, duplicates: 2 },
  ],
  "goes on after many a new beginning": [
    range(0, 39).flatMap((i) => [i * 20_000 & 0xffff, i * 20_000 + 1 & 0xffff]),
    range(0, 39).flatMap((i) => [
      `${i * 20_000 & 0xffff}${i ? " new" : ""}`,
      `${i * 20_000 + 1 & 0xffff}`,
    ]),
    { received: 80 },
  ],
};

for (const [name, [steps, out, counted]] of Object.entries(AT_ONCE)) {
  test(`RtpReorderer ${name}`, () => {
    const { out: found, reorderer } = run(steps);
    assert.deepEqual(found, out);
    assert.deepEqual(counters(reorderer.counters), counted);
    assert.equal(reorderer.deadline, undefined);
  });
}

test("RtpReorderer does not wait for what was before the first", () => {
  const { reorderer } = run([5, 4, 6]);
  assert.equal(reorderer.window, 0);
});

test("RtpReorderer waits once it has given up too early", () => {
  const { out, reorderer } = run(OPEN);
  assert.deepEqual(out, ["0", "2 -1", "3"]);
  assert.equal(reorderer.window, 20);
  assert.equal(reorderer.deadline, undefined);
  assert.deepEqual(run([[5, 10]], reorderer).out, []);
  assert.equal(reorderer.deadline, 30);
  assert.deepEqual(run([[4, 29]], reorderer).out, ["4", "5"]);
  assert.equal(reorderer.deadline, undefined);
  assert.deepEqual(counters(reorderer.counters), {
    received: 6,
    lost: 1,
    late: 1,
    reordered: 1,
  });
});

test("RtpReorderer gives up at its deadline, not before", () => {
  const { reorderer } = run(OPEN);
  assert.deepEqual(run([[5, 10], [6, 11], [8, 13]], reorderer).out, []);
  assert.deepEqual(reorderer.expire(ms(29.9)), []);
  assert.deepEqual(textOf(reorderer.expire(ms(30))), ["5 -1", "6"]);
  assert.equal(reorderer.deadline, 33);
  assert.deepEqual(textOf(reorderer.expire(ms(33))), ["8 -1"]);
  assert.equal(reorderer.deadline, undefined);
});

test("RtpReorderer gives up when a packet comes at the deadline", () => {
  const { reorderer } = run(OPEN);
  assert.deepEqual(run([[5, 10], [6, 30]], reorderer).out, ["5 -1", "6"]);
});

test("RtpReorderer takes what it waits for after the deadline as well", () => {
  const { reorderer } = run(OPEN);
  assert.deepEqual(run([[5, 10], [4, 50]], reorderer).out, ["4", "5"]);
  assert.equal(reorderer.counters.lost, 1);
});

test("RtpReorderer reads what is there before it gives up too late", () => {
  const { reorderer } = run(OPEN);
  const after = run([[5, 10], [6, 37], [7, 38], [4, 39]], reorderer);
  assert.deepEqual(after.out, ["4", "5", "6", "7"]);
  run([[9, 50]], reorderer);
  assert.deepEqual(reorderer.expire(ms(70.1)), []);
  assert.deepEqual(run([[8, 70.1]], reorderer).out, ["8", "9"]);
});

test("RtpReorderer reads what is there each time it was late", () => {
  const { reorderer } = run(OPEN);
  run([[5, 10], [6, 37]], reorderer);
  assert.equal(reorderer.deadline, 44);
  assert.deepEqual(reorderer.expire(ms(60)), []);
  assert.equal(reorderer.deadline, 76);
  assert.deepEqual(run([[4, 100]], reorderer).out, ["4", "5", "6"]);
  // Not for ever.
  run([[9, 200], [10, 230], [11, 260], [12, 290]], reorderer);
  assert.deepEqual(run([[13, 320]], reorderer).out, [
    "9 -2",
    "10",
    "11",
    "12",
    "13",
  ]);
});

test("RtpReorderer gives up at last, however late it is", () => {
  const { reorderer } = run(OPEN);
  run([[5, 10], [6, 37]], reorderer);
  assert.equal(reorderer.deadline, 44);
  assert.deepEqual(run([[7, 44]], reorderer).out, ["5 -1", "6", "7"]);
  run([[9, 100], [10, 1100]], reorderer);
  assert.equal(reorderer.deadline, 1120);
  assert.deepEqual(textOf(reorderer.expire(ms(1200))), ["9 -1", "10"]);
});

test("RtpReorderer counts the wait from the first sign of a gap", () => {
  const { reorderer } = run(OPEN);
  run([[7, 10], [6, 11]], reorderer);
  assert.equal(reorderer.deadline, 30);
  assert.deepEqual(textOf(reorderer.expire(ms(30))), ["6 -2", "7"]);
});

test("RtpReorderer drops what comes again while it waits", () => {
  const { reorderer } = run(OPEN);
  assert.deepEqual(
    run([[6, 10], [6, 11], [5, 11], [5, 11]], reorderer).out,
    [],
  );
  assert.deepEqual(run([[4, 12]], reorderer).out, ["4", "5", "6"]);
  assert.equal(reorderer.counters.duplicates, 2);
});

test("RtpReorderer does not wait where 20 ms would not have helped", () => {
  const { reorderer } = run([[0, 0], [2, 1], [1, 21.5]]);
  assert.equal(reorderer.window, 0);
  assert.equal(reorderer.counters.late, 1);
});

test("RtpReorderer waits no longer after 10 to 20 s in order", () => {
  const { reorderer } = run(OPEN);
  run([[5, 10], [4, 11], [6, 10_000]], reorderer);
  assert.equal(reorderer.window, 20);
  run([[8, 10_010], [7, 10_011]], reorderer);
  run([[9, 20_000]], reorderer);
  assert.equal(reorderer.window, 20);
  reorderer.expire(ms(30_000));
  assert.equal(reorderer.window, 0);
  assert.deepEqual(run([[11, 30_001]], reorderer).out, ["11 -1"]);
});

test("RtpReorderer keeps 256 packets at most", () => {
  const { reorderer } = run(OPEN);
  const waiting = range(5, 260).map((sequence) => [sequence, 10] as const);
  assert.deepEqual(run(waiting, reorderer).out, []);
  const { out } = run([[261, 10]], reorderer);
  assert.deepEqual(out, ["5 -1", ...range(6, 261).map(String)]);
});

test("RtpReorderer puts a burst in order that comes backwards", () => {
  const { reorderer } = run(OPEN);
  const burst = range(4, 259).reverse().map((sequence) =>
    [sequence, 10] as const
  );
  const { out } = run(burst, reorderer);
  assert.deepEqual(out, range(4, 259).map(String));
  assert.equal(reorderer.counters.strays, 0);
});

test("RtpReorderer keeps copies of packets that wait", () => {
  const { reorderer } = run(OPEN);
  const late = packet(5);
  reorderer.push(late, ms(10));
  late.payload.fill(0xee);
  assert.deepEqual(run([[4, 11]], reorderer).out, ["4", "5"]);
});

test("RtpReorderer keeps a copy of a packet that is far off", () => {
  const { reorderer } = run([0]);
  const far = packet(500);
  reorderer.push(far, ms(10));
  far.payload.fill(0xee);
  assert.deepEqual(run([[501, 11]], reorderer).out, ["500 -499", "501"]);
});

test("RtpReorderer hands on what waits before it jumps", () => {
  const { reorderer } = run(OPEN);
  const { out } = run([[5, 10], [9000, 11], [9001, 11]], reorderer);
  assert.deepEqual(out, ["5 -1", "9000 new", "9001"]);
  run([[9002, 11], [9004, 11]], reorderer);
  assert.deepEqual(textOf(reorderer.flush()), ["9004 -1"]);
  assert.deepEqual(reorderer.flush(), []);
});
