import assert from "node:assert/strict";
import { FakeRuntime } from "../../test/fakes/runtime.ts";
import {
  FakeIngest,
  keyframe,
  picture,
} from "../../test/fakes/recv_pipeline.ts";
import { byteStream, writeSlice } from "../../test/h264_writer.ts";
import { SAMPLE_JPEG } from "../../test/jpeg_writer.ts";
import { test } from "../../test/harness.ts";
import { packetsOf } from "../../test/rtp_writer.ts";
import { concat } from "../media/bytes.ts";
import { ms } from "../media/time.ts";
import type { Ingest, IngestDatagram } from "../plugin/transport.ts";
import { Queue } from "../runtime/queue.ts";
import { Intake } from "./intake.ts";
import type { ArrivedUnit } from "./received_unit.ts";
import type { StreamFormat } from "./unit_reader.ts";

function setUp(ingest: Ingest, format?: StreamFormat) {
  const runtime = new FakeRuntime();
  const warnings: string[] = [];
  const log = { info() {}, warn: (line: string) => void warnings.push(line) };
  const signal = new AbortController().signal;
  const units: ArrivedUnit[] = [];
  const begun: boolean[] = [];
  let progress = 0;
  const intake = new Intake(ingest, { runtime, log, signal, format }, {
    progress: () => progress++,
    begin: (lossy) => begun.push(lossy),
    unit: (unit) => units.push(unit),
  });
  return {
    ...{ intake, runtime, warnings, units, begun },
    running: intake.run(),
    progress: () => progress,
  };
}

