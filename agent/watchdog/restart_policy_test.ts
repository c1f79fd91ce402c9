import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import { ms } from "../media/time.ts";
import { RestartPolicy } from "./restart_policy.ts";

const NOTHING = undefined;

/** Fails attempts a minute apart that delivered for as long as given. */
function restarts(deliveries: (number | undefined)[]): [number, number][] {
  const policy = new RestartPolicy(ms(0), () => 0.5);
  return deliveries.map((delivered, index) => {
    const now = ms((index + 1) * 60_000);
    const time = delivered === undefined ? undefined : ms(delivered);
    const { retry, delay } = policy.next(time, now);
    return [retry, delay];
  });
}

test("RestartPolicy waits longer after each attempt without a delivery", () => {
  assert.deepEqual(
    restarts(Array(8).fill(NOTHING)),
    [
      [1, 250],
      [2, 500],
      [3, 1_000],
      [4, 2_000],
      [5, 4_000],
      [6, 5_000],
      [7, 5_000],
      [8, 5_000],
    ],
  );
});

test("RestartPolicy starts over after a second of delivery", () => {
  assert.deepEqual(
    restarts([NOTHING, NOTHING, NOTHING, 1_000, NOTHING, 1_000, 3_600_000]),
    [[1, 250], [2, 500], [3, 1_000], [1, 250], [2, 500], [1, 250], [1, 250]],
  );
});

test("RestartPolicy leaves the pause as it is after less than that", () => {
  assert.deepEqual(
    restarts([0, NOTHING, NOTHING, 999, 0, NOTHING]),
    [[1, 250], [2, 500], [3, 1_000], [3, 1_000], [3, 1_000], [4, 2_000]],
  );
});

test("RestartPolicy allows 20 starts in a row, then one every 5 s", () => {
  const policy = new RestartPolicy(ms(0), () => 0.5);
  const starts = [0];
  while (starts.length < 30) {
    const now = starts.at(-1)!;
    starts.push(now + policy.next(ms(0), ms(now)).delay);
  }

  assert.deepEqual(
    starts.slice(0, 21),
    Array.from({ length: 21 }, (_, index) => index * 250),
  );
  assert.deepEqual(
    starts.slice(21),
    Array.from({ length: 9 }, (_, index) => 10_000 + index * 5_000),
  );
});

test("RestartPolicy brings back what was healthy however often it fails", () => {
  const policy = new RestartPolicy(ms(0), () => 0.5);
  let now = 0;
  for (let fault = 0; fault < 50; fault++) {
    // A peer that is killed while it delivers, and refuses twice before it is
    // back: the bucket ran dry after ten of these.
    for (const delivered of [ms(1_500), NOTHING, NOTHING]) {
      now += delivered ?? 0;
      const { delay } = policy.next(delivered, ms(now));
      assert.ok(delay <= 1_000, `${delay} ms after fault ${fault}`);
      now += delay;
    }
  }
});

test("RestartPolicy keeps to a longest pause until the tokens are used up", () => {
  const policy = new RestartPolicy(ms(0), () => 0.5, 1_000);
  let now = 0;
  const delays = Array.from({ length: 30 }, () => {
    const { delay } = policy.next(NOTHING, ms(now));
    now += delay;
    return delay;
  });
  assert.deepEqual(delays.slice(0, 4), [250, 500, 1_000, 1_000]);
  assert.ok(delays.slice(4, 20).every((delay) => delay === 1_000));
  assert.equal(delays.at(-1), 5_000);
});

test("RestartPolicy does not pause where another waits, but for a crash loop", () => {
  const policy = new RestartPolicy(ms(0), () => 0.5);
  assert.deepEqual(policy.next(ms(1_000), ms(1_000), true), {
    retry: 1,
    delay: 0,
  });
  assert.equal(policy.next(ms(999), ms(2_000), true).delay, 250);
  assert.equal(policy.next(NOTHING, ms(2_250), true).delay, 500);
  assert.equal(policy.next(ms(1_000), ms(4_000), false).delay, 250);
});
