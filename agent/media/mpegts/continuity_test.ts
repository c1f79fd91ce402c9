import assert from "node:assert/strict";
import { test } from "../../../test/harness.ts";
import { type TsPacketFields, writeTsPacket } from "../../../test/ts_writer.ts";
import { ContinuityCounter } from "./continuity.ts";
import { readTsPacket } from "./packet.ts";

/** A packet: its counter, a byte of its payload, flags. */
type Line = [
  counter: number,
  byte?: number | undefined,
  fields?: Partial<TsPacketFields>,
];

function judge(...lines: Line[]): string[] {
  const continuity = new ContinuityCounter();
  return lines.map(([counter, byte, fields = {}]) => {
    const payload = byte === undefined ? [] : [byte];
    const packet = writeTsPacket(1, payload, { counter, ...fields });
    return continuity.judge(readTsPacket(packet));
  });
}

test("ContinuityCounter counts on behind 15", () => {
  const found = judge(...Array.from({ length: 40 }, (_, i): Line => [i, i]));
  assert.deepEqual(found, Array(40).fill("next"));
});

test("ContinuityCounter tells a gap", () => {
  const found = judge([3, 1], [5, 2], [6, 3], [5, 4]);
  assert.deepEqual(found, ["next", "gap", "next", "gap"]);
});

test("ContinuityCounter tells repetition from the loss of fifteen", () => {
  const found = judge([3, 1], [3, 1], [4, 2], [4, 3], [5, 4]);
  assert.deepEqual(found, ["next", "repeated", "next", "gap", "next"]);
});

test("ContinuityCounter does not count packets without payload", () => {
  const found = judge([3, 1], [3], [9], [4, 2]);
  assert.deepEqual(found, Array(4).fill("next"));
});

test("ContinuityCounter lets the counter begin anew where that is announced", () => {
  const discontinuity = true;
  assert.deepEqual(
    judge([3, 1], [9, 2, { discontinuity }], [10, 3], [12, 4]),
    ["next", "next", "next", "gap"],
  );
  assert.deepEqual(
    judge([3, 1], [3, undefined, { discontinuity }], [8, 2], [9, 3]),
    Array(4).fill("next"),
  );
});