/** A port that hears what is pushed. */
function port() {
  const datagrams = new Queue<IngestDatagram>();
  const ingest: Ingest = {
    type: "datagrams",
    connectionless: true,
    peer: "0.0.0.0:5004",
    datagrams,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const send = (peer: string, ...all: Uint8Array[]) => {
    for (const data of all) datagrams.push({ data: data.slice(), peer });
  };
  return { ingest, send, end: () => datagrams.end() };
}

/** A connection from this machine or another one. */
function connection(peer: string) {
  const ingest = new FakeIngest();
  return { ingest: { ...ingest, peer } as unknown as Ingest, of: ingest };
}

/** A keyframe of two parameter sets and a slice, and another picture. */
const PACKETS = packetsOf([
  "0 6742c01eda0280bfe5",
  "0 68ce3c80",
  "0! 65888080",
  "3000! 419a8080",
]);

test("Intake hands RTP that comes to a port of anything to its reader", async () => {
  const { ingest, send, end } = port();
  const t = setUp(ingest);
  send("10.0.0.7:6000", ...PACKETS);
  await t.runtime.turn();
  assert.equal(t.units.length, 2);
  assert.equal(t.intake.format, "rtp");
  assert.equal(t.intake.peer, "10.0.0.7:6000");
  assert.deepEqual(t.begun, [true, false]);
  end();
  await t.running;
});

test("Intake counts what is lost of RTP, whoever sent", async () => {
  const { ingest, send, end } = port();
  const t = setUp(ingest);
  const [first, second, , last] = PACKETS;
  send("10.0.0.7:6000", first!, second!, last!);
  await t.runtime.turn();
  await t.runtime.advance(ms(100));
  assert.equal(t.intake.packets().lost, 1);
  await t.runtime.advance(ms(1000));
  send("10.0.0.8:6000", keyframe(), picture());
  await t.runtime.turn();
  assert.equal(t.intake.format, "h264");
  assert.equal(t.intake.packets().lost, 1);
  end();
  await t.running;
});

test("Intake goes on with another kind of sender when one is gone", async () => {
  const { ingest, send, end } = port();
  const t = setUp(ingest);
  send("10.0.0.7:6000", ...PACKETS);
  await t.runtime.turn();
  send("10.0.0.8:6000", keyframe());
  await t.runtime.turn();
  assert.equal(t.units.length, 2);
  await t.runtime.advance(ms(500));
  send("10.0.0.8:6000", keyframe(), picture());
  await t.runtime.turn();
  assert.equal(t.intake.peer, "10.0.0.8:6000");
  assert.deepEqual(t.units.length, 4);
  assert.equal(t.begun.at(-1), true);
  end();
  await t.running;
});

test("Intake takes what it was told, and nothing else", async () => {
  const { ingest, send, end } = port();
  const t = setUp(ingest, "rtp");
  send("10.0.0.7:6000", keyframe(), picture(), keyframe());
  await t.runtime.turn();
  assert.equal(t.intake.format, undefined);
  send("10.0.0.7:6000", ...PACKETS);
  await t.runtime.turn();
  assert.equal(t.units.length, 2);
  end();
  await t.running;
});

test("Intake finds JPEG pictures in a connection", async () => {
  const { ingest, of } = connection("192.168.1.7:5001");
  const t = setUp(ingest);
  of.send(SAMPLE_JPEG, SAMPLE_JPEG);
  of.chunks.end();
  await t.running;
  assert.equal(t.intake.format, "mjpeg");
  assert.deepEqual(t.units.map(({ codec }) => codec), ["mjpeg", "mjpeg"]);
});

/** A picture that nothing ends, as others send it. */
const OPEN = byteStream([writeSlice(0x41)]);
const OPEN_KEYFRAME = keyframe().subarray(0, -6);

/** Sends pictures at 30 a second, each in one chunk. */
async function sendPictures(
  t: ReturnType<typeof setUp>,
  of: FakeIngest,
  count: number,
): Promise<void> {
  for (let i = 0; i < count; i++) {
    of.send(i === 0 ? OPEN_KEYFRAME : OPEN);
    await t.runtime.turn();
    await t.runtime.advance(ms(33));
    await t.runtime.turn();
  }
}

test("Intake ends a picture with a pause, once it knows a sender of this machine", async () => {
  const { ingest, of } = connection("127.0.0.1:40000");
  const t = setUp(ingest);
  await sendPictures(t, of, 31);
  assert.equal(t.units.length, 31);
  of.send(OPEN);
  await t.runtime.turn();
  assert.equal(t.units.length, 31);
  await t.runtime.advance(ms(1));
  await t.runtime.turn();
  assert.equal(t.units.length, 32);
  of.chunks.end();
  await t.running;
  assert.deepEqual(t.runtime.open, []);
});

test("Intake does not take pauses of a network for ends of pictures", async () => {
  const { ingest, of } = connection("192.168.1.7:5001");
  const t = setUp(ingest);
  await sendPictures(t, of, 60);
  assert.equal(t.units.length, 59);
  of.chunks.end();
  await t.running;
});

test("Intake cuts no picture of a sender that says where they end", async () => {
  const { ingest, of } = connection("127.0.0.1:40000");
  const t = setUp(ingest);
  for (let i = 0; i < 60; i++) {
    of.send(i === 0 ? keyframe() : picture());
    await t.runtime.turn();
    await t.runtime.advance(ms(33));
  }
  const whole = picture();
  of.send(whole.subarray(0, 6));
  await t.runtime.turn();
  await t.runtime.advance(ms(20));
  of.send(whole.subarray(6));
  of.chunks.end();
  await t.running;
  assert.equal(t.units.length, 61);
  assert.deepEqual(t.units.at(-1)!.data, t.units.at(-2)!.data);
});

test("Intake marks what follows a picture that was ended too early", async () => {
  const { ingest, of } = connection("127.0.0.1:40000");
  const t = setUp(ingest);
  await sendPictures(t, of, 40);
  const before = t.units.length;
  of.send(OPEN.subarray(0, -1));
  await t.runtime.turn();
  await t.runtime.advance(ms(2));
  await t.runtime.turn();
  of.send(OPEN.subarray(-1), OPEN);
  await t.runtime.turn();
  of.chunks.end();
  await t.running;
  const [cut, next] = t.units.slice(before);
  assert.equal(cut!.discontinuity, false);
  assert.equal(next!.discontinuity, true);
});

test("Intake takes every chunk of a connection for life", async () => {
  const { ingest, of } = connection("192.168.1.7:5001");
  const t = setUp(ingest);
  of.send(concat(keyframe(), picture()));
  await t.runtime.turn();
  assert.equal(t.progress(), 1);
  of.send(OPEN.subarray(0, 5));
  await t.runtime.turn();
  assert.equal(t.progress(), 2);
  of.chunks.end();
  await t.running;
});
