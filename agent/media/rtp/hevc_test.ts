import assert from "node:assert/strict";
import { test } from "../../../test/harness.ts";
import { describe, packetsOf, receive } from "../../../test/rtp_writer.ts";

/**
 * What packets of H.265 become. 2601af.. is the first slice segment of an IDR
 * picture, 26012f.. another one; 0201d0.. and 020150.. are those of another
 * picture; 4001, 4201 and 4401 are VPS, SPS and PPS, 4e01 is a SEI.
 */
const CASES: Record<string, [packets: string[], units: string[]]> = {
  "single NAL units": [
    ["0 40010c", "0 420101", "0 4401c0", "0! 2601af01", "3000! 0201d002"],
    ["40010c 420101 4401c0 2601af01", "0201d002"],
  ],
  "an aggregation": [
    ["0! 6001 0003 40010c 0003 420101 0003 4401c0 0004 2601af01"],
    ["40010c 420101 4401c0 2601af01"],
  ],
  "fragments": [
    ["0 6201 93 af01", "0 6201 13 02", "0! 6201 53 03"],
    ["2601af010203"],
  ],
  "a fragment with start and end in one": [
    ["0! 6201 d3 af01"],
    ["2601af01"],
  ],
  "fragments of a higher temporal layer": [
    ["0! 2601af01", "3000 6203 81 d001", "3000! 6203 41 02"],
    ["2601af01", "0203d00102"],
  ],
  "slice segments of one picture": [
    ["0 2601af01", "0! 26012f02", "3000! 0201d003"],
    ["2601af01 26012f02", "0201d003"],
  ],
  "a marker on every slice segment": [
    ["0! 2601af01", "0! 26012f02", "3000! 0201d003", "3000! 02015004"],
    ["2601af01", "26012f02 damaged", "0201d003 02015004 discontinuity"],
  ],
  "two pictures of one timestamp": [
    ["0! 2601af01", "0! 0201d002"],
    ["2601af01", "0201d002"],
  ],
  "SEI behind the picture stays there, SEI in front belongs to the next": [
    ["0 2601af01", "0 5001aa80", "0! 4e01aa80", "3000! 0201d002"],
    ["2601af01 5001aa80", "4e01aa80 0201d002"],
  ],
  "delimiters, filler and end marks are left out": [
    ["0 460150", "0 2601af01", "0 4c01ff80", "0 4801", "0! 4a01"],
    ["2601af01"],
  ],
  "Annex B in a packet": [
    ["0! 00000001 40010c 000001 2601af01"],
    ["40010c 2601af01"],
  ],
  "a fragment without its start": [
    ["0 6201 13 01", "0! 6201 53 02", "3000! 0201d003"],
    ["0201d003 discontinuity"],
  ],
  "a fragment without its end": [
    ["0! 6201 93 af01", "3000! 0201d002"],
    ["2601af01 damaged", "0201d002 discontinuity"],
  ],
  "a lost middle: nothing is joined": [
    ["0 6201 93 af01", "lost", "0! 6201 53 03", "3000! 0201d004"],
    ["2601af01 damaged discontinuity", "0201d004 discontinuity"],
  ],
  "a fragment without FU header": [
    ["0 2601af01", "0! 6201"],
    ["2601af01 damaged"],
  ],
  "a fragment of an aggregation": [
    ["0 2601af01", "0! 6201 f0 0002"],
    ["2601af01 damaged"],
  ],
  "an aggregation with size 0": [
    ["0! 6001 0004 2601af01 0000"],
    ["2601af01 damaged"],
  ],
  "an aggregation with size 1": [
    ["0! 6001 0004 2601af01 0001 40"],
    ["2601af01 damaged"],
  ],
  "an aggregation with a size beyond the payload": [
    ["0! 6001 0004 2601af01 0009 4001"],
    ["2601af01 damaged"],
  ],
  "an aggregation of nothing": [
    ["0 2601af01", "0! 6001"],
    ["2601af01 damaged"],
  ],
  "a PACI, and reserved types": [
    ["0 2601af01", "0 6401 0000", "0! 7e01"],
    ["2601af01 damaged"],
  ],
  "a header of one byte": [["0 2601af01", "0! 26"], ["2601af01 damaged"]],
  "forbidden_zero_bit": [["0! a601af01"], ["a601af01 damaged"]],
  "a picture that begins in its middle": [
    ["0! 26012f01", "3000! 0201d002"],
    ["26012f01 damaged", "0201d002 discontinuity"],
  ],
  "H.264": [["0! 658801", "3000! 418802"], []],
};

for (const [name, [packets, units]] of Object.entries(CASES)) {
  test(`RtpDepacketizer, H.265: ${name}`, () => {
    const found = receive(packetsOf(packets), { codec: "hevc" }).units;
    assert.deepEqual(describe(found), units);
    assert.ok(found.every(({ codec }) => codec === "hevc"));
  });
}

test("RtpDepacketizer, H.265, tells keyframes and parameter sets", () => {
  const { units } = receive(
    packetsOf([
      "0! 6001 0003 40010c 0003 420101 0003 4401c0 0004 2601af01", // IDR_W_RADL
      "3000! 0201d001", // TRAIL_R
      "6000! 2a01af01", // CRA
      "9000 4401c0",
      "9000! 2001af01", // BLA_W_LP
      "12000 4e01 0601 c480", // recovery point
      "12000! 0201d001",
    ]),
    { codec: "hevc" },
  );
  const found = units.map((unit) => [
    unit.keyframe,
    unit.recoveryPoint,
    unit.hasParameterSets,
  ]);
  assert.deepEqual(found, [
    [true, false, true],
    [false, false, false],
    [true, false, false],
    [true, false, false],
    [false, true, false],
  ]);
});
