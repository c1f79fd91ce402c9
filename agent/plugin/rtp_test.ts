import assert from "node:assert/strict";
import { stream } from "../../test/contract/stream.ts";
import { FakeRuntime } from "../../test/fakes/runtime.ts";
import { test } from "../../test/harness.ts";
import {
  RtpH264Packetizer,
  RtpReceiver,
  us,
  withoutDelimiters,
} from "../media/mod.ts";
import { RtpUnits } from "./rtp.ts";

const PEER = "192.168.1.7:5004";

/** Reads in a fake network. */
function open() {
  const runtime = new FakeRuntime();
  const units = new RtpUnits(new RtpReceiver({ codec: "h264" }), runtime);
  const packetizer = new RtpH264Packetizer({
    ...{ ssrc: 7, sequence: 1, timestamp: 0 },
  });
  let count = 0;
  return {
    runtime,
    units,
    /** The packets of the next picture. */
    packetsOf(data: Uint8Array) {
      const pts = us(count++ * 33_333);
      return packetizer.packetize({ data, pts })
        .map((data) => ({ data, peer: PEER }));
    },
  };
}

test("RtpUnits hands pictures on in their order, and ends", async () => {
  const { units, packetsOf } = open();
  const pictures = stream();
  for (const { data } of pictures) {
    packetsOf(data).forEach((it) => units.push(it));
  }
  units.end();
  packetsOf(pictures[0]!.data).forEach((it) => units.push(it));
  const read = await Array.fromAsync(units.read());
  assert.deepEqual(
    read.map(({ keyframe }) => keyframe),
    pictures.map(({ keyframe }) => keyframe),
  );
  assert.equal(units.peer, PEER);
});

test("RtpUnits hands a picture on while it is read", async () => {
  const { units, packetsOf } = open();
  const reading = units.read();
  const next = reading.next();
  packetsOf(stream()[0]!.data).forEach((it) => units.push(it));
  assert.equal((await next).value?.keyframe, true);
});

test("RtpUnits throws what it has ended with, behind what came", async () => {
  const { units, packetsOf } = open();
  packetsOf(stream()[0]!.data).forEach((it) => units.push(it));
  const failure = new Error("broken");
  units.end({ failure });
  units.end();
  const reading = units.read();
  assert.equal((await reading.next()).value?.keyframe, true);
  await assert.rejects(reading.next(), failure);
});

test("RtpUnits reads all packets, and passes on what broke them", async () => {
  const { units, packetsOf } = open();
  const failure = new Error("broken");
  async function* packets() {
    yield* packetsOf(stream()[0]!.data);
    await undefined;
    throw failure;
  }
  const reading = units.readAll(packets());
  assert.equal((await reading.next()).value?.keyframe, true);
  await assert.rejects(reading.next(), failure);
});

/** A packet is missing, and is waited for since the order has changed once. */
async function openWithGap() {
  const opened = open();
  const { runtime, units, packetsOf } = opened;
  const [keyframe, picture] = stream();
  const next = () => packetsOf(picture!.data);
  for (const packet of packetsOf(keyframe!.data)) units.push(packet);
  const [one, other] = [next(), next()];
  for (const packet of other) units.push(packet);
  await runtime.advance(5);
  for (const packet of one) units.push(packet);
  next();
  for (const packet of next()) units.push(packet);
  assert.equal(runtime.sleeping, 1);
  return opened;
}

test("RtpUnits gives up on a packet though no other comes", async () => {
  const { runtime, units } = await openWithGap();
  const before = units.packets().lost;
  await runtime.advance(100);
  assert.equal(units.packets().lost, before + 1);
  assert.equal(runtime.sleeping, 0);
});

test("RtpUnits waits for nothing once it has ended", async () => {
  const { runtime, units } = await openWithGap();
  units.end();
  await runtime.advance(0);
  assert.equal(runtime.sleeping, 0);
});

test("RtpUnits keeps 5 MB for whoever does not read, and says what is missing", async () => {
  const { units, packetsOf } = open();
  const [{ data } = { data: new Uint8Array() }] = stream();
  const large = new Uint8Array(1_000_100).fill(0xaa);
  // Behind a delimiter it would not be part of the picture.
  large.set(withoutDelimiters(data));
  for (let i = 0; i < 7; i++) packetsOf(large).forEach((it) => units.push(it));
  const reading = units.read();
  for (let i = 0; i < 5; i++) {
    assert.equal((await reading.next()).value?.discontinuity, false);
  }
  const next = reading.next();
  for (let i = 0; i < 2; i++) packetsOf(large).forEach((it) => units.push(it));
  assert.equal((await next).value?.discontinuity, true);
  assert.equal((await reading.next()).value?.discontinuity, false);
});

test("RtpUnits says that another sender began though its first picture had no room", async () => {
  const { units, packetsOf } = open();
  const [{ data } = { data: new Uint8Array() }] = stream();
  const large = new Uint8Array(5_000_100).fill(0xaa);
  large.set(withoutDelimiters(data));
  packetsOf(large).forEach((it) => units.push(it));
  const other = new RtpH264Packetizer({
    ...{ ssrc: 7, sequence: 20_000, timestamp: 0 },
  });
  const send = (ms: number) => {
    for (const packet of other.packetize({ data, pts: us(ms * 1000) })) {
      units.push({ data: packet, peer: PEER });
    }
  };
  send(0);
  send(33);
  const reading = units.read();
  assert.equal((await reading.next()).value?.restart, false);
  send(66);
  const { value } = await reading.next();
  assert.deepEqual([value?.restart, value?.discontinuity], [true, true]);
});
