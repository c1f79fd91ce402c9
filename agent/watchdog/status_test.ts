import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import { ms } from "../media/time.ts";
import { createStatus, formatDuration } from "./status.ts";

const DURATIONS: [number, string][] = [
  [0, "0 ms"],
  [249.6, "250 ms"],
  [999.4, "999 ms"],
  [999.6, "1.0 s"],
  [1_000, "1.0 s"],
  [2_340, "2.3 s"],
  [59_949, "59.9 s"],
  [59_950, "1m00s"],
  [245_000, "4m05s"],
  [3_599_400, "59m59s"],
  [3_599_500, "1h00m"],
  [11_520_000, "3h12m"],
  [86_399_000, "23h59m"],
  [86_400_000, "1d00h"],
  [1_000 * 86_400_000 + 3_600_000, "1000d01h"],
];

for (const [duration, text] of DURATIONS) {
  test(`formatDuration writes ${duration} ms as "${text}"`, () => {
    assert.equal(formatDuration(ms(duration)), text);
  });
}

test("createStatus returns plain data that survives JSON", () => {
  const status = createStatus(ms(5));

  assert.deepEqual(JSON.parse(JSON.stringify(status)), status);
});
