import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import { ms } from "../media/time.ts";
import { StaleFrames } from "./stale.ts";

/** Which of the frames are stale: how far behind each is, and when. */
function judge(frames: readonly (readonly [lag: number, at: number])[]) {
  const stale = new StaleFrames();
  return frames.map(([lag, at]) => stale.isStale(lag, ms(at)));
}

test("StaleFrames keeps back a backlog that is worked off", () => {
  const frames = [0, 1, 2, 3, 4, 5].map((i) => [300 - 50 * i, 10 * i] as const);
  assert.deepEqual(judge(frames), [true, true, true, true, false, false]);
});

test("StaleFrames shows what a decoder gets done after 500 ms", () => {
  const frames = [[300, 0], [300, 250], [300, 499], [300, 500], [310, 900]];
  const expected = [true, true, true, false, false];
  assert.deepEqual(judge(frames as [number, number][]), expected);
});

test("StaleFrames lets a decoder fall behind slowly", () => {
  const frames = Array.from(
    { length: 20 },
    (_, i) => [20 * i, 50 * i] as const,
  );
  assert.ok(judge(frames).every((isStale) => !isStale));
});

test("StaleFrames judges every burst anew", () => {
  const frames = [[300, 0], [90, 10], [20, 40], [250, 800], [60, 820]];
  const expected = [true, false, false, true, false];
  assert.deepEqual(judge(frames as [number, number][]), expected);
});

test("StaleFrames takes a sender whose clock was set back as it is", () => {
  assert.deepEqual(judge([[-3000, 0], [10, 30]]), [false, false]);
});
