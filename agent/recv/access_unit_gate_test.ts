import assert from "node:assert/strict";
import { BitWriter, byteStream, writeSlice } from "../../test/h264_writer.ts";
import { test } from "../../test/harness.ts";
import {
  AccessUnitGate,
  type GateUnit,
  type LossPolicy,
  type Verdict,
} from "./access_unit_gate.ts";

/** A SEI NAL unit with a recovery point so many pictures on. */
function recoverySei(count: number): Uint8Array {
  const payload = new BitWriter().ue(count).flags(true, false).u(2, 0).bytes();
  return Uint8Array.of(6, 6, payload.length, ...payload, 0x80);
}

/**
 * Units by their names: `k` is a keyframe, `p` a reference picture, `b` none,
 * `r2` a recovery point that is whole two reference pictures later, `r?` one
 * that makes no sense. `!` behind it says that it is damaged, `~` before it
 * that something is missing.
 */
function judgeAll(gate: AccessUnitGate, names: string): string {
  return names.split(" ").map((name) => {
    const [, gap, kind = "", count, damage] = /^(~?)([kpbr])([\d?]*)(!?)$/.exec(
      name,
    )!;
    const sei = count === ""
      ? []
      : count === "?"
      ? [Uint8Array.of(6, 6, 1, 0, 0x80)]
      : [recoverySei(Number(count))];
    const header = { k: 0x65, p: 0x41, b: 0x01, r: 0x41 }[kind]!;
    const unit: GateUnit = {
      data: byteStream([...sei, writeSlice(header)]),
      keyframe: kind === "k",
      recoveryPoint: kind === "r",
    };
    const loss = { damaged: damage !== "", discontinuity: gap !== "" };
    return LETTERS[gate.judge(unit, loss)];
  }).join("");
}

const LETTERS: Record<Verdict, string> = {
  clean: "C",
  hidden: "h",
  spoilt: "S",
  skipped: "x",
  held: "-",
};

/** What comes, and what becomes of it under each policy. */
const STREAMS: [what: string, units: string, hold: string, flag: string][] = [
  ["a whole stream", "k p p b p", "CCCCC", "CCCCC"],
  ["a damaged picture", "k p! p p k p", "C---CC", "CSSSCC"],
  ["a gap", "k ~p p p k p", "C---CC", "CSSSCC"],
  ["a gap before a keyframe", "k p ~k p", "CCCC", "CCCC"],
  ["a damaged keyframe", "k p ~k! p p k p", "CC---CC", "CCSSSCC"],
  ["a damaged first picture", "k! p k p", "--CC", "SSCC"],
  ["two losses in a row", "k ~p p p! ~p k p", "C----CC", "CSSSSCC"],
  ["a damaged picture that is no reference", "k b! p k", "C--C", "CSSC"],
  ["a recovery point at once", "k ~p p r0 p", "C--CC", "CSSCC"],
  ["a recovery point later on", "k ~p r2 p p p", "C-hhCC", "CSSSCC"],
  [
    "pictures that count for nothing",
    "k ~p r2 b p b p b",
    "C-hhhhCC",
    "CSSSSSCC",
  ],
  ["a keyframe within a recovery", "k ~p r9 p k p", "C-hhCC", "CSSSCC"],
  ["another recovery point within", "k ~p r2 p r2 p", "C-hhCC", "CSSSCC"],
  ["a loss within a recovery", "k ~p r2 p ~p p r1 p", "C-hhhhhC", "CSSSSSSC"],
  ["damage within a recovery", "k ~p r2 p p! r0 p", "C-hhxCC", "CSSSSCC"],
  ["a gap before a recovery point", "k ~r1 p p", "ChCC", "CSCC"],
  ["a damaged recovery point", "k ~r1! p p r0", "C---C", "CSSSC"],
  ["a recovery point without sense", "k ~p r? p p k", "C-hhhC", "CSSSSC"],
  ["a loss between recovery points", "r0 p ~p p r1 p", "CChhhC", "CCSSSC"],
  ["damage between recovery points", "r0 p p! p r1 p", "CCxhhC", "CCSSSC"],
  ["a keyframe behind recovery points", "r0 k ~p p r0", "CC--C", "CCSSC"],
  ["recovery points of a whole stream", "k p r2 p r2 p", "CCCCCC", "CCCCCC"],
];

for (const [what, units, hold, flag] of STREAMS) {
  test(`AccessUnitGate judges ${what}`, () => {
    const pass = "C".repeat(hold.length);
    const wanted: [LossPolicy, string][] = [
      ["hold", hold],
      ["flag", flag],
      ["pass", pass],
    ];
    for (const [policy, verdicts] of wanted) {
      assert.equal(
        judgeAll(new AccessUnitGate(policy), units),
        verdicts,
        policy,
      );
    }
  });
}

test("AccessUnitGate lets nothing out before the stream is whole", () => {
  const wanted = { hold: "--hhCC", flag: "SSSSCC", pass: "CCCCCC" } as const;
  for (const policy of ["hold", "flag", "pass"] as const) {
    const gate = new AccessUnitGate(policy);
    gate.close();
    assert.equal(gate.isWhole, false);
    assert.equal(judgeAll(gate, "p p r2 p p p"), wanted[policy]);
  }
});

test("AccessUnitGate.close() begins anew within a recovery", () => {
  const gate = new AccessUnitGate("hold");
  assert.equal(judgeAll(gate, "k ~p r2 p"), "C-hh");
  gate.close();
  assert.equal(judgeAll(gate, "p p k"), "--C");
});

test("AccessUnitGate.reset() forgets a loss", () => {
  const gate = new AccessUnitGate("hold");
  judgeAll(gate, "k ~p");
  gate.reset();
  assert.equal(gate.isWhole, true);
  assert.equal(judgeAll(gate, "p"), "C");
});

test("AccessUnitGate counts what is whole and not shown", () => {
  const gate = new AccessUnitGate("hold");
  judgeAll(gate, "k p! p ~p r2 p p p k! k");
  // Not the damaged ones.
  assert.equal(gate.held, 4);
  assert.equal(gate.isWhole, true);
  for (const policy of ["flag", "pass"] as const) {
    const other = new AccessUnitGate(policy);
    judgeAll(other, "k p! p ~p r2 p p p k! k");
    assert.equal(other.held, 0);
  }
});
