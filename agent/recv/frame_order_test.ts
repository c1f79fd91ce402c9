import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import { ms } from "../media/time.ts";
import { FrameOrder } from "./frame_order.ts";

/** Takes frames of units that are 10 ms apart. */
function take(...numbers: number[]): [sequence: number, latestAt: number][] {
  const order = new FrameOrder();
  return numbers.map((number) => {
    const origin = { at: ms(10 * number), since: "arrival" } as const;
    const { sequence, latestAt } = order.take({ number, origin });
    return [sequence, latestAt];
  });
}

test("FrameOrder leaves frames as they are that come in order", () => {
  assert.deepEqual(take(1, 2, 5, 6), [[1, 10], [2, 20], [5, 50], [6, 60]]);
});

test("FrameOrder counts on where pictures are put in order", () => {
  // I, B, B, P, B, B, P, of which P went in before B.
  const sequences = take(1, 3, 4, 2, 6, 7, 5).map(([sequence]) => sequence);
  assert.deepEqual(sequences, [1, 3, 4, 5, 6, 7, 8]);
});

test("FrameOrder leaves a gap where one is", () => {
  const sequences = take(1, 3, 4, 2, 9, 10, 8).map(([sequence]) => sequence);
  assert.deepEqual(sequences, [1, 3, 4, 5, 9, 10, 11]);
});

test("FrameOrder takes a picture for as fresh as those in front of it", () => {
  const times = take(1, 3, 4, 2, 6).map(([, latestAt]) => latestAt);
  assert.deepEqual(times, [10, 30, 40, 40, 60]);
});
