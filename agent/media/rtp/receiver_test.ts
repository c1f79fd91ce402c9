import assert from "node:assert/strict";
import { byteStream, writePps, writeSps } from "../../../test/h264_writer.ts";
import { test } from "../../../test/harness.ts";
import {
  describe,
  packetsOf,
  receive,
  SSRC,
  writeRtp,
} from "../../../test/rtp_writer.ts";
import { ms, us } from "../time.ts";
import { RtpReceiver } from "./receiver.ts";
import { writeRtcp } from "./rtcp.ts";
import type { RtpUnit } from "./unit.ts";

const OTHER = 0x87654321;
const [SPS, PPS] = [writeSps().toHex(), writePps().toHex()];

/** Pushes packets at one time. */
function push(
  receiver: RtpReceiver,
  packets: readonly Uint8Array[],
  now: number,
): RtpUnit[] {
  return packets.flatMap((packet) => receiver.push(packet, ms(now)));
}

function report(
  timestamp: number,
  { ssrc = SSRC, seconds = 1_795_000_000, goodbye = false } = {},
) {
  return writeRtcp({
    ssrc,
    realtime: us(seconds * 1e6),
    timestamp,
    packets: 1,
    octets: 1,
    cname: "camera",
    goodbye,
  });
}

test("RtpReceiver finds out that it is H.264, and keeps what came before", () => {
  const packets = packetsOf([
    "0! 418801",
    "3000! 418802",
    "6000! 658803",
    "9000! 418804",
  ]);
  const receiver = new RtpReceiver();
  assert.deepEqual(push(receiver, packets.slice(0, 2), 0), []);
  assert.equal(receiver.statistics.codec, undefined);
  // The datagrams were borrowed.
  for (const packet of packets.slice(0, 2)) packet.fill(0xee);
  const units = push(receiver, packets.slice(2), 40);
  assert.deepEqual(describe(units), ["418801", "418802", "658803", "418804"]);
  assert.equal(receiver.statistics.codec, "h264");
  assert.deepEqual(units.map(({ pts }) => pts), [0, 33_333, 66_667, 100_000]);
});

test("RtpReceiver keeps 64 packets until it knows the codec", () => {
  const lines = Array.from({ length: 70 }, (_, i) => `${i * 3000}! 4188`);
  const { units } = receive(packetsOf([...lines, "999000! 658801"]), {});
  assert.equal(units.length, 65);
  assert.equal(units[0]?.timestamp, 6 * 3000);
  assert.equal(units[0]?.discontinuity, true);
  assert.equal(units[1]?.discontinuity, false);
});

test("RtpReceiver never decides by audio", () => {
  for (const payloadType of [0, 8, 14, 97]) {
    const packets = packetsOf(["0 7888", "160 7c85", "320 4155"], {
      payloadType,
    });
    const { units, receiver } = receive(packets, {});
    assert.deepEqual(units, []);
    assert.equal(receiver.statistics.codec, undefined);
  }
});

test("RtpReceiver leaves audio for video at once", () => {
  const receiver = new RtpReceiver();
  push(receiver, packetsOf(["0 0011", "160 0022"], { ssrc: OTHER }), 0);
  const units = push(receiver, packetsOf(["0! 658801"]), 5);
  assert.deepEqual(describe(units), ["658801 restarted"]);
  assert.equal(receiver.statistics.ssrc, SSRC);
});

test("RtpReceiver takes what it is told", () => {
  const packets = packetsOf(["0! 418801"], { payloadType: 33 });
  const told = receive(packets, { codec: "h264", payloadType: 33 });
  assert.deepEqual(describe(told.units), ["418801"]);
  const other = receive(packets, { codec: "h264", payloadType: 96 });
  assert.deepEqual(other.units, []);
  assert.equal(other.receiver.statistics.foreign, 1);
});

