import assert from "node:assert/strict";
import { BitWriter, byteStream, writeSps } from "../../test/h264_writer.ts";
import { test } from "../../test/harness.ts";
import { parseSps } from "../media/sps.ts";
import { LossDetector } from "./loss_detector.ts";

const SPS = parseSps(writeSps({ log2MaxFrameNum: 4 }));

/** A picture of two slices, or of the first. */
function unit(frameNum: number, { slices = 2, mayLackEnd = false } = {}) {
  const nalUnits = Array.from(
    { length: slices },
    (_, i) =>
      new BitWriter().ue(i * 600, 5, 0).u(4, frameNum % 16).u(8, 0x55)
        .nalUnit(0x41),
  );
  const data = byteStream(nalUnits);
  return { data, damaged: false, discontinuity: false, mayLackEnd };
}

test("LossDetector misses a slice that other pictures have", () => {
  const losses = new LossDetector();
  const found = Array.from(
    { length: 60 },
    (_, i) =>
      losses.judge(unit(i, { slices: i === 40 ? 1 : 2 }), undefined, SPS),
  );
  const damaged = found.flatMap(({ damaged }, i) => damaged ? [i] : []);
  assert.deepEqual(damaged, [40]);
  assert.ok(found.every(({ discontinuity }) => !discontinuity));
});

test("LossDetector doubts the end of a picture only after a loss", () => {
  const losses = new LossDetector();
  const judge = (frameNum: number, mayLackEnd: boolean) =>
    losses.judge(unit(frameNum, { mayLackEnd }), undefined, SPS);
  const clean = { damaged: false, discontinuity: false };
  for (let i = 0; i < 100; i++) assert.deepEqual(judge(i, true), clean);
  // One is missing.
  assert.equal(judge(101, false).discontinuity, true);
  assert.deepEqual(judge(102, false), clean);
  assert.equal(judge(103, true).damaged, true);
  for (let i = 0; i < 300; i++) assert.deepEqual(judge(104 + i, false), clean);
  assert.deepEqual(judge(404, true), clean);
});

test("LossDetector.reset() forgets doubts and slices", () => {
  const losses = new LossDetector();
  for (let i = 0; i < 40; i++) losses.judge(unit(i), undefined, SPS);
  losses.judge(unit(50), undefined, SPS);
  losses.reset();
  const odd = unit(3, { slices: 1, mayLackEnd: true });
  const found = losses.judge(odd, undefined, SPS);
  assert.deepEqual(found, { damaged: false, discontinuity: false });
});
