import assert from "node:assert/strict";
import { test } from "../../../test/harness.ts";
import { resolve } from "./describe.ts";

for (
  const [base, control, url] of [
    ["rtsp://c/x", undefined, "rtsp://c/x"],
    ["rtsp://c/x", "*", "rtsp://c/x"],
    ["rtsp://c/x", "track1", "rtsp://c/x/track1"],
    ["rtsp://c/x/", "track1", "rtsp://c/x/track1"],
    ["rtsp://c/x/", "trackID=1?a=b", "rtsp://c/x/trackID=1?a=b"],
    ["rtsp://c/x?a=b", "track1", "rtsp://c/x?a=b/track1"],
    ["rtsp://c/x?track=", "1", "rtsp://c/x?track=1"],
    ["rtsp://c/x", "rtsp://d/y", "rtsp://d/y"],
    ["rtsp://c/x", "RTSP://d/y", "RTSP://d/y"],
    ["rtsp://c/x", "http://d/y", "rtsp://c/x/http://d/y"],
    ["rtsp://c/x", "../../y", "rtsp://c/x/../../y"],
    ["rtsp://c/x", "/y", "rtsp://c/x//y"],
    ["rtsp://c/x", "tr\r\nack", "rtsp://c/x/track"],
    ["rtsp://c/x", "y".repeat(3000), "rtsp://c/x"],
    ["rtsp://c/x", `rtsp://${"y".repeat(3000)}`, "rtsp://c/x"],
  ] as const
) {
  const shown = `${control}`.slice(0, 40).replace(/\s/g, " ");
  test(`resolve() finds "${shown}" of ${base}`, () => {
    assert.equal(resolve(base, control), url);
  });
}
