import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import { isHevcVcl, isIrap, readHevcHeader } from "./hevc.ts";

const TYPES = Array.from({ length: 64 }, (_, type) => type);

test("readHevcHeader() reads the three fields of 7.3.1.2", () => {
  const headers = ["4001", "4201", "2601", "0203", "7fff", "0109"].map((hex) =>
    Object.values(readHevcHeader(Uint8Array.fromHex(hex)) ?? {})
  );
  assert.deepEqual(headers, [
    [32, 0, 0],
    [33, 0, 0],
    [19, 0, 0],
    [1, 0, 2],
    [63, 63, 6],
    [0, 33, 0],
  ]);
});

test("readHevcHeader() finds none where something is forbidden", () => {
  for (const hex of ["", "40", "4000", "c001", "42f8"]) {
    assert.equal(readHevcHeader(Uint8Array.fromHex(hex)), undefined, hex);
  }
});

test("isHevcVcl() knows the lower half of Table 7-1", () => {
  assert.deepEqual(TYPES.filter(isHevcVcl), TYPES.slice(0, 32));
});

test("isIrap() knows IDR, BLA and CRA pictures", () => {
  assert.deepEqual(TYPES.filter(isIrap), [16, 17, 18, 19, 20, 21]);
});
