import assert from "node:assert/strict";
import { test } from "../../../test/harness.ts";
import { us } from "../time.ts";
import { RtpClock } from "./clock.ts";

test("RtpClock begins at 0 and counts on where 32 bits begin anew", () => {
  const clock = new RtpClock(90_000);
  const timestamps = [2 ** 32 - 3000, 0, 3000, 2 ** 32 - 1500, 90_000];
  const pts = timestamps.map((timestamp) => clock.ptsOf(timestamp));
  assert.deepEqual(pts, [0, 33_333, 66_667, 16_667, 1_033_333]);
});

test("RtpClock does not drift in 30 days", () => {
  const clock = new RtpClock(90_000);
  const day = 24 * 60 * 60 * 90_000;
  let pts = 0;
  for (let i = 0; i <= 30 * 24; i++) pts = clock.ptsOf(i * day / 24 % 2 ** 32);
  assert.equal(pts, 30 * 24 * 60 * 60 * 1e6);
});

test("RtpClock counts other ticks", () => {
  const clock = new RtpClock(1000);
  assert.equal(clock.ptsOf(5), 0);
  assert.equal(clock.ptsOf(45), 40_000);
});

test("RtpClock goes on where another clock takes over", () => {
  const clock = new RtpClock(90_000);
  clock.restart(us(777));
  assert.equal(clock.ptsOf(500), 0);
  assert.equal(clock.ptsOf(3500), 33_333);
  clock.restart(us(1_000_000));
  assert.equal(clock.ptsOf(4_000_000_000), 1_033_333);
  assert.equal(clock.ptsOf(4_000_009_000), 1_133_333);
});
