import assert from "node:assert/strict";
import { writeSlice } from "../../test/h264_writer.ts";
import { test } from "../../test/harness.ts";
import { beginsAccessUnit, isVcl, nalUnitType, startsPicture } from "./h264.ts";

const TYPES = Array.from({ length: 32 }, (_, type) => type);

test("nalUnitType() leaves nal_ref_idc and the forbidden bit out", () => {
  const headers = [0x67, 0x27, 0x41, 0x01, 0xe5, 0xff];
  const types = headers.map((header) => nalUnitType(Uint8Array.of(header, 1)));
  assert.deepEqual(types, [7, 7, 1, 1, 5, 31]);
  assert.equal(nalUnitType(new Uint8Array()), 0);
});

test("isVcl() knows the five types of Table 7-1", () => {
  assert.deepEqual(TYPES.filter(isVcl), [1, 2, 3, 4, 5]);
});

test("startsPicture() wants a slice header with first_mb_in_slice 0", () => {
  const first = TYPES.filter((type) => startsPicture(writeSlice(type)));
  assert.deepEqual(first, [1, 2, 5]);
  const later = writeSlice(0x65, { firstMb: 1 });
  assert.equal(startsPicture(later), false);
  assert.equal(startsPicture(Uint8Array.of(0x65)), false);
});

test("beginsAccessUnit() follows 7.4.1.2.3 behind the slices", () => {
  const types = TYPES.filter((type) => beginsAccessUnit(type, false, 1));
  assert.deepEqual(types, [5, 6, 7, 8, 9, 10, 11, 14, 15, 16, 17, 18]);
});

const SLICES: [header: number, first: boolean, slice: number, next: boolean][] =
  [
    [0x41, true, 0x41, true],
    [0x41, false, 0x41, false],
    [0x65, false, 0x65, false],
    [0x65, true, 0x65, true],
    [0x65, false, 0x41, true],
    [0x41, false, 0x65, true],
    [0x01, false, 0x41, true],
    [0x41, false, 0x01, true],
    [0x21, false, 0x61, false],
    [0x43, false, 0x42, false],
  ];

for (const [header, first, slice, next] of SLICES) {
  const [a, b] = [header, slice].map((byte) => byte.toString(16));
  const not = next ? "" : "not ";
  const which = first ? "first" : "later";
  test(`beginsAccessUnit() is ${not}true of a ${which} ${a} behind ${b}`, () => {
    assert.equal(beginsAccessUnit(header, first, slice), next);
  });
}
