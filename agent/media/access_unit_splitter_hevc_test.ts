import assert from "node:assert/strict";
import { byteStream } from "../../test/h264_writer.ts";
import { test } from "../../test/harness.ts";
import {
  hevcNalUnit,
  writeHevcPps,
  writeHevcSlice,
  writeHevcSps,
  writeVps,
} from "../../test/hevc_writer.ts";
import { Random, runSeed } from "../../test/random.ts";
import { AccessUnitSplitter, type SplitUnit } from "./access_unit_splitter.ts";
import { joinNalUnits, nalUnitsOf } from "./annexb.ts";
import { HEVC_NAL_UNIT_TYPE } from "./hevc.ts";

const TYPE = HEVC_NAL_UNIT_TYPE;
const [VPS, SPS, PPS] = [writeVps(), writeHevcSps(), writeHevcPps()];
const IDR = writeHevcSlice(TYPE.idrWRadl);
const P = writeHevcSlice(TYPE.trailR);
const P_2 = writeHevcSlice(TYPE.trailR, { first: false });
const DELIMITER = hevcNalUnit(TYPE.delimiter);
const PREFIX_SEI = Uint8Array.of(TYPE.prefixSei << 1, 1, 5, 0, 0x80);
const SUFFIX_SEI = Uint8Array.of(TYPE.suffixSei << 1, 1, 5, 0, 0x80);
const RECOVERY_POINT = Uint8Array.of(TYPE.prefixSei << 1, 1, 6, 1, 0xc4, 0x80);
const END = hevcNalUnit(TYPE.endOfSequence);

function split(data: Uint8Array, size = data.length): SplitUnit[] {
  const splitter = new AccessUnitSplitter({ codec: "hevc" });
  const units: SplitUnit[] = [];
  for (let at = 0; at < data.length; at += size) {
    units.push(...splitter.push(data.subarray(at, at + size)));
  }
  return [...units, ...splitter.flush()];
}

/** NAL unit types of each access unit, such as "32 33 34 19". */
function types(units: readonly SplitUnit[]): string[] {
  return units.map(({ data }) =>
    [...nalUnitsOf(data)].map((nalUnit) => nalUnit[0]! >> 1).join(" ")
  );
}

test("AccessUnitSplitter cuts H.265, however it comes", () => {
  const data = byteStream([
    ...[DELIMITER, VPS, SPS, PPS, PREFIX_SEI, IDR, SUFFIX_SEI],
    ...[DELIMITER, P, P_2, SUFFIX_SEI, P, PREFIX_SEI, P, END],
  ], 3);
  const whole = split(data);
  assert.deepEqual(types(whole), ["32 33 34 39 19 40", "1 1 40", "1", "39 1"]);
  assert.deepEqual(
    whole.map(({ keyframe, hasParameterSets, damaged, discontinuity }) => [
      keyframe,
      hasParameterSets,
      damaged || discontinuity,
    ]),
    [true, false, false, false].map((first) => [first, first, false]),
  );
  for (let size = 1; size < data.length; size++) {
    assert.deepEqual(split(data, size), whole);
  }
});

test("AccessUnitSplitter keeps every byte of H.265's NAL units", () => {
  const nalUnits = [VPS, SPS, PPS, IDR, P, P_2, SUFFIX_SEI, P];
  const units = split(byteStream(nalUnits, 3));
  assert.deepEqual(
    joinNalUnits(units.flatMap(({ data }) => [...nalUnitsOf(data)])),
    joinNalUnits(nalUnits),
  );
});

test("AccessUnitSplitter ends a picture of H.265 with the first byte of the next header", () => {
  for (const next of [DELIMITER, PREFIX_SEI, END]) {
    const splitter = new AccessUnitSplitter({ codec: "hevc" });
    splitter.push(byteStream([VPS, SPS, PPS, IDR]));
    assert.equal(splitter.isInPicture, true);
    assert.deepEqual(splitter.push(Uint8Array.of(0, 0, 1)), []);
    assert.equal(splitter.push(next.subarray(0, 1)).length, 1);
  }
});

test("AccessUnitSplitter wants the third byte of a slice of H.265", () => {
  const splitter = new AccessUnitSplitter({ codec: "hevc" });
  splitter.push(byteStream([VPS, SPS, PPS, IDR]));
  const next = byteStream([P], 3);
  assert.deepEqual(splitter.push(next.subarray(0, 5)), []);
  assert.equal(splitter.push(next.subarray(5)).length, 1);
});

test("AccessUnitSplitter takes every random access picture of H.265 for a keyframe", () => {
  for (const type of [TYPE.blaWLp, TYPE.idrNLp, TYPE.cra, 22, TYPE.trailN]) {
    const [unit] = split(byteStream([writeHevcSlice(type)]));
    assert.equal(unit!.keyframe, type >= 16 && type <= 21, `${type}`);
  }
});

test("AccessUnitSplitter keeps parameter sets between slices of a picture of H.265", () => {
  const second = writeHevcSlice(TYPE.idrWRadl, { first: false });
  const units = split(
    byteStream([VPS, SPS, PPS, IDR, VPS, SPS, PPS, second, VPS, SPS, PPS, IDR]),
  );
  assert.deepEqual(types(units), [
    "32 33 34 19 32 33 34 19",
    "32 33 34 19",
  ]);
});

test("AccessUnitSplitter sees recovery points of H.265", () => {
  const [plain, recovery] = split(
    byteStream([PREFIX_SEI, P, RECOVERY_POINT, P]),
  );
  assert.equal(plain!.recoveryPoint, false);
  assert.equal(recovery!.recoveryPoint, true);
});

test("AccessUnitSplitter sees that the first slice of a picture of H.265 is missing", () => {
  const units = split(byteStream([VPS, SPS, PPS, IDR, P_2, P, P_2]));
  assert.deepEqual(types(units), ["32 33 34 19", "1", "1 1"]);
  assert.deepEqual(units.map(({ damaged }) => damaged), [false, true, false]);
});

test("AccessUnitSplitter survives what is no H.265", () => {
  const random = new Random(runSeed());
  for (let i = 0; i < 500; i++) {
    const data = byteStream(
      [VPS, IDR, P, P_2, SUFFIX_SEI, P].map((nalUnit) => {
        const copy = nalUnit.slice();
        copy[random.below(copy.length)] = random.below(256);
        return copy.subarray(0, 1 + random.below(copy.length));
      }),
    );
    const whole = split(data);
    assert.deepEqual(split(data, 1 + random.below(9)), whole);
  }
});
