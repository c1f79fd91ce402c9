import assert from "node:assert/strict";
import { test } from "../../../test/harness.ts";
import { SAMPLE } from "../../../test/h264_writer.ts";
import { joinNalUnits } from "../annexb.ts";
import { ms, us } from "../time.ts";
import { insertTiming } from "../timing_sei.ts";
import { parseRtp } from "./packet.ts";
import { parseRtcp } from "./rtcp.ts";
import { RtpSender } from "./sender.ts";

const RANDOM = Uint32Array.of(0xdeadbeef, 0x1fffe, 1000);

/** Two packets of 100 bytes, and some. */
const UNIT = {
  data: joinNalUnits([new Uint8Array(200).fill(0x41)]),
  pts: us(1e6),
};

test("RtpSender begins where it is told, and counts on", () => {
  const sender = new RtpSender(RANDOM, 100);
  assert.equal(sender.sequence, 0xfffe);
  const packets = sender.packetize(UNIT).map((packet) => parseRtp(packet)!);
  assert.ok(packets.length > 2);
  assert.deepEqual(
    packets.map(({ sequence }) => sequence),
    packets.map((_, i) => 0xfffe + i & 0xffff),
  );
  assert.equal(sender.sequence, 0xfffe + packets.length & 0xffff);
  for (const { ssrc, timestamp } of packets) {
    assert.deepEqual([ssrc, timestamp], [0xdeadbeef, 91_000]);
  }
});

test("RtpSender reports with the first unit, and every 5 s", () => {
  const sender = new RtpSender(RANDOM);
  const realtime = us(1.7e15);
  assert.equal(sender.report(ms(0), realtime), undefined, "nothing was sent");
  const packets = sender.packetize(UNIT).length;
  const report = sender.report(ms(0), realtime);
  const { senderReports: [told], goodbyes } = parseRtcp(report!);
  assert.deepEqual(
    [told!.ssrc, told!.timestamp, told!.packets, told!.realtime],
    [0xdeadbeef, 91_000, packets, realtime],
  );
  assert.deepEqual(goodbyes, []);
  assert.equal(sender.report(ms(4999), realtime), undefined);
  assert.ok(sender.report(ms(5000), realtime) !== undefined);
});

test("RtpSender tells when a unit was captured, where that is known", () => {
  const sender = new RtpSender(RANDOM);
  const timing = {
    ...{ captured: true, epoch: 1, bootTag: "0123456789abcdef", sequence: 1 },
    ...{ monotonic: us(5e6), realtime: us(1.6e15) },
  };
  const data = insertTiming(SAMPLE, timing);
  sender.packetize({ ...UNIT, data });
  const { senderReports } = parseRtcp(sender.report(ms(0), us(1.7e15))!);
  assert.equal(senderReports[0]!.realtime, us(1.6e15));
});

test("RtpSender says goodbye if it has said anything", () => {
  const sender = new RtpSender(RANDOM);
  assert.equal(sender.goodbye(us(0)), undefined);
  sender.packetize(UNIT);
  const { goodbyes } = parseRtcp(sender.goodbye(us(1e15))!);
  assert.deepEqual(goodbyes, [0xdeadbeef]);
});
