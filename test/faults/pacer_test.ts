import assert from "node:assert/strict";
import { test } from "../harness.ts";
import { Pacer } from "./pacer.ts";

const KILOBYTE_PER_MS = 1_000_000;

test("Pacer makes the next bytes wait until the last ones are paid", () => {
  const pacer = new Pacer();
  pacer.setRate(KILOBYTE_PER_MS, 100);
  assert.equal(pacer.backlogMs(100), 0);
  pacer.pass(5000, 100);
  assert.equal(pacer.backlogMs(100), 5);
  assert.equal(pacer.backlogMs(103), 2);
  assert.equal(pacer.backlogMs(200), 0);
});

test("Pacer keeps its rate though the timer fires late", () => {
  const pacer = new Pacer();
  pacer.setRate(KILOBYTE_PER_MS, 0);
  let now = 0;
  let bytes = 0;
  while (now < 10_000) {
    pacer.pass(4000, now);
    bytes += 4000;
    const wait = pacer.backlogMs(now);
    if (wait > 0) now += wait + 7;
  }
  assert.ok(Math.abs(bytes / now - 1000) < 20, `${bytes / now} bytes per ms`);
});

test("Pacer lets a long idle time earn 40 ms of burst at most", () => {
  const pacer = new Pacer();
  pacer.setRate(KILOBYTE_PER_MS, 0);
  pacer.pass(40_000, 60_000);
  assert.equal(pacer.backlogMs(60_000), 0);
  pacer.pass(1000, 60_000);
  assert.equal(pacer.backlogMs(60_000), 1);
});

test("Pacer forgets its debt when the cap changes or goes", () => {
  const pacer = new Pacer();
  pacer.setRate(1000, 0);
  pacer.pass(60_000, 0);
  assert.ok(pacer.backlogMs(0) > 50_000);
  pacer.setRate(2000, 10);
  assert.equal(pacer.backlogMs(10), 0);
  pacer.setRate(undefined, 20);
  pacer.pass(60_000, 20);
  assert.equal(pacer.backlogMs(20), 0);
});

test("Pacer.bytesIn() is never 0, and endless without a cap", () => {
  const pacer = new Pacer();
  assert.equal(pacer.bytesIn(10), Infinity);
  pacer.setRate(KILOBYTE_PER_MS, 0);
  assert.equal(pacer.bytesIn(10), 10_000);
  pacer.setRate(3, 0);
  assert.equal(pacer.bytesIn(10), 1);
});
