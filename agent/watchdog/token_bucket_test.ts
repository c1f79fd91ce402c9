import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import { ms } from "../media/time.ts";
import { TokenBucket } from "./token_bucket.ts";

test("TokenBucket lets 20 starts through at once, then one every 5 s", () => {
  const bucket = new TokenBucket();

  const waits = Array.from({ length: 23 }, () => bucket.take(ms(7)));

  assert.deepEqual(waits.slice(0, 20), Array(20).fill(0));
  assert.deepEqual(waits.slice(20), [5_000, 10_000, 15_000]);
});

test("TokenBucket refills to 20 and no further", () => {
  const bucket = new TokenBucket();
  for (let start = 0; start < 20; start++) bucket.take(ms(0));

  const hour = 3_600_000;
  const waits = Array.from({ length: 21 }, () => bucket.take(ms(hour)));

  assert.equal(waits[19], 0);
  assert.equal(waits[20], 5_000);
});

test("TokenBucket never holds up starts that are 5 s apart", () => {
  const bucket = new TokenBucket();

  for (let start = 0; start < 1_000; start++) {
    assert.equal(bucket.take(ms(start * 5_000)), 0, `start ${start}`);
  }
});
