import assert from "node:assert/strict";
import { BitWriter } from "../../test/h264_writer.ts";
import { test } from "../../test/harness.ts";
import { hasRecoveryPoint, recoveryFrameCount, seiMessagesOf } from "./sei.ts";

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

/** A SEI NAL unit with a recovery point so many pictures on. */
function recoveryPoint(count: number): Uint8Array {
  // exact_match_flag, broken_link_flag, changing_slice_group_idc (D.1.8).
  const payload = new BitWriter().ue(count).flags(true, false).u(2, 0).bytes();
  return Uint8Array.of(6, 6, payload.length, ...payload, 0x80);
}

for (const count of [0, 1, 29, 249, 65_535]) {
  test(`recoveryFrameCount() reads ${count}`, () => {
    assert.equal(recoveryFrameCount(recoveryPoint(count)), count);
  });
}

/** SEI NAL units, and the recovery_frame_cnt in them. */
const RECOVERY_POINTS: Record<string, [string, number | undefined]> = {
  // ffmpeg -f lavfi -i testsrc2=s=64x64:r=30 -c:v libx264 -preset ultrafast
  // -x264-params intra-refresh=1 -f h264 -, FFmpeg 5.1.9
  "what x264 writes": ["0606017180", 2],
  "a message behind others": ["06050201020601c480", 0],
  "the second where the first is cut off": ["0606010006015080", 1],
  "no recovery point": ["060502060180", undefined],
  "one without a byte": ["0606000501ff80", undefined],
  "a count that cannot be": ["06060500008000a080", undefined],
  "nothing": ["06", undefined],
};

for (const [what, [hex, count]] of Object.entries(RECOVERY_POINTS)) {
  test(`recoveryFrameCount() reads ${what}`, () => {
    assert.equal(recoveryFrameCount(Uint8Array.fromHex(hex)), count);
  });
}
