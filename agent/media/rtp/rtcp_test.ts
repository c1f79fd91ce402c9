import assert from "node:assert/strict";
import { test } from "../../../test/harness.ts";
import { us } from "../time.ts";
import { parseRtcp, realtimeOf, type RtcpReport, writeRtcp } from "./rtcp.ts";

const REPORT: RtcpReport = {
  ssrc: 0x12345678,
  realtime: us(1_795_000_000_123_456),
  timestamp: 0xfedcba98,
  packets: 1000,
  octets: 1_400_000,
  cname: "camagent@pi",
};

/** What `ffmpeg -f rtp` 5.1.9 sends before its first packet. */
const BY_FFMPEG =
  "80c80006 7946cb25 eeb1e86d 80c49ba5 e1977faf 00000000 00000000";

const SENDER_REPORT = "80c80006 12345678 ebc4d5a2 80000000 00000bb8 " +
  "0000000a 000005dc";

function parse(hex: string) {
  return parseRtcp(Uint8Array.fromHex(hex.replaceAll(" ", "")));
}

test("writeRtcp() writes what parseRtcp() reads", () => {
  const { cname, ...report } = REPORT;
  assert.equal(cname.length, 11);
  const compound = parseRtcp(writeRtcp(REPORT));
  assert.deepEqual(compound, { senderReports: [report], goodbyes: [] });
});

test("writeRtcp() writes a sender report and a name", () => {
  const packet = writeRtcp({ ...REPORT, realtime: us(0) }).toHex();
  const expected = "80c80006 12345678 83aa7e80 00000000 fedcba98 000003e8 " +
    "00155cc0 81ca0005 12345678 010b 63616d6167656e74407069 000000";
  assert.equal(packet, expected.replaceAll(" ", ""));
});

for (let length = 0; length < 9; length++) {
  test(`writeRtcp() ends a name of ${length} bytes with a zero`, () => {
    const packet = writeRtcp({ ...REPORT, cname: "x".repeat(length) });
    assert.equal(packet.length % 4, 0);
    const words = packet[30]! << 8 | packet[31]!;
    assert.equal(28 + 4 + words * 4, packet.length);
    assert.equal(packet.at(-1), 0);
  });
}

test("writeRtcp() cuts a name that is too long", () => {
  const packet = writeRtcp({ ...REPORT, cname: "x".repeat(300) });
  assert.equal(packet[28 + 9], 255);
  assert.equal(parseRtcp(packet).senderReports.length, 1);
});

test("writeRtcp() says goodbye", () => {
  const { senderReports, goodbyes } = parseRtcp(
    writeRtcp({ ...REPORT, goodbye: true }),
  );
  assert.equal(senderReports.length, 1);
  assert.deepEqual(goodbyes, [REPORT.ssrc]);
});

test("writeRtcp() and parseRtcp() keep every microsecond, beyond 2036", () => {
  for (const seconds of [0, 1_795_000_000, 2_085_978_495, 2_085_978_497, 4e9]) {
    for (const micros of [0, 1, 2, 333_333, 499_999, 500_001, 999_999]) {
      const realtime = us(seconds * 1e6 + micros);
      const packet = writeRtcp({ ...REPORT, realtime });
      assert.equal(parseRtcp(packet).senderReports[0]?.realtime, realtime);
    }
  }
});

test("writeRtcp() and parseRtcp() know senders without a wall clock", () => {
  const { realtime: _, ...report } = REPORT;
  const [found] = parseRtcp(writeRtcp(report)).senderReports;
  assert.ok(found && !("realtime" in found));
});

/** Compounds, and the timestamps of their reports and their goodbyes. */
const COMPOUNDS: Record<
  string,
  [hex: string, timestamps: number[], goodbyes: number[]]
> = {
  "FFmpeg's": [BY_FFMPEG, [0xe1977faf], []],
  "a report alone": [SENDER_REPORT, [3000], []],
  "a report of many receivers": [
    `82c80012 ${SENDER_REPORT.slice(9)} ${"00".repeat(48)}`,
    [3000],
    [],
  ],
  "two reports": [SENDER_REPORT + SENDER_REPORT, [3000, 3000], []],
  "a receiver report and a goodbye": [
    "80c90001 12345678 81cb0001 0000002a",
    [],
    [42],
  ],
  "a goodbye of two, with a reason": [
    "82cb0004 0000002a 0000002b 03 627965",
    [],
    [],
  ],
  "a goodbye of two, with a reason of the right length": [
    "82cb0003 0000002a 0000002b 03 627965",
    [],
    [42, 43],
  ],
  "a goodbye of nobody": ["80cb0000", [], []],
  "application data, feedback, extended reports": [
    "80cc0002 12345678 61626364 81ce0002 00000001 00000002 " +
    `80cf0001 12345678 ${SENDER_REPORT}`,
    [3000],
    [],
  ],
  "padding at the end": [`a0c90002 12345678 00000004`, [], []],
  "padding in a report": [
    `a0c80007 ${SENDER_REPORT.slice(9)} 00000004`,
    [3000],
    [],
  ],
};

