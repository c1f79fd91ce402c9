import assert from "node:assert/strict";
import { test } from "../../../test/harness.ts";
import { packetsOf } from "../../../test/rtp_writer.ts";
import { concat } from "../bytes.ts";
import { FramedPackets, isFramedRtp } from "./framed.ts";

/** Each behind its length. */
function frame(...packets: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return concat(...packets.flatMap((packet) => [
    Uint8Array.of(packet.length >> 8, packet.length & 0xff),
    packet,
  ]));
}

const PACKETS = packetsOf(["0 67", "0! 65 88", "3000! 41"]);

test("FramedPackets cuts packets, however they come", () => {
  const bytes = frame(...PACKETS);
  for (let size = 1; size <= bytes.length; size++) {
    const packets = new FramedPackets();
    const all: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += size) {
      all.push(...packets.push(bytes.subarray(at, at + size)));
    }
    assert.deepEqual(all, PACKETS);
  }
});

test("FramedPackets leaves out what is empty", () => {
  const bytes = frame(PACKETS[0]!, new Uint8Array(), PACKETS[1]!);
  assert.deepEqual(new FramedPackets().push(bytes), PACKETS.slice(0, 2));
});

test("isFramedRtp() wants two packets that belong together", () => {
  const [first, second, third] = PACKETS;
  const [other] = packetsOf(["0 67"], { sequence: 1, ssrc: 7 });
  assert.equal(isFramedRtp(frame(first!, second!)), true);
  assert.equal(isFramedRtp(frame(first!, second!).subarray(0, -1)), false);
  assert.equal(isFramedRtp(frame(first!, third!)), false);
  assert.equal(isFramedRtp(frame(first!, other!)), false);
  assert.equal(isFramedRtp(frame(Uint8Array.of(1, 2, 3), first!)), false);
});
