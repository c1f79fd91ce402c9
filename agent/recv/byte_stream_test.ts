import assert from "node:assert/strict";
import { keyframe, picture } from "../../test/fakes/recv_pipeline.ts";
import { test } from "../../test/harness.ts";
import { MAX_ACCESS_UNIT_BYTES } from "../media/access_unit_splitter.ts";
import { concat } from "../media/bytes.ts";
import { MAX_SNIFF_BYTES } from "../media/sniff.ts";
import { ByteStream } from "./byte_stream.ts";

const PEER = "192.168.1.7:5001";

test("ByteStream finds the pictures, however they are cut", () => {
  const bytes = concat(keyframe(), picture(), picture());
  for (let size = 1; size < bytes.length; size++) {
    const stream = new ByteStream(PEER);
    let count = 0;
    for (let at = 0; at < bytes.length; at += size) {
      count += stream.push(bytes.slice(at, at + size)).length;
    }
    assert.deepEqual([count, stream.format], [3, "h264"]);
    assert.deepEqual(stream.flush(), []);
  }
});

test("ByteStream.flush() ends the last picture", () => {
  const stream = new ByteStream(PEER);
  const last = picture();
  stream.push(concat(keyframe(), last.subarray(0, -6)));
  assert.equal(stream.flush().length, 1);
});

test("ByteStream does not know what a few bytes are", () => {
  const stream = new ByteStream(PEER);
  assert.deepEqual(stream.push(Uint8Array.of(0, 0, 0)), []);
  assert.equal(stream.format, undefined);
});

test("ByteStream refuses what is no video, by name", () => {
  const stream = new ByteStream(PEER);
  const http = new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n");
  assert.throws(() => stream.push(http), {
    name: "StreamError",
    failure: "undecodable",
    message:
      `Cannot decode what ${PEER} sends: it is HTTP, and no video that we know`,
  });
});

test("ByteStream gives up on bytes without pictures", () => {
  const stream = new ByteStream(PEER);
  stream.push(keyframe());
  const noise = new Uint8Array(1 << 20).fill(0x55);
  assert.throws(() => {
    for (let i = 0; i < 2 * MAX_ACCESS_UNIT_BYTES; i += noise.length) {
      stream.push(noise);
      stream.push(noise);
    }
  }, { message: `Cannot decode what ${PEER} sends: no picture ends` });
});

/** The id of the EBML Header, and whatever follows it. */
const MATROSKA = Uint8Array.of(0x1a, 0x45, 0xdf, 0xa3, 0x9f, 0x42, 0x86);

test("ByteStream leaves to FFmpeg what we do not take apart, from its start", () => {
  const stream = new ByteStream(PEER);
  stream.push(MATROSKA.slice(0, 3));
  assert.equal(stream.foreign, undefined);
  assert.deepEqual(stream.push(MATROSKA.slice(3)), []);
  assert.equal(stream.format, "matroska");
  assert.deepEqual(stream.foreign, { format: "matroska", head: MATROSKA });
});

test("ByteStream leaves to FFmpeg what it was told to be, whatever it is", () => {
  const stream = new ByteStream(PEER, { format: "ogg" });
  stream.push(keyframe());
  assert.deepEqual(stream.foreign, { format: "ogg", head: keyframe() });
});

test("ByteStream leaves FLV to FFmpeg that has another codec, from its start", () => {
  const stream = new ByteStream(PEER);
  const header = Uint8Array.of(0x46, 0x4c, 0x56, 1, 1, 0, 0, 0, 9);
  // Sorenson H.263 (Adobe FLV 10.1, E.4.3.1).
  const tag = Uint8Array.of(0, 0, 0, 0, 9, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0x12);
  stream.push(header);
  assert.equal(stream.foreign, undefined);
  stream.push(concat(tag, new Uint8Array(6)));
  assert.deepEqual(stream.foreign, {
    format: "flv",
    head: concat(header, tag, new Uint8Array(6)),
  });
});

test("ByteStream has FFmpeg find out only where it may", () => {
  const noise = new Uint8Array(MAX_SNIFF_BYTES).fill(0x5a);
  const stream = new ByteStream(PEER, { mayProbe: true });
  assert.deepEqual(stream.push(noise), []);
  assert.deepEqual(stream.foreign, { format: "unknown", head: noise });
  assert.throws(() => new ByteStream(PEER).push(noise), {
    failure: "undecodable",
    message: `Cannot decode what ${PEER} sends: it is something else, and no ` +
      "video that we know",
  });
});

test("ByteStream keeps nothing of what it reads itself", () => {
  const stream = new ByteStream(PEER, { format: "mpegts" });
  for (let i = 0; i < 20; i++) stream.push(new Uint8Array(10_000));
  // A transport stream whose video is MPEG-2 would be read from here on.
  assert.equal(stream.foreign, undefined);
});
