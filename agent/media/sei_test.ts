import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import { hasRecoveryPoint, seiMessagesOf } from "./sei.ts";

/** SEI NAL units, and the payloadType and payload of their messages. */
const NAL_UNITS: Record<string, [string, [number, string][]]> = {
  "a recovery point": ["060601c480", [[6, "c4"]]],
  "several messages": [
    "0600020102050001030200ff80",
    [[0, "0102"], [5, ""], [1, "0200ff"]],
  ],
  "emulation prevention in a message": [
    "060504000003000080",
    [[5, "00000000"]],
  ],
  "emulation prevention between messages": [
    "06050200000306010080",
    [[5, "0000"], [6, "00"]],
  ],
  "a type above 255": ["06ffff0a010980", [[520, "09"]]],
  "a message that is cut off": ["060601c40505ff", [[6, "c4"]]],
  "a message that lacks its last byte": ["06060201", []],
  "a message without rbsp_trailing_bits": ["060601c4", [[6, "c4"]]],
  "an empty message without rbsp_trailing_bits": ["060500", []],
  "no message": ["0680", []],
  "a header only": ["06", []],
  "nothing but 255s": [`06${"ff".repeat(1000)}`, []],
};

for (const [name, [nalUnit, messages]] of Object.entries(NAL_UNITS)) {
  test(`seiMessagesOf() reads ${name}`, () => {
    const found = [...seiMessagesOf(Uint8Array.fromHex(nalUnit))];
    assert.deepEqual(
      found.map(({ payloadType, payload }) => [payloadType, payload.toHex()]),
      messages,
    );
  });
}

test("seiMessagesOf() reads a payload of 300 bytes", () => {
  const nalUnit = Uint8Array.of(6, 5, 255, 45, ...Array(300).fill(7), 0x80);
  const [message] = seiMessagesOf(nalUnit);
  assert.equal(message?.payload.length, 300);
});

test("hasRecoveryPoint() looks at every message", () => {
  const nalUnits = ["060601c480", "06050201020601c480", "060502060180"];
  const found = nalUnits.map((hex) =>
    hasRecoveryPoint(Uint8Array.fromHex(hex))
  );
  assert.deepEqual(found, [true, true, false]);
});

test("hasRecoveryPoint() reads behind a header of two bytes", () => {
  // ITU-T H.265, 7.3.1.2 and D.2.8: prefix SEI, recovery_poc_cnt 0.
  assert.ok(hasRecoveryPoint(Uint8Array.fromHex("4e010601d080"), 2));
  assert.ok(!hasRecoveryPoint(Uint8Array.fromHex("4e01050106800680"), 2));
});
