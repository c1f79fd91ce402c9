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

const REST = "1234 89abcdef fedcba98";

/** What is no RTP packet. */
const HOSTILE: Record<string, string> = {
  "nothing": "",
  "one byte": "80",
  "11 bytes": `8060 ${REST.slice(0, -2)}`,
  "version 0": `0060 ${REST} 41`,
  "version 1": `4060 ${REST} 41`,
  "version 3": `c060 ${REST} 41`,
  "a transport stream": `4740 1110 ${"ff".repeat(184)}`,
  "Annex B": "0000 0001 6742001e 00000001 68ce",
  "STUN": "0001 0000 2112a442 000102030405060708090a0b",
  "DTLS": "16fe fd00 00000000 00000000 5401 0000",
  "RTSP, interleaved": `2400 000e 8060 ${REST} 4188`,
  "a sender report": "80c8 0006 12345678 ebc4d5a2 80000000 00000bb8 00000000",
  "a marked packet of type 72, which is a sender report": `80c8 ${REST} 41`,
  "15 contributing sources that are missing": `8f60 ${REST}`,
  "15 contributing sources, a byte too few": `8f60 ${REST} ${"00".repeat(59)}`,
  "an extension that is missing": `9060 ${REST}`,
  "half an extension header": `9060 ${REST} bede00`,
  "an extension beyond the packet": `9060 ${REST} bede0001 000000`,
  "an extension of 65535 words": `9060 ${REST} bedeffff ${"00".repeat(100)}`,
  "an extension behind sources, beyond the packet":
    `9160 ${REST} 00112233 bede0001 0000`,
  "padding of 0": `a060 ${REST} 41 00`,
  "padding beyond the payload": `a060 ${REST} 41 03`,
  "padding beyond the packet": `a060 ${REST} 41 ff`,
  "padding of which there is none": `a060 ${REST}`,
  "padding into the sources": `a160 ${REST} 00112202`,
  "padding into the extension": `b060 ${REST} bede0001 00000005`,
  "everything at once": `ff60 ${REST} ${"ff".repeat(20)}`,
};

for (const [name, hex] of Object.entries(HOSTILE)) {
  test(`parseRtp() refuses ${name}`, () => {
    assert.equal(parse(hex), undefined);
  });
}

/** What is none either, but looks so much like one that it is taken for one. */
const ODD: Record<string, [hex: string, payload: string]> = {
  "all bits of the header set but the version's": [
    `80ff ffff ffffffff ffffffff 41`,
    "41",
  ],
  "a header of zeros": ["8000 0000 00000000 00000000", ""],
  "an extension that fills it": [`9060 ${REST} bede0001 00000000`, ""],
  "padding that fills it": [`a060 ${REST} 00000004`, ""],
  "65535 bytes": [`8060 ${REST} ${"41".repeat(65_523)}`, "41".repeat(65_523)],
};

for (const [name, [hex, payload]] of Object.entries(ODD)) {
  test(`parseRtp() reads ${name}`, () => {
    assert.equal(parse(hex)?.payload.toHex(), payload);
  });
}

test("parseRtp() reads a datagram within a larger buffer", () => {
  const hex = `eeee 9060 ${REST} bede0001 00000000 4188 eeee`;
  const buffer = Uint8Array.fromHex(hex.replaceAll(" ", ""));
  assert.equal(parseRtp(buffer.subarray(2, -2))?.payload.toHex(), "4188");
  assert.equal(parseRtp(buffer.subarray(2, 20)), undefined);
});

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
