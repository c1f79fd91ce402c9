import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import { concat } from "./bytes.ts";

test("concat() joins arrays in order", () => {
  const parts = [Uint8Array.of(1, 2), Uint8Array.of(), Uint8Array.of(3)];
  assert.deepEqual(concat(...parts), Uint8Array.of(1, 2, 3));
});

test("concat() of nothing is empty", () => {
  assert.deepEqual(concat(), Uint8Array.of());
});

test("concat() copies, also a single array", () => {
  const part = Uint8Array.of(1, 2);
  const whole = concat(part);
  part.fill(0);
  assert.deepEqual(whole, Uint8Array.of(1, 2));
});

test("concat() takes views of larger arrays for what they show", () => {
  const large = Uint8Array.of(0, 1, 2, 3, 4);
  const parts = [large.subarray(3), large.subarray(1, 2)];
  assert.deepEqual(concat(...parts), Uint8Array.of(3, 4, 1));
});
