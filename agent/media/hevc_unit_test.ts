import assert from "node:assert/strict";
import { BitWriter, byteStream } from "../../test/h264_writer.ts";
import { test } from "../../test/harness.ts";
import {
  hevcNalUnit,
  writeHevcPps,
  writeHevcSlice,
  writeHevcSps,
  writeVps,
} from "../../test/hevc_writer.ts";
import { describeHevcUnit, type HevcUnit } from "./hevc_unit.ts";

const [VPS, SPS, PPS] = [writeVps(), writeHevcSps(), writeHevcPps()];
const [P, IDR] = [writeHevcSlice(1), writeHevcSlice(19)];
const DELIMITER = hevcNalUnit(35, new BitWriter().u(3, 7));
/** payloadType 6, of which recovery_poc_cnt is 0 (ITU-T H.265, D.2.8). */
const RECOVERY_POINT = hevcNalUnit(39, new BitWriter().u(24, 0x0601d0));

const CASES: [name: string, nalUnits: Uint8Array[], unit: Partial<HevcUnit>][] =
  [
    ["a P picture", [P], {}],
    ["an IDR picture with its sets", [VPS, SPS, PPS, IDR], {
      keyframe: true,
      hasParameterSets: true,
    }],
    ["an IDR picture behind a delimiter", [DELIMITER, IDR], { keyframe: true }],
    ["a CRA picture", [writeHevcSlice(21)], { keyframe: true }],
    ["a BLA picture", [writeHevcSlice(16)], { keyframe: true }],
    ["a skipped leading picture", [writeHevcSlice(8)], { rasl: true }],
    ["one that is a reference", [DELIMITER, writeHevcSlice(9)], { rasl: true }],
    ["a decodable leading picture", [writeHevcSlice(7)], {}],
    ["several slice segments", [P, writeHevcSlice(1, { first: false })], {}],
    ["an IDR picture without a VPS", [SPS, PPS, IDR], { keyframe: true }],
    ["sets behind the picture", [IDR, VPS, SPS, PPS], { keyframe: true }],
    [
      "sets of another layer",
      [VPS, hevcNalUnit(33, undefined, { layerId: 1 }), PPS, IDR],
      { keyframe: true },
    ],
    ["a recovery point", [RECOVERY_POINT, P], { recoveryPoint: true }],
    ["a picture without its beginning", [writeHevcSlice(1, { first: false })], {
      damaged: true,
    }],
    ["something broken and a picture", [Uint8Array.of(0xc0, 1), IDR], {
      keyframe: true,
      damaged: true,
    }],
    ["no picture", [VPS, SPS, PPS], { hasParameterSets: true, damaged: true }],
    ["nothing", [], { damaged: true }],
  ];

for (const [name, nalUnits, expected] of CASES) {
  test(`describeHevcUnit() describes ${name}`, () => {
    for (const startCodeLength of [3, 4]) {
      const unit = describeHevcUnit(byteStream(nalUnits, startCodeLength));
      assert.deepEqual(unit, {
        keyframe: false,
        rasl: false,
        recoveryPoint: false,
        hasParameterSets: false,
        damaged: false,
        ...expected,
      });
    }
  });
}
