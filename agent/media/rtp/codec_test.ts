import assert from "node:assert/strict";
import { writeSps } from "../../../test/h264_writer.ts";
import { test } from "../../../test/harness.ts";
import { writeRtp } from "../../../test/rtp_writer.ts";
import type { StreamCodec } from "../codec.ts";
import { codecOf } from "./codec.ts";
import { parseRtp } from "./packet.ts";

const SPS = writeSps().toHex();
const SPS_SIZE = (SPS.length / 2).toString(16).padStart(4, "0");

function packet(hex: string, payloadType = 96, timestamp = 0) {
  const payload = Uint8Array.fromHex(hex.replaceAll(" ", ""));
  return parseRtp(writeRtp(payload, { payloadType, timestamp }))!;
}

/** Payloads, and what they tell alone. */
const CASES: Record<string, [hex: string, codec: StreamCodec | undefined]> = {
  "an SPS of H.264": [SPS, "h264"],
  "an SPS that is cut off": [SPS.slice(0, 8), undefined],
  "an SPS that no picture refers to": [`07${SPS.slice(2)}`, undefined],
  "the first slice of an IDR picture": ["65 88 80", "h264"],
  "the first slice of an IDR picture, slice_type 2": ["25 b0 80", "h264"],
  "an IDR slice that is not the first": ["65 48 80", undefined],
  "a P slice": ["41 9a 80", undefined],
  "a PPS of H.264": ["68 ce 06", undefined],
  "a STAP-A": [`78 ${SPS_SIZE} ${SPS} 0002 68ce`, "h264"],
  "a STAP-A with a wrong size": [`78 ${SPS_SIZE} ${SPS} 0003 68ce`, undefined],
  "a STAP-A of nothing": ["78", undefined],
  "a STAP-A with size 0": ["78 0000 0002 68ce", undefined],
  "a fragment of H.264 alone": ["7c 85 88", undefined],
  "a VPS of H.265": ["40 01 0c", "hevc"],
  "an SPS of H.265": ["42 01 01", "hevc"],
  "a PPS of H.265": ["44 01 c1", "hevc"],
  "an aggregation of H.265": ["60 01 0003 40010c 0003 420101", "hevc"],
  "an aggregation of H.265 with a wrong size": ["60 01 0009 40010c", undefined],
  "a fragment of H.265": ["62 01 93 af", "hevc"],
  "a fragment of H.265 of no type": ["62 01 bf af", undefined],
  "a fragment of H.265 without payload": ["62 01 93", undefined],
  "a slice of H.265": ["02 01 d0", undefined],
  "nothing": ["", undefined],
  "a byte": ["65", undefined],
  "forbidden_zero_bit": ["e5 88 80", undefined],
  "a transport stream": ["47 40 11 10 00", undefined],
  "Opus": ["78 85 88 04", undefined],
  "AAC": ["00 10 0a 40 21 1b", undefined],
};

for (const [name, [hex, codec]] of Object.entries(CASES)) {
  test(`codecOf() takes ${name} for ${codec ?? "nothing"}`, () => {
    assert.equal(codecOf(packet(hex)), codec);
    assert.equal(codecOf(packet(hex, 35)), codec);
    // Of a static payload type it is something else.
    assert.equal(codecOf(packet(hex, 33)), undefined);
  });
}

test("codecOf() takes payload type 26 for JPEG", () => {
  assert.equal(codecOf(packet("65 88 80", 26)), "mjpeg");
  assert.equal(codecOf(packet("", 26)), "mjpeg");
});

/** Two payloads, and whether both together tell H.264. */
const PAIRS: Record<string, [before: string, hex: string, isH264: boolean]> = {
  "the start and the middle": ["7c 81 88", "7c 01 02", true],
  "the middle and the end": ["7c 01 02", "7c 41 02", true],
  "the start and the end": ["5c 85 88", "5c 45 02", true],
  "the end and the start": ["7c 45 02", "7c 85 88", false],
  "two starts": ["7c 85 88", "7c 85 88", false],
  "two types": ["7c 85 88", "7c 01 02", false],
  "two values of NRI": ["7c 85 88", "5c 05 02", false],
  "a reserved bit": ["7c a5 88", "7c 05 02", false],
  "a slice and a fragment": ["41 9a 88", "7c 05 02", false],
};

for (const [name, [before, hex, isH264]] of Object.entries(PAIRS)) {
  test(`codecOf() takes ${name} for ${isH264 ? "H.264" : "nothing"}`, () => {
    const codec = codecOf(packet(hex), packet(before));
    assert.equal(codec, isH264 ? "h264" : undefined);
    assert.equal(codecOf(packet(hex, 96, 3000), packet(before)), undefined);
  });
}
