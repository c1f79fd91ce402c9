import assert from "node:assert/strict";
import { test } from "../harness.ts";
import { mean, perSecond, quantile, worstGap } from "./statistics.ts";

const HUNDRED = Array.from({ length: 100 }, (_, i) => 100 - i);

for (const [part, expected] of [[0, 1], [0.5, 50], [0.95, 95], [1, 100]]) {
  test(`quantile() of 1 to 100 at ${part} is ${expected}`, () => {
    assert.equal(quantile(HUNDRED, part!), expected);
  });
}

test("quantile() of one value is that value", () => {
  assert.deepEqual([0, 0.5, 1].map((part) => quantile([7], part)), [7, 7, 7]);
});

test("quantile() leaves its values in their order", () => {
  const values = [3, 1, 2];
  quantile(values, 0.5);
  assert.deepEqual(values, [3, 1, 2]);
});

test("quantile() refuses nothing", () => {
  assert.throws(() => quantile([], 0.5), {
    message: "Cannot take a quantile: there are no values",
  });
});

test("mean() sums up", () => {
  assert.equal(mean([1, 2, 6]), 3);
});

test("perSecond() sorts samples into whole seconds", () => {
  const samples = [
    { at: 499, value: 99 },
    { at: 500, value: 1 },
    { at: 1499, value: 3 },
    { at: 2500, value: 8 },
    { at: 3500, value: 99 },
  ];
  assert.deepEqual(perSecond(samples, 500, 3999), [
    { second: 0, count: 2, mean: 2, p95: 3, max: 3 },
    { second: 1, count: 0, mean: Infinity, p95: Infinity, max: Infinity },
    { second: 2, count: 1, mean: 8, p95: 8, max: 8 },
  ]);
});

test("perSecond() of less than a second is nothing", () => {
  assert.deepEqual(perSecond([{ at: 0, value: 1 }], 0, 999), []);
  assert.deepEqual(perSecond([], 10, 0), []);
});

test("worstGap() finds the longest silence", () => {
  assert.equal(worstGap([0, 33, 66, 900, 933]), 834);
  assert.deepEqual([worstGap([]), worstGap([5])], [0, 0]);
});
