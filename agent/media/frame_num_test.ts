import assert from "node:assert/strict";
import {
  BitWriter,
  byteStream,
  SAMPLE,
  writePps,
  writeSlice,
  writeSps,
} from "../../test/h264_writer.ts";
import { test } from "../../test/harness.ts";
import { AccessUnitSplitter } from "./access_unit_splitter.ts";
import { isGap, pictureNumberOf } from "./frame_num.ts";
import { parseSps } from "./sps.ts";

const SPS = parseSps(writeSps({ log2MaxFrameNum: 4 }));

/** A slice that says which frame it belongs to. */
function slice(
  header: number,
  frameNum: number,
  { bits = 4, firstMb = 0, ppsId = 0 } = {},
): Uint8Array {
  return new BitWriter().ue(firstMb, 7, ppsId).u(bits, frameNum).u(8, 0x55)
    .nalUnit(header);
}

test("pictureNumberOf() reads what x264 writes", () => {
  const splitter = new AccessUnitSplitter();
  const units = [...splitter.push(SAMPLE), ...splitter.flush()];
  const sps = parseSps(SAMPLE.subarray(4, 29));
  const numbers = units.map(({ data }) => pictureNumberOf(data, sps));
  assert.deepEqual(numbers, [
    { frameNum: 0, isReference: true, isIdr: true },
    { frameNum: 1, isReference: true, isIdr: false },
    { frameNum: 2, isReference: true, isIdr: false },
    { frameNum: 0, isReference: true, isIdr: true },
    { frameNum: 1, isReference: true, isIdr: false },
  ]);
});

const PREFIX = [0x6e, 0x40, 0x80, 0x1f];

/** Access units, and what frame_num, nal_ref_idc and the type say. */
const UNITS: Record<string, [readonly (Uint8Array | number[])[], unknown]> = {
  "a reference picture": [
    [slice(0x41, 9)],
    { frameNum: 9, isReference: true, isIdr: false },
  ],
  "a picture that is no reference": [
    [slice(0x01, 10)],
    { frameNum: 10, isReference: false, isIdr: false },
  ],
  "an IDR picture behind its parameter sets": [
    [writeSps(), writePps(), slice(0x65, 0)],
    { frameNum: 0, isReference: true, isIdr: true },
  ],
  "a picture behind SEI": [
    [[6, 1, 1, 0, 0x80], slice(0x61, 3)],
    { frameNum: 3, isReference: true, isIdr: false },
  ],
  "the first of several slices": [
    [slice(0x41, 5), slice(0x41, 6, { firstMb: 20 })],
    { frameNum: 5, isReference: true, isIdr: false },
  ],
  "a slice whose first one is missing": [
    [slice(0x41, 5, { firstMb: 1199, ppsId: 255 })],
    { frameNum: 5, isReference: true, isIdr: false },
  ],
  "data partition A": [
    [slice(0x42, 7)],
    { frameNum: 7, isReference: true, isIdr: false },
  ],
  "the base layer of a scalable stream": [
    [PREFIX, slice(0x41, 4)],
    { frameNum: 4, isReference: true, isIdr: false },
  ],
  "no slice": [[writeSps(), writePps()], undefined],
  "nothing": [[], undefined],
  "a prefix without its slice": [[PREFIX], undefined],
  "data partition B alone": [[slice(0x43, 7)], undefined],
  "a slice that is cut off": [[[0x41, 0x9a & 0xfe]], undefined],
  "a slice of a header only": [[[0x41]], undefined],
};

for (const [what, [nalUnits, number]] of Object.entries(UNITS)) {
  test(`pictureNumberOf() reads ${what}`, () => {
    assert.deepEqual(pictureNumberOf(byteStream(nalUnits), SPS), number);
  });
}

test("pictureNumberOf() reads as many bits as the stream has", () => {
  for (const bits of [4, 8, 16]) {
    const sps = parseSps(writeSps({ log2MaxFrameNum: bits }));
    const frameNum = 2 ** bits - 1;
    const data = byteStream([slice(0x41, frameNum, { bits })]);
    assert.equal(pictureNumberOf(data, sps)?.frameNum, frameNum);
  }
});

test("pictureNumberOf() reads through emulation prevention", () => {
  const sps = parseSps(writeSps({ log2MaxFrameNum: 16 }));
  const head = slice(0x41, 0, { bits: 16, ppsId: 127 });
  assert.ok(head.toHex().includes("000003"));
  assert.equal(pictureNumberOf(byteStream([head]), sps)?.frameNum, 0);
});

test("pictureNumberOf() leaves 4:4:4 alone, where frame_num may move", () => {
  const sps = parseSps(
    writeSps({ profileIdc: 244, chromaFormatIdc: 3, separatePlanes: true }),
  );
  const data = byteStream([writeSlice(0x41)]);
  assert.equal(pictureNumberOf(data, sps), undefined);
  assert.notEqual(pictureNumberOf(data, SPS), undefined);
});

/** The latest reference picture, the next picture, and whether one is missing. */
const GAPS: [what: string, last: number, next: number, gap: boolean][] = [
  ["the next picture", 3, 4, false],
  ["one missing", 3, 5, true],
  ["the second field of a frame", 3, 3, false],
  ["the number after the highest", 15, 0, false],
  ["one missing around the highest", 15, 1, true],
  ["one missing before the highest", 14, 0, true],
  ["one that comes late", 5, 4, true],
];

for (const [what, last, frameNum, gap] of GAPS) {
  test(`isGap() judges ${what}`, () => {
    for (const isReference of [true, false]) {
      const number = { frameNum, isReference, isIdr: false };
      assert.equal(isGap(last, number, 4), gap);
    }
  });
}

test("isGap() finds none before an IDR picture", () => {
  for (const last of [0, 7, 15]) {
    const number = { frameNum: 0, isReference: true, isIdr: true };
    assert.equal(isGap(last, number, 4), false);
  }
});
