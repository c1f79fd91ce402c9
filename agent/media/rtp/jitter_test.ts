import assert from "node:assert/strict";
import { test } from "../../../test/harness.ts";
import { ms } from "../time.ts";
import { RtpJitter } from "./jitter.ts";

test("RtpJitter is 0 of packets that come evenly", () => {
  const jitter = new RtpJitter(90_000);
  for (let i = 0; i < 100; i++) {
    jitter.add(2 ** 32 - 90_000 + i * 3600 >>> 0, ms(1000 + i * 40));
  }
  assert.equal(jitter.ms, 0);
});

test("RtpJitter tends to the difference between packets", () => {
  const jitter = new RtpJitter(90_000);
  for (let i = 0; i < 200; i++) {
    jitter.add(i * 3600, ms(i * 40 + (i % 2) * 5));
  }
  assert.ok(Math.abs(jitter.ms - 5) < 0.01, `${jitter.ms}`);
});

test("RtpJitter takes a sixteenth of each difference", () => {
  const jitter = new RtpJitter(90_000);
  jitter.add(0, ms(0));
  jitter.add(3600, ms(56));
  assert.equal(jitter.ms, 1);
});
