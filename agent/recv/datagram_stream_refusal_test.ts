import assert from "node:assert/strict";
import { SAMPLE } from "../../test/h264_writer.ts";
import { test } from "../../test/harness.ts";
import { ms } from "../media/time.ts";
import { DatagramStream } from "./datagram_stream.ts";

/** Lengths instead of start codes, as GStreamer sends without a word. */
function withLengths(): Uint8Array<ArrayBuffer> {
  const data = new Uint8Array(60_000).fill(0x5a);
  data.set([0, 0, 0xea, 0x5c, 0x65, 0x88]);
  return data;
}

function setUp() {
  const warnings: string[] = [];
  const stream = new DatagramStream((message) => warnings.push(message));
  const push = (data: Uint8Array<ArrayBuffer>, now: number) =>
    stream.push({ data, peer: "10.0.0.7:5004" }, ms(now));
  return { warnings, push };
}

test("DatagramStream says once a minute that nothing can be decoded", () => {
  const { warnings, push } = setUp();
  for (let i = 0; i < 4; i++) push(withLengths(), i);
  assert.deepEqual(warnings, []);
  for (let i = 0; i < 4; i++) push(withLengths(), i);
  assert.deepEqual(warnings, [
    "Cannot decode what 10.0.0.7:5004 sends: it is something else, and no " +
    "video that we know; send -f h264 or -f mpegts with FFmpeg, " +
    '"video/x-h264,stream-format=byte-stream" or mpegtsmux with GStreamer',
  ]);
  for (let i = 0; i < 100; i++) push(withLengths(), i);
  assert.equal(warnings.length, 1);
  for (let i = 0; i < 4; i++) push(withLengths(), 70_000);
  assert.equal(warnings.length, 2);
});

test("DatagramStream says nothing of what came before the video", () => {
  const { warnings, push } = setUp();
  for (let i = 0; i < 4; i++) push(withLengths(), i);
  push(SAMPLE.slice(), 10);
  assert.ok(push(SAMPLE.slice(), 20).length > 0);
  assert.deepEqual(warnings, []);
});
