import assert from "node:assert/strict";
import { byteStream, SAMPLE, writeSlice } from "../../../test/h264_writer.ts";
import { test } from "../../../test/harness.ts";
import { describe, receive } from "../../../test/rtp_writer.ts";
import { AccessUnitSplitter } from "../access_unit_splitter.ts";
import { nalUnitsOf } from "../annexb.ts";
import { ACCESS_UNIT_DELIMITER } from "../delimiter.ts";
import { us } from "../time.ts";
import {
  RtpH264Packetizer,
  type RtpH264PacketizerOptions,
} from "./h264_packetizer.ts";
import { parseRtp } from "./packet.ts";

const [SPS, PPS, SEI] = [[0x67, 66, 0, 30], [0x68, 0xce], [6, 5, 1, 7, 0x80]];

/** A slice of so many bytes that hold no start code. */
function nalUnit(header: number, length: number, first = true): Uint8Array {
  const bytes = Uint8Array.from({ length }, (_, i) => i % 255 + 1);
  // first_mb_in_slice is 0 or 1
  bytes.set([header, first ? 0x88 : 0x48]);
  return bytes;
}

function packetizer(
  options: Partial<RtpH264PacketizerOptions> = {},
): RtpH264Packetizer {
  return new RtpH264Packetizer({
    ssrc: 7,
    sequence: 0,
    timestamp: 0,
    ...options,
  });
}

function packetize(
  nalUnits: readonly (Uint8Array | readonly number[])[],
  options: Partial<RtpH264PacketizerOptions> = {},
) {
  const data = byteStream(nalUnits);
  const packets = packetizer(options).packetize({ data, pts: us(0) });
  return packets.map((packet) => parseRtp(packet)!);
}

/** nal_unit_type of each payload. */
function types(packets: readonly { payload: Uint8Array }[]): number[] {
  return packets.map(({ payload }) => payload[0]! & 0x1f);
}

/** A stream of keyframes with small and large NAL units. */
function accessUnits() {
  const slices = [2, 3, 30, 63, 64, 65, 700, 3000].map((length, i) =>
    nalUnit(0x41, length, i === 0)
  );
  const splitter = new AccessUnitSplitter();
  const sample = splitter.push(SAMPLE).map(({ data }) => data);
  return [
    ...sample,
    byteStream([SPS, PPS, SEI, nalUnit(0x65, 5000)]),
    byteStream(slices),
    byteStream([SEI, writeSlice(0x41)]),
  ];
}

test("RtpH264Packetizer sends small NAL units together", () => {
  const slice = nalUnit(0x65, 100);
  const [packet, ...others] = packetize([SPS, PPS, SEI, slice]);
  assert.deepEqual(others, []);
  // F and NRI: the highest of them (RFC 6184, section 5.7.1).
  assert.equal(packet?.payload[0], 0x78);
  assert.equal(packet.payload.length, 1 + 4 * 2 + 4 + 2 + 5 + 100);
  assert.equal(packet.payload.subarray(1, 7).toHex(), "00046742001e");
});

test("RtpH264Packetizer keeps forbidden_zero_bit in aggregations", () => {
  const [packet] = packetize([[0x01, 0x88], [0x81, 0x88]]);
  assert.equal(packet?.payload[0], 0x98);
});

test("RtpH264Packetizer sends one small NAL unit as it is", () => {
  const slice = writeSlice(0x41);
  const [packet, ...others] = packetize([slice]);
  assert.deepEqual(others, []);
  assert.deepEqual(packet?.payload, Uint8Array.from(slice));
});

test("RtpH264Packetizer cuts large NAL units", () => {
  const packets = packetize([SPS, PPS, nalUnit(0x65, 3000), SEI]);
  assert.deepEqual(types(packets), [24, 28, 28, 28, 6]);
  const headers = packets.slice(1, 4).map(({ payload }) => payload[1]);
  assert.deepEqual(headers, [0x85, 0x05, 0x45]);
  assert.ok(packets.slice(1, 4).every(({ payload }) => payload[0] === 0x7c));
});

test("RtpH264Packetizer sends no delimiters", () => {
  const data = Uint8Array.of(
    ...byteStream([[9, 0xf0], SPS, PPS, [0x65, 0x88]]),
    ...ACCESS_UNIT_DELIMITER,
  );
  const packets = packetizer().packetize({ data, pts: us(0) });
  const { units } = receive(packets);
  assert.deepEqual(describe(units), ["6742001e 68ce 6588"]);
  assert.equal(packets[0]?.length, 12 + 1 + 6 + 4 + 4);
});