/** What is broken; what stands in front of that is read. */
const HOSTILE: typeof COMPOUNDS = {
  "nothing": ["", [], []],
  "one byte": ["80", [], []],
  "three bytes": ["80c800", [], []],
  "a header alone": ["80c80006", [], []],
  "a report of length 0": ["80c80000 12345678", [], []],
  "a report that is a word too short": [
    "80c80005 12345678 ebc4d5a2 80000000 00000bb8 0000000a",
    [],
    [],
  ],
  "a report that is cut off": [SENDER_REPORT.slice(0, -2), [], []],
  "a length of 65535": [`80c8ffff ${SENDER_REPORT.slice(9)}`, [], []],
  "a length beyond the datagram, behind a report": [
    `${SENDER_REPORT} 81cb0002 0000002a`,
    [3000],
    [],
  ],
  "a goodbye of 31 with room for one": ["9fcb0001 0000002a", [], []],
  "version 1": [`40c80006 ${SENDER_REPORT.slice(9)}`, [], []],
  "version 3": [`c0c80006 ${SENDER_REPORT.slice(9)}`, [], []],
  "version 0 behind a report": [
    `${SENDER_REPORT} 01cb0001 0000002a`,
    [3000],
    [],
  ],
  "RTP behind a report": [`${SENDER_REPORT} 8060 0001 00000000`, [3000], []],
  "padding in the middle": [
    `a0c90002 12345678 00000004 ${SENDER_REPORT}`,
    [],
    [],
  ],
  "an unaligned rest": [`${SENDER_REPORT} 81cb`, [3000], []],
};

for (const [group, cases] of Object.entries({ COMPOUNDS, HOSTILE })) {
  for (const [name, [hex, timestamps, goodbyes]] of Object.entries(cases)) {
    test(`parseRtcp(), ${group.toLowerCase()}: ${name}`, () => {
      const compound = parse(hex);
      const found = compound.senderReports.map(({ timestamp }) => timestamp);
      assert.deepEqual(found, timestamps);
      assert.deepEqual(compound.goodbyes, goodbyes);
    });
  }
}

/** NTP timestamps, and what they are in microseconds since 1970. */
const NTP: Record<string, [ntp: string, realtime: number | undefined]> = {
  "zero is no time": ["00000000 00000000", undefined],
  "1970": ["83aa7e80 00000000", 0],
  "before 1970 is no time": ["83aa7e7f 00000000", undefined],
  "half a second": ["83aa7e80 80000000", 500_000],
  "almost a second": ["83aa7e80 ffffffff", 1_000_000],
  "the last second of the first era": ["ffffffff 00000000", 2_085_978_495e6],
  "the first of the second era": ["00000000 00000001", 2_085_978_496e6],
};

for (const [name, [ntp, realtime]] of Object.entries(NTP)) {
  test(`parseRtcp() reads NTP: ${name}`, () => {
    const hex = SENDER_REPORT.replace("ebc4d5a2 80000000", ntp);
    assert.equal(parse(hex).senderReports[0]?.realtime, realtime);
  });
}

test("realtimeOf() counts from the report, both ways round", () => {
  const report = { ...REPORT, realtime: us(1e15), timestamp: 2 ** 32 - 3000 };
  assert.equal(realtimeOf(report, 2 ** 32 - 3000), 1e15);
  assert.equal(realtimeOf(report, 6000), 1e15 + 1e5);
  assert.equal(realtimeOf(report, 2 ** 32 - 93_000), 1e15 - 1e6);
  assert.equal(realtimeOf(report, 0, 1000), 1e15 + 3e6);
});

test("realtimeOf() knows nothing of a sender without a wall clock", () => {
  const { realtime: _, ...report } = REPORT;
  assert.equal(realtimeOf(report, 0), undefined);
});
