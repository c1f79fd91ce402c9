import assert from "node:assert/strict";
import { BitWriter } from "../../test/h264_writer.ts";
import { test } from "../../test/harness.ts";
import {
  addEmulationPrevention,
  BitReader,
  removeEmulationPrevention,
} from "./rbsp.ts";

/** What stands in the payload, and what in the NAL unit. */
const PREVENTION: [rbsp: string, nalUnit: string][] = [
  ["", ""],
  ["80", "80"],
  ["000004", "000004"],
  ["000000", "00000300"],
  ["000001", "00000301"],
  ["000002", "00000302"],
  ["000003", "00000303"],
  ["00000000000080", "000003000003000080"],
  ["0000030000030000", "00000303000003030000"],
  ["ff0000017f00000080", "ff000003017f0000030080"],
];

for (const [rbsp, nalUnit] of PREVENTION) {
  test(`addEmulationPrevention() writes "${rbsp}"`, () => {
    const bytes = addEmulationPrevention(Uint8Array.fromHex(rbsp));
    assert.equal(bytes.toHex(), nalUnit);
  });

  test(`removeEmulationPrevention() reads "${nalUnit}"`, () => {
    const bytes = removeEmulationPrevention(Uint8Array.fromHex(nalUnit));
    assert.equal(bytes.toHex(), rbsp);
  });
}

test("removeEmulationPrevention() drops the byte behind trailing zeros", () => {
  // cabac_zero_words (ITU-T H.264, 7.4.2.10).
  const bytes = Uint8Array.fromHex("80000003000003");
  assert.equal(removeEmulationPrevention(bytes).toHex(), "8000000000");
});

test("removeEmulationPrevention() copies nothing without need", () => {
  const bytes = Uint8Array.of(1, 0, 0, 4, 0, 3);
  assert.equal(removeEmulationPrevention(bytes), bytes);
});

test("removeEmulationPrevention() does not change what it was given", () => {
  const bytes = Uint8Array.of(0, 0, 3, 1);
  removeEmulationPrevention(bytes);
  assert.deepEqual(bytes, Uint8Array.of(0, 0, 3, 1));
});

// ITU-T H.264, Tables 9-2 and 9-3.
const CODES: [bits: string, ue: number, se: number][] = [
  ["1", 0, 0],
  ["010", 1, 1],
  ["011", 2, -1],
  ["00100", 3, 2],
  ["00101", 4, -2],
  ["00110", 5, 3],
  ["00111", 6, -3],
  ["0001000", 7, 4],
  ["0001001", 8, -4],
  [`${"0".repeat(31)}${"1".repeat(32)}`, 2 ** 32 - 2, 1 - 2 ** 31],
];

for (const [text, ue, se] of CODES) {
  const bits = new BitWriter();
  for (const bit of text) bits.u(1, Number(bit));

  test(`BitReader reads ${text} as ue(v)`, () => {
    assert.equal(new BitReader(bits.bytes()).ue(), ue);
  });

  test(`BitReader reads ${text} as se(v)`, () => {
    assert.equal(new BitReader(bits.bytes()).se(), se);
  });
}

test("BitReader reads 32 bits as an unsigned number", () => {
  const bits = new BitReader(Uint8Array.fromHex("7fffffffff80"));
  assert.equal(bits.bits(1), 0);
  assert.equal(bits.bits(32), 2 ** 32 - 1);
  assert.equal(bits.bits(0), 0);
  assert.equal(bits.bitsLeft, 15);
  assert.equal(bits.flag(), true);
});

test("BitReader does not read past the end", () => {
  const bits = new BitReader(Uint8Array.of(0xff));
  bits.bits(7);
  assert.throws(() => bits.bits(2), {
    name: "RbspError",
    message: "Cannot read 2 bits: 1 left",
  });
  assert.equal(bits.bits(1), 1);
  assert.throws(() => bits.flag(), { name: "RbspError" });
});

test("BitReader gives up on a number of more than 63 bits", () => {
  const bits = new BitReader(new Uint8Array(1 << 20));
  assert.throws(() => bits.ue(), { name: "RbspError", message: /63 bits/ });
  assert.equal(bits.bitsLeft, (1 << 23) - 32);
});

test("BitReader names the number that exceeds its bound", () => {
  const bits = new BitReader(new BitWriter().ue(7, 8).bytes());
  assert.equal(bits.ueUpTo(7, "seven"), 7);
  assert.throws(() => bits.ueUpTo(7, "seven"), {
    name: "RbspError",
    message: "seven is 8, above 7",
  });
});