test("RtpH264Packetizer marks the last packet of an access unit", () => {
  const packets = packetize([SPS, PPS, nalUnit(0x65, 3000), [12, 0x80]]);
  const markers = packets.map(({ marker }) => marker);
  assert.deepEqual(markers, [false, false, false, false, true]);
});

test("RtpH264Packetizer counts sequence and timestamp round", () => {
  const sender = packetizer({ sequence: 0xffff, timestamp: 0xffff_ffff });
  const data = byteStream([writeSlice(0x41)]);
  const found = [0, 33_333, 1e12, -100].map((pts) => {
    const [packet] = sender.packetize({ data, pts: us(pts) });
    const { sequence, timestamp, ssrc, payloadType } = parseRtp(packet!)!;
    assert.deepEqual({ ssrc, payloadType }, { ssrc: 7, payloadType: 96 });
    assert.equal(timestamp, sender.timestampOf(us(pts)));
    return [sequence, timestamp];
  });
  assert.deepEqual(found, [
    [0xffff, 0xffff_ffff],
    [0, 2999],
    [1, (9e10 - 1) % 2 ** 32],
    [2, 0xffff_fff6],
  ]);
});

test("RtpH264Packetizer counts packets and octets for reports", () => {
  const sender = packetizer({ maxPayload: 64 });
  const data = byteStream([writeSlice(0x41), nalUnit(0x41, 200)]);
  const packets = sender.packetize({ data, pts: us(0) });
  assert.equal(sender.packets, packets.length);
  const bytes = packets.reduce((sum, { length }) => sum + length - 12, 0);
  assert.equal(sender.octets, bytes);
});

test("RtpH264Packetizer sends nothing of nothing", () => {
  assert.deepEqual(packetize([]), []);
  assert.deepEqual(packetize([[9, 0xf0]]), []);
});

for (const maxPayload of [63, 65_508, NaN]) {
  test(`RtpH264Packetizer refuses packets of ${maxPayload} bytes`, () => {
    assert.throws(() => packetizer({ maxPayload }), RangeError);
  });
}

test("RtpH264Packetizer and RtpReceiver give back every access unit", () => {
  const sent = accessUnits();
  for (let maxPayload = 64; maxPayload <= 1500; maxPayload++) {
    const sender = packetizer({ maxPayload, sequence: 65_500 });
    const packets = sent.flatMap((data, i) =>
      sender.packetize({ data, pts: us(i * 40_000) })
    );
    assert.ok(packets.every(({ length }) => length <= maxPayload));
    const { units } = receive(packets);
    assert.deepEqual(describe(units), nalUnitsInHex(sent));
    assert.deepEqual(units.map(({ pts }) => pts), sent.map((_, i) => i * 40e3));
  }
});

test("RtpH264Packetizer and RtpReceiver survive the loss of any packet", () => {
  const sent = accessUnits();
  const whole = nalUnitsInHex(sent);
  for (const maxPayload of [64, 100, 1452]) {
    const sender = packetizer({ maxPayload });
    const groups = sent.map((data, i) =>
      sender.packetize({ data, pts: us(i * 40_000) })
    );
    for (const [group, packets] of groups.entries()) {
      for (const lost of packets) {
        const { units, receiver } = receive(
          groups.flat().filter((packet) => packet !== lost),
        );
        checkLoss(group, units, whole);
        const inside = lost !== groups[0]?.[0] &&
          lost !== groups.at(-1)?.at(-1);
        assert.equal(receiver.statistics.lost, inside ? 1 : 0);
      }
    }
  }
});

/** Nothing but the unit that packets are missing of is another one. */
function checkLoss(
  lost: number,
  units: ReturnType<typeof receive>["units"],
  whole: readonly string[],
) {
  for (const unit of units) {
    const index = unit.timestamp / 3600;
    const [text] = describe([{ ...unit, discontinuity: false }]);
    if (index !== lost) {
      assert.equal(text, whole[index]);
      continue;
    }
    // Parameter sets, SEI and whole slices in front may be missing unnoticed.
    const isWhole = whole[index]!.endsWith(text!);
    assert.ok(isWhole || unit.damaged, `${text} of ${whole[index]}`);
    if (index > 0) assert.ok(unit.discontinuity || !isWhole);
  }
  assert.ok(units.length >= whole.length - 1);
}

function nalUnitsInHex(sent: readonly Uint8Array[]): string[] {
  return sent.map((data) =>
    [...nalUnitsOf(data)].map((nalUnit) => nalUnit.toHex()).join(" ")
  );
}
