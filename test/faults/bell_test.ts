import assert from "node:assert/strict";
import { test } from "../harness.ts";
import { Bell } from "./bell.ts";
import { within } from "./deadline.ts";

const HOUR_MS = 3_600_000;

test("Bell.ring() ends a wait, and clears its timer", async () => {
  const bell = new Bell();
  const waiting = bell.wait(HOUR_MS);
  bell.ring();
  await within(1000, "wake-up", waiting);
});

test("Bell.ring() before the wait ends the next one, and only that", async () => {
  const bell = new Bell();
  bell.ring();
  bell.ring();
  await within(1000, "wake-up", bell.wait());
  let woken = false;
  const second = bell.wait().then(() => woken = true);
  await Promise.resolve();
  assert.equal(woken, false);
  bell.ring();
  await within(1000, "wake-up", second);
});

test("Bell.wait() ends by itself after its time", async () => {
  await within(1000, "wake-up", new Bell().wait(1));
});
