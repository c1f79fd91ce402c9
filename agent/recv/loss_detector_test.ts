import assert from "node:assert/strict";
import {
  BitWriter,
  byteStream,
  writePps,
  writeSlice,
  writeSps,
} from "../../test/h264_writer.ts";
import { test } from "../../test/harness.ts";
import { sliceDigest } from "../media/slice_digest.ts";
import { parseSps } from "../media/sps.ts";
import { us } from "../media/time.ts";
import type { Timing } from "../media/timing_sei.ts";
import { type Loss, LossDetector, type SuspectUnit } from "./loss_detector.ts";

const SPS = parseSps(writeSps({ log2MaxFrameNum: 4 }));

const FINE: Loss = { damaged: false, discontinuity: false };
const DAMAGED: Loss = { damaged: true, discontinuity: false };
const BEHIND_A_GAP: Loss = { damaged: false, discontinuity: true };

function unit(...nalUnits: Uint8Array[]): SuspectUnit {
  const data = byteStream(nalUnits);
  return { data, damaged: false, discontinuity: false };
}

const PICTURE = unit(writeSlice(0x41));

/** What our sender says of {@linkcode PICTURE}. */
function timing(sequence: number, change: Partial<Timing> = {}): Timing {
  return {
    captured: true,
    epoch: 7,
    bootTag: "0123456789abcdef",
    sequence: sequence >>> 0,
    monotonic: us(0),
    realtime: us(0),
    digest: sliceDigest(PICTURE.data),
    ...change,
  };
}

/** Judges pictures with these numbers; `undefined` has lost its number. */
function judgeAll(
  detector: LossDetector,
  ...timings: (Timing | undefined)[]
): Loss[] {
  return timings.map((timing) => detector.judge(PICTURE, timing, SPS));
}

test("LossDetector finds nothing where the numbers go on", () => {
  const detector = new LossDetector();
  const timings = [5, 6, 7, 8].map((sequence) => timing(sequence));
  assert.deepEqual(judgeAll(detector, ...timings), [FINE, FINE, FINE, FINE]);
  assert.equal(detector.missing, 0);
});

test("LossDetector counts the pictures that never came", () => {
  const detector = new LossDetector();
  const losses = judgeAll(detector, timing(0), timing(3), timing(4), timing(6));
  assert.deepEqual(losses, [FINE, BEHIND_A_GAP, FINE, BEHIND_A_GAP]);
  assert.equal(detector.missing, 3);
});

test("LossDetector counts on behind the highest number", () => {
  const detector = new LossDetector();
  const losses = judgeAll(detector, timing(-2), timing(-1), timing(0));
  assert.deepEqual(losses, [FINE, FINE, FINE]);
  assert.deepEqual(judgeAll(detector, timing(-1)), [BEHIND_A_GAP]);
  assert.deepEqual(judgeAll(detector, timing(1)), [BEHIND_A_GAP]);
  assert.equal(detector.missing, 1);
});

test("LossDetector takes numbers that go back for a gap", () => {
  const detector = new LossDetector();
  const losses = judgeAll(detector, timing(9), timing(9), timing(4));
  assert.deepEqual(losses, [FINE, BEHIND_A_GAP, BEHIND_A_GAP]);
  assert.equal(detector.missing, 0);
});

test("LossDetector finds bytes that are missing or wrong", () => {
  const detector = new LossDetector();
  const digest = 12345;
  const losses = judgeAll(
    detector,
    timing(0),
    timing(1, { digest }),
    timing(2),
  );
  assert.deepEqual(losses, [FINE, DAMAGED, FINE]);
  assert.equal(detector.missing, 0);
});

test("LossDetector believes a picture whose sender sums up nothing", () => {
  const detector = new LossDetector();
  const { digest: _, ...old } = timing(0);
  assert.deepEqual(judgeAll(detector, old), [FINE]);
});

test("LossDetector takes a picture without its number for damaged", () => {
  const detector = new LossDetector();
  const losses = judgeAll(detector, timing(0), undefined, timing(2));
  assert.deepEqual(losses, [FINE, DAMAGED, BEHIND_A_GAP]);
  // It did come.
  assert.equal(detector.missing, 0);
  judgeAll(detector, undefined, timing(5));
  assert.equal(detector.missing, 1);
});

test("LossDetector sees that the sender was started anew", () => {
  const detector = new LossDetector();
  const epoch = 8;
  const losses = judgeAll(
    detector,
    timing(100),
    timing(0, { epoch }),
    timing(1, { epoch }),
    timing(101, { epoch: 7 }),
  );
  assert.deepEqual(losses, [FINE, BEHIND_A_GAP, FINE, BEHIND_A_GAP]);
  assert.equal(detector.missing, 0);
});

