import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import { rateOf } from "./record.ts";

test("rateOf() tells FFmpeg of rates that cameras have", () => {
  assert.deepEqual(rateOf(30), ["-r", "30"]);
  assert.deepEqual(rateOf(30_000 / 1001), ["-r", "29.97002997002997"]);
  for (const fps of [undefined, 0, 0.1, 1000, 1e9]) {
    assert.deepEqual(rateOf(fps), [], `${fps}`);
  }
});
