import assert from "node:assert/strict";
import { test } from "../../../test/harness.ts";
import { describe, packetsOf, SSRC } from "../../../test/rtp_writer.ts";
import { ms } from "../time.ts";
import { RtpCandidates } from "./candidates.ts";
import { RtpReceiver } from "./receiver.ts";

function packet(sequence: number, { ssrc = 1, payloadType = 96 } = {}) {
  const payload = Uint8Array.of(sequence);
  const header = { payloadType, marker: false, timestamp: 0, ssrc };
  return { ...header, sequence: sequence & 0xffff, payload };
}

test("RtpCandidates finds the packet that another one follows", () => {
  for (const [first, second] of [[1, 2], [1, 17], [65535, 0], [65530, 3]]) {
    const candidates = new RtpCandidates();
    assert.equal(candidates.follow(packet(first!)), undefined);
    assert.deepEqual(candidates.follow(packet(second!)), packet(first!));
  }
});

test("RtpCandidates goes on from a packet that follows none", () => {
  for (const other of [1, 0, 18, 40_000]) {
    const candidates = new RtpCandidates();
    candidates.follow(packet(1));
    assert.equal(candidates.follow(packet(other)), undefined);
    assert.deepEqual(candidates.follow(packet(other + 1)), packet(other));
  }
});

test("RtpCandidates takes no other sender's packet, and no other kind", () => {
  const candidates = new RtpCandidates();
  candidates.follow(packet(1));
  assert.equal(candidates.follow(packet(2, { ssrc: 2 })), undefined);
  assert.equal(candidates.follow(packet(2, { payloadType: 97 })), undefined);
});

test("RtpCandidates keeps copies", () => {
  const candidates = new RtpCandidates();
  const first = packet(1);
  candidates.follow(first);
  first.payload.fill(0xee);
  assert.deepEqual(candidates.follow(packet(2)), packet(1));
});

test("RtpCandidates remembers 256 senders", () => {
  for (const [others, found] of [[255, packet(1)], [256, undefined]] as const) {
    const candidates = new RtpCandidates();
    candidates.follow(packet(1));
    for (let ssrc = 2; ssrc < others + 2; ssrc++) {
      candidates.follow(packet(1, { ssrc }));
    }
    assert.deepEqual(candidates.follow(packet(2)), found);
  }
});

/** Packets that look like JPEG, each of another sender. */
function garbage(count: number): Uint8Array[] {
  return Array.from(
    { length: count },
    (_, i) => packetsOf(["0! 00"], { payloadType: 26, ssrc: SSRC + 1 + i })[0]!,
  );
}

test("RtpReceiver finds a sender among garbage, and loses nothing of it", () => {
  const receiver = new RtpReceiver();
  const sent = packetsOf(["0! 658801", "3000! 418802", "6000! 418803"]);
  const datagrams = sent.flatMap((packet) => [...garbage(200), packet]);
  const units = datagrams.flatMap((datagram, i) =>
    receiver.push(datagram, ms(i / 10))
  );
  assert.deepEqual(describe(units), ["658801 restarted", "418802", "418803"]);
  const { ssrc, received, restarts, foreign } = receiver.statistics;
  assert.equal(ssrc, SSRC);
  assert.equal(received + foreign, datagrams.length);
  assert.equal(restarts, 1);
});

test("RtpReceiver stays with a sender that has sent twice", () => {
  const receiver = new RtpReceiver();
  const first = packetsOf(["0! 658801", "3000! 418802"]);
  const second = packetsOf(["0! 658803", "3000! 418804"], { ssrc: SSRC + 1 });
  for (const packet of first) receiver.push(packet, ms(0));
  for (const packet of second) {
    assert.deepEqual(receiver.push(packet, ms(499)), []);
  }
  assert.equal(receiver.statistics.ssrc, SSRC);
});
