import assert from "node:assert/strict";
import { keyframe, picture } from "../../test/fakes/recv_pipeline.ts";
import { test } from "../../test/harness.ts";
import { MAX_ACCESS_UNIT_BYTES } from "../media/access_unit_splitter.ts";
import { concat } from "../media/bytes.ts";
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