test("LossDetector.reset() forgets what came before", () => {
  const detector = new LossDetector();
  judgeAll(detector, timing(5), undefined);
  detector.reset();
  assert.deepEqual(judgeAll(detector, timing(9)), [FINE]);
  detector.reset();
  // Of a sender that never numbers its pictures.
  assert.deepEqual(judgeAll(detector, undefined), [FINE]);
  assert.equal(detector.missing, 0);
});

/** A slice that says which frame it belongs to. */
function slice(header: number, frameNum: number): Uint8Array {
  return new BitWriter().ue(0, 7, 0).u(4, frameNum).u(8, 0x55).nalUnit(header);
}

const IDR = unit(writeSps(), writePps(), slice(0x65, 0));
const [REFERENCE, NO_REFERENCE] = [0x41, 0x01];

/** Judges the pictures of somebody else's sender. */
function judgeForeign(detector: LossDetector, ...units: SuspectUnit[]): Loss[] {
  return units.map((unit) => detector.judge(unit, undefined, SPS));
}

/** Pictures by header and frame_num, and which of them follow a gap. */
const STREAMS: Record<
  string,
  [[header: number, frameNum: number][], number[]]
> = {
  "reference pictures in a row": [
    [[REFERENCE, 14], [REFERENCE, 15], [REFERENCE, 0], [REFERENCE, 1]],
    [],
  ],
  "a reference picture missing": [
    [[REFERENCE, 1], [REFERENCE, 3], [REFERENCE, 4]],
    [1],
  ],
  "pictures that are no references": [
    [
      [REFERENCE, 1],
      [NO_REFERENCE, 2],
      [NO_REFERENCE, 2],
      [REFERENCE, 2],
      [NO_REFERENCE, 3],
    ],
    [],
  ],
  "a picture missing that is no reference": [
    [[REFERENCE, 1], [REFERENCE, 2], [NO_REFERENCE, 3], [REFERENCE, 3]],
    [],
  ],
  "a reference picture missing before one that is none": [
    [[REFERENCE, 15], [NO_REFERENCE, 1], [REFERENCE, 1], [REFERENCE, 2]],
    [1],
  ],
  "fields": [
    [[REFERENCE, 1], [REFERENCE, 1], [REFERENCE, 2], [REFERENCE, 2]],
    [],
  ],
  "an IDR picture": [
    [[REFERENCE, 5], [0x65, 0], [REFERENCE, 1]],
    [],
  ],
  "a picture missing behind an IDR picture": [
    [[REFERENCE, 5], [0x65, 0], [REFERENCE, 2]],
    [2],
  ],
};

for (const [what, [pictures, gaps]] of Object.entries(STREAMS)) {
  test(`LossDetector finds by frame_num: ${what}`, () => {
    const detector = new LossDetector();
    const units = pictures.map(([header, frameNum]) =>
      unit(slice(header, frameNum))
    );
    const found = judgeForeign(detector, ...units)
      .flatMap(({ discontinuity }, i) => discontinuity ? [i] : []);
    assert.deepEqual(found, gaps);
    assert.equal(detector.missing, gaps.length);
  });
}

test("LossDetector finds nothing where frame_num cannot be read", () => {
  const detector = new LossDetector();
  const units = [IDR, unit(writeSps()), unit(slice(REFERENCE, 1))];
  assert.deepEqual(judgeForeign(detector, ...units), [FINE, FINE, FINE]);
  const jump = unit(slice(REFERENCE, 9));
  assert.deepEqual(detector.judge(jump, undefined, undefined), FINE);
});

test("LossDetector leaves frame_num alone where pictures are numbered", () => {
  const detector = new LossDetector();
  const jump = unit(slice(REFERENCE, 9));
  const digest = sliceDigest(jump.data);
  assert.deepEqual(detector.judge(IDR, timing(0, { digest: 0 }), SPS), DAMAGED);
  assert.deepEqual(detector.judge(jump, timing(1, { digest }), SPS), FINE);
});

test("LossDetector passes on what the transport has found", () => {
  for (const numbered of [timing(0), undefined]) {
    const detector = new LossDetector();
    for (const found of [DAMAGED, BEHIND_A_GAP]) {
      const suspect = { ...PICTURE, ...found };
      assert.deepEqual(new LossDetector().judge(suspect, numbered, SPS), found);
    }
    assert.equal(detector.missing, 0);
  }
});