test("RtpReceiver passes packets of another type over, but counts them", () => {
  const [a, b, c, d] = packetsOf([
    "0 658801",
    "0! 418899",
    "0! 654802",
    "3000! 418803",
  ]);
  b![1] = 0x80 | 97;
  const { units, receiver } = receive([a!, b!, c!, d!], {});
  assert.deepEqual(describe(units), ["658801 654802", "418803"]);
  const { lost, foreign, received } = receiver.statistics;
  assert.deepEqual({ lost, foreign, received }, {
    lost: 0,
    foreign: 1,
    received: 4,
  });
});

test("RtpReceiver keeps the first of two senders", () => {
  const receiver = new RtpReceiver();
  const ours = packetsOf(["0! 658801", "3000! 418802", "6000! 418803"]);
  const theirs = packetsOf(["7! 6588ee", "8! 4188ee"], { ssrc: OTHER });
  const units = [
    ...push(receiver, [ours[0]!, theirs[0]!], 0),
    ...push(receiver, [ours[1]!, theirs[1]!], 40),
    ...push(receiver, [ours[2]!], 80),
  ];
  assert.deepEqual(describe(units), ["658801", "418802", "418803"]);
  assert.equal(receiver.statistics.foreign, 2);
  assert.equal(receiver.statistics.restarts, 0);
});

test("RtpReceiver takes another sender when its own was silent for 500 ms", () => {
  const receiver = new RtpReceiver();
  push(receiver, packetsOf(["0! 658801", "3000 418802"]), 0);
  const theirs = packetsOf(["900000! 6588ee", "903000! 4188ee"], {
    ssrc: OTHER,
    sequence: 500,
  });
  assert.deepEqual(push(receiver, [theirs[0]!], 499), []);
  const units = push(receiver, theirs, 500);
  assert.deepEqual(describe(units), [
    "418802 damaged",
    "6588ee restarted",
    "4188ee",
  ]);
  const { restarts, foreign, lost, ssrc } = receiver.statistics;
  assert.deepEqual({ restarts, foreign, lost, ssrc }, {
    restarts: 1,
    foreign: 1,
    lost: 0,
    ssrc: OTHER,
  });
});

test("RtpReceiver goes on with pts as time went on", () => {
  const receiver = new RtpReceiver();
  push(receiver, packetsOf(["0! 658801", "3000! 418802"]), 1000);
  const theirs = packetsOf(["4000000000! 6588ee", "4000003000! 4188ee"], {
    ssrc: OTHER,
  });
  const units = push(receiver, theirs, 3500);
  assert.deepEqual(units.map(({ pts }) => pts), [2_533_333, 2_566_666]);
});

test("RtpReceiver takes another sender at once after a goodbye", () => {
  const receiver = new RtpReceiver();
  push(receiver, packetsOf(["0! 658801", "3000 418802"]), 0);
  const rest = receiver.push(report(0, { goodbye: true }), ms(1));
  assert.deepEqual(describe(rest), ["418802 damaged"]);
  const theirs = packetsOf(["0! 6588ee"], { ssrc: OTHER });
  const [unit] = push(receiver, theirs, 2);
  assert.equal(unit?.restarted, true);
});

test("RtpReceiver does not care for the goodbyes of others", () => {
  const receiver = new RtpReceiver();
  push(receiver, packetsOf(["0! 658801", "3000 418802"]), 0);
  assert.deepEqual(
    receiver.push(report(0, { goodbye: true, ssrc: OTHER }), ms(1)),
    [],
  );
  push(receiver, packetsOf(["0! 6588ee"], { ssrc: OTHER }), 2);
  assert.equal(receiver.statistics.ssrc, SSRC);
});

test("RtpReceiver goes on with a sender that said goodbye too early", () => {
  const receiver = new RtpReceiver();
  push(receiver, packetsOf(["0! 658801"]), 0);
  receiver.push(report(0, { goodbye: true }), ms(1));
  const units = push(receiver, packetsOf(["3000! 418802"], { sequence: 1 }), 2);
  assert.deepEqual(describe(units), ["418802"]);
});

