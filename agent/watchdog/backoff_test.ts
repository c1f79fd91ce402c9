import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import { backoff } from "./backoff.ts";

test("backoff doubles from 250 ms to 5 s and stays there", () => {
  const pauses = [1, 2, 3, 4, 5, 6, 7, 60, 2_000].map((retry) =>
    backoff(retry, () => 0.5)
  );

  assert.deepEqual(
    pauses,
    [250, 500, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000, 5_000],
  );
});

test("backoff spreads every pause by a fifth to either side", () => {
  assert.equal(backoff(1, () => 0), 200);
  assert.equal(backoff(1, () => 1 - Number.EPSILON), 300);
  assert.equal(backoff(9, () => 0), 4_000);
  assert.equal(backoff(9, () => 1 - Number.EPSILON), 6_000);
});
