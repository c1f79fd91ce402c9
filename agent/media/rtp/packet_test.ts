import assert from "node:assert/strict";
import { test } from "../../../test/harness.ts";
import {
  isRtcp,
  parseRtp,
  RTP_HEADER_BYTES,
  type RtpHeader,
  writeRtpHeader,
} from "./packet.ts";

const HEADER: RtpHeader = {
  payloadType: 96,
  marker: true,
  sequence: 0x1234,
  timestamp: 0x89abcdef,
  ssrc: 0xfedcba98,
};

function parse(hex: string) {
  return parseRtp(Uint8Array.fromHex(hex.replaceAll(" ", "")));
}

/** Payloads of packets that look odd, but are right. */
const GOOD: Record<string, [hex: string, payload: string]> = {
  "without payload": ["8060 1234 89abcdef fedcba98", ""],
  "with 15 contributing sources": [
    `8f60 1234 89abcdef fedcba98 ${"00112233".repeat(15)} 41`,
    "41",
  ],
  "with an extension": [
    "9060 1234 89abcdef fedcba98 bede0001 10ff0000 41",
    "41",
  ],
  "with an empty extension": ["9060 1234 89abcdef fedcba98 bede0000 41", "41"],
  "with padding": ["a060 1234 89abcdef fedcba98 41 000003", "41"],
  "with nothing but padding": ["a060 1234 89abcdef fedcba98 0002", ""],
  "with everything": [
    "b160 1234 89abcdef fedcba98 00112233 bede0001 10ff0000 4188 01",
    "4188",
  ],
};

for (const [name, [hex, payload]] of Object.entries(GOOD)) {
  test(`parseRtp() reads a packet ${name}`, () => {
    const { payload: found, ...header } = parse(hex)!;
    assert.deepEqual(header, { ...HEADER, marker: false });
    assert.equal(found.toHex(), payload);
  });
}

test("parseRtp() gives the payload as a view", () => {
  const datagram = Uint8Array.fromHex("806012345678abcdfedcba9841");
  assert.equal(parseRtp(datagram)?.payload.buffer, datagram.buffer);
});

test("writeRtpHeader() writes what parseRtp() reads", () => {
  for (const header of [HEADER, { ...HEADER, marker: false, payloadType: 0 }]) {
    const packet = new Uint8Array(3 + RTP_HEADER_BYTES);
    writeRtpHeader(packet, 3, header);
    const { payload, ...read } = parseRtp(packet.subarray(3))!;
    assert.deepEqual(read, header);
    assert.equal(payload.length, 0);
  }
});

test("isRtcp() knows the packet types 192 to 223", () => {
  for (let type = 0; type < 256; type++) {
    const packet = new Uint8Array(RTP_HEADER_BYTES);
    packet.set([0x80, type]);
    const expected = type >= 192 && type <= 223;
    assert.equal(isRtcp(packet), expected);
    assert.equal(parseRtp(packet) === undefined, expected);
  }
});

test("isRtcp() wants version 2", () => {
  for (const first of [0x00, 0x40, 0xc0]) {
    assert.equal(isRtcp(Uint8Array.of(first, 200)), false);
  }
  assert.equal(isRtcp(new Uint8Array()), false);
});