test("RtpReceiver begins anew where a sender does", () => {
  const receiver = new RtpReceiver();
  push(receiver, packetsOf(["0! 658801", "3000 418802"]), 0);
  const again = packetsOf(["7000! 658803", "10000! 418804"], {
    sequence: 30_000,
  });
  const units = push(receiver, again, 1000);
  assert.deepEqual(describe(units), [
    "418802 damaged",
    "658803 discontinuity restarted",
    "418804",
  ]);
  assert.deepEqual(units.map(({ pts }) => pts), [33_333, 33_333, 66_666]);
  assert.equal(receiver.statistics.restarts, 1);
  assert.equal(receiver.statistics.lost, 0);
});

test("RtpReceiver tells when pictures were taken, once it is told", () => {
  const receiver = new RtpReceiver();
  const packets = packetsOf(["0! 658801", "3000! 418802", "6000! 418803"]);
  const before = push(receiver, [packets[0]!], 0);
  assert.equal("capturedRealtime" in before[0]!, false);
  assert.deepEqual(receiver.push(report(90_000), ms(1)), []);
  const after = push(receiver, packets.slice(1), 2);
  assert.deepEqual(after.map((unit) => unit.capturedRealtime), [
    1_794_999_999_033_333,
    1_794_999_999_066_667,
  ]);
});

test("RtpReceiver takes a report that comes before the packets", () => {
  const receiver = new RtpReceiver();
  receiver.push(report(0), ms(0));
  const [unit] = push(receiver, packetsOf(["9000! 658801"]), 1);
  assert.equal(unit?.capturedRealtime, 1_795_000_000_100_000);
});

test("RtpReceiver takes no report of another sender", () => {
  const receiver = new RtpReceiver();
  receiver.push(report(0, { ssrc: OTHER }), ms(0));
  const [a, b] = packetsOf(["9000! 658801", "12000! 418802"]);
  const units = push(receiver, [a!], 1);
  receiver.push(report(0), ms(2));
  receiver.push(report(0, { ssrc: OTHER, seconds: 5 }), ms(2));
  units.push(...push(receiver, [b!], 3));
  assert.deepEqual(units.map((unit) => unit.capturedRealtime), [
    undefined,
    1_795_000_000_133_333,
  ]);
});

test("RtpReceiver takes the report of the sender that takes over", () => {
  const receiver = new RtpReceiver();
  receiver.push(report(0), ms(0));
  push(receiver, packetsOf(["0! 658801"]), 1);
  receiver.push(report(0, { ssrc: OTHER, seconds: 1_795_000_009 }), ms(600));
  const [unit] = push(receiver, packetsOf(["0! 6588"], { ssrc: OTHER }), 601);
  assert.equal(unit?.capturedRealtime, 1_795_000_009_000_000);
});

test("RtpReceiver forgets the report when timestamps begin anew", () => {
  const receiver = new RtpReceiver();
  receiver.push(report(0), ms(0));
  push(receiver, packetsOf(["0! 658801"]), 1);
  const again = packetsOf(["7000! 658803", "10000! 418804"], {
    sequence: 30_000,
  });
  const units = push(receiver, again, 1000);
  assert.ok(units.every((unit) => !("capturedRealtime" in unit)));
});

test("RtpReceiver adds parameter sets until the stream has its own", () => {
  const parameterSets = byteStream([writeSps(), writePps()]);
  const lines = [
    "0! 658801",
    "3000! 418802",
    "6000 060601c480",
    "6000! 418803",
    `9000 ${SPS}`,
    `9000 ${PPS}`,
    "9000! 658804",
    "12000! 658805",
  ];
  const options = { codec: "h264", parameterSets } as const;
  const { units } = receive(packetsOf(lines), options);
  assert.deepEqual(describe(units), [
    `${SPS} ${PPS} 658801`,
    "418802",
    `${SPS} ${PPS} 060601c480 418803`,
    `${SPS} ${PPS} 658804`,
    "658805",
  ]);
  const found = units.map((unit) => unit.hasParameterSets);
  assert.deepEqual(found, [true, false, true, true, false]);
});

