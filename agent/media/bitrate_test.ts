import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import { autoBitrate } from "./bitrate.ts";

const BITRATES: [width: number, height: number, fps: number, mbit: number][] = [
  [160, 120, 30, 0.5],
  [640, 480, 30, 2],
  [640, 480, 15, 1],
  [640, 480, 1, 0.1],
  [800, 600, 30, 2.6],
  [1280, 720, 30, 4],
  [1920, 1080, 30, 8],
  [1920, 1080, 60, 16],
  [3840, 2160, 60, 50],
];

for (const [width, height, fps, mbit] of BITRATES) {
  test(`autoBitrate gives ${width}x${height} at ${fps} ${mbit} Mbit/s`, () => {
    assert.equal(autoBitrate({ width, height }, fps), mbit * 1e6);
  });
}

test("autoBitrate never gives a larger picture less", () => {
  let before = 0;
  for (let width = 16; width < 5000; width += 16) {
    const bitrate = autoBitrate({ width, height: 3 * width / 4 }, 30);
    assert.ok(bitrate >= before, `${width}`);
    before = bitrate;
  }
});
