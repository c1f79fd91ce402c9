import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "../test/harness.ts";
import { now } from "./clock.ts";

test("now counts from the same moment as the kernel", () => {
  const before = now();
  // Seconds since boot. Time asleep is in there as well: never less than ours.
  const [uptime] = readFileSync("/proc/uptime", "utf8").split(" ");
  const after = now();
  assert.ok(after >= before);
  assert.ok(before / 1e6 < Number(uptime) + 0.02, `${before} ${uptime}`);
  assert.ok(after > 0);
});