test("RtpReceiver adds parameter sets to another sender's stream again", () => {
  const parameterSets = byteStream([writeSps(), writePps()]);
  const receiver = new RtpReceiver({ codec: "h264", parameterSets });
  push(receiver, packetsOf([`0 ${SPS}`, `0 ${PPS}`, "0! 658801"]), 0);
  const theirs = packetsOf(["0! 658802"], { ssrc: OTHER });
  const [unit] = push(receiver, theirs, 500);
  assert.deepEqual(describe([unit!]), [`${SPS} ${PPS} 658802 restarted`]);
});

test("RtpReceiver counts another clock", () => {
  const { units } = receive(packetsOf(["0! 658801", "40! 418802"]), {
    codec: "h264",
    clockRate: 1000,
  });
  assert.deepEqual(units.map(({ pts }) => pts), [0, 40_000]);
});

test("RtpReceiver counts what is no RTP", () => {
  const receiver = new RtpReceiver();
  const datagrams = ["", "80", "47400011", "24fe", "ff".repeat(100)];
  for (const hex of datagrams) {
    assert.deepEqual(receiver.push(Uint8Array.fromHex(hex), ms(0)), []);
  }
  assert.equal(receiver.statistics.invalid, datagrams.length);
  assert.equal(receiver.statistics.ssrc, undefined);
});

test("RtpReceiver puts packets in order, and says when it waits", () => {
  const receiver = new RtpReceiver();
  const p = packetsOf([
    "0! 658801",
    "3000! 418802",
    "6000! 418803",
    "9000! 418804",
    "12000! 418805",
    "15000! 418806",
    "18000! 418807",
  ]);
  push(receiver, [p[0]!], 0);
  assert.equal(receiver.deadline, undefined);
  push(receiver, [p[2]!], 1);
  push(receiver, [p[1]!], 3);
  assert.equal(receiver.statistics.reorderWindowMs, 20);
  assert.deepEqual(push(receiver, [p[4]!], 10), []);
  assert.equal(receiver.deadline, 30);
  const inOrder = push(receiver, [p[3]!], 11);
  assert.deepEqual(describe(inOrder), ["418804", "418805"]);
  push(receiver, [p[6]!], 20);
  assert.deepEqual(receiver.expire(ms(39)), []);
  const late = receiver.expire(ms(40));
  assert.deepEqual(describe(late), ["418807 discontinuity"]);
  assert.equal(receiver.statistics.lost, 2);
});

test("RtpReceiver flushes what waits, and the last picture", () => {
  const receiver = new RtpReceiver({ codec: "h264" });
  assert.deepEqual(receiver.expire(ms(0)), []);
  assert.deepEqual(receiver.flush(ms(0)), []);
  push(receiver, packetsOf(["0 658801", "0 654802"]), 0);
  // No sender of markers: it may be whole.
  assert.deepEqual(describe(receiver.flush(ms(1))), ["658801 654802"]);
  assert.deepEqual(receiver.flush(ms(1)), []);
});

test("RtpReceiver takes datagrams with header extensions and padding", () => {
  const receiver = new RtpReceiver();
  const hex = "b0e00000 00000000 12345678 bede0001 01020304 65880180 000003";
  const datagram = Uint8Array.fromHex(hex.replaceAll(" ", ""));
  assert.deepEqual(describe(receiver.push(datagram, ms(0))), ["65880180"]);
});

test("RtpReceiver listens to a sender's other payload type after silence", () => {
  const receiver = new RtpReceiver();
  push(receiver, packetsOf(["0! 658801"]), 0);
  const hevc = packetsOf(["3000! 6001 0003 40010c 0004 2601af01"], {
    payloadType: 98,
    sequence: 1,
  });
  assert.deepEqual(push(receiver, hevc, 400), []);
  const units = push(receiver, hevc, 600);
  assert.deepEqual(units.map(({ codec }) => codec), ["hevc"]);
});

test("RtpReceiver gives units their own bytes", () => {
  const receiver = new RtpReceiver();
  const datagram = writeRtp([0x65, 0x88, 1], { marker: true });
  const [unit] = receiver.push(datagram, ms(0));
  datagram.fill(0xee);
  assert.deepEqual(describe([unit!]), ["658801"]);
});
