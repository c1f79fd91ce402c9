import assert from "node:assert/strict";
import { test } from "../../../test/harness.ts";
import { Random, runSeed } from "../../../test/random.ts";
import { packetsOf } from "../../../test/rtp_writer.ts";
import { RtpProbe } from "./probe.ts";

test("RtpProbe finds a sender with its second packet, and keeps the first", () => {
  const probe = new RtpProbe();
  const [first, second] = packetsOf(["0 67", "0! 65"]);
  const borrowed = first!.slice();
  assert.equal(probe.push(borrowed), undefined);
  borrowed.fill(0);
  assert.deepEqual(probe.push(second!), [first, second]);
});

test("RtpProbe does without the first packet if others came in between", () => {
  const probe = new RtpProbe();
  const [first, second] = packetsOf(["0 67", "0! 65"]);
  const [other] = packetsOf(["0 61"], { ssrc: 7 });
  probe.push(first!);
  probe.push(other!);
  assert.deepEqual(probe.push(second!), [second]);
});

test("RtpProbe takes nothing else for RTP", () => {
  const probe = new RtpProbe();
  const random = new Random(runSeed());
  for (let i = 0; i < 20_000; i++) {
    const datagram = random.bytes(random.below(1452));
    assert.equal(probe.push(datagram), undefined);
  }
});
