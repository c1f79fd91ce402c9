import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import { ByteBuffer } from "./byte_buffer.ts";

const CHUNK = Uint8Array.from({ length: 100 }, (_, i) => i + 1);

test("ByteBuffer gives back what was put in, in parts", () => {
  const buffer = new ByteBuffer(1000);
  assert.ok(buffer.append(0, CHUNK));
  assert.ok(buffer.append(2, CHUNK, 10, 13));
  assert.ok(buffer.push(0xff));
  assert.equal(buffer.length, 106);
  assert.deepEqual(buffer.take(99), CHUNK.slice(0, 99));
  assert.deepEqual(buffer.view(1), Uint8Array.of(0, 0, 11, 12, 13, 0xff));
  assert.deepEqual(buffer.take(7), Uint8Array.of(100, 0, 0, 11, 12, 13, 0xff));
  assert.equal(buffer.length, 0);
});

test("ByteBuffer writes zeros over what was there before", () => {
  const buffer = new ByteBuffer(1000);
  buffer.append(0, CHUNK);
  buffer.clear();
  buffer.append(3, CHUNK, 0, 1);
  assert.deepEqual(buffer.take(4), Uint8Array.of(0, 0, 0, 1));
});

test("ByteBuffer grows, but not over its bound", () => {
  const megabyte = new Uint8Array(1 << 20).fill(7);
  const buffer = new ByteBuffer(2_500_000);
  assert.ok(buffer.append(0, megabyte));
  assert.ok(buffer.append(0, megabyte));
  assert.equal(buffer.append(0, megabyte), false);
  assert.equal(buffer.append(1 << 20, CHUNK), false);
  assert.equal(buffer.length, 2 << 20);
  assert.ok(buffer.append(2_500_000 - (2 << 20), CHUNK, 0, 0));
  assert.equal(buffer.push(1), false);
  assert.ok(buffer.take(2 << 20).every((byte) => byte === 7));
});

test("ByteBuffer hands out small copies that never overlap", () => {
  const buffer = new ByteBuffer(1000);
  const taken = Array.from({ length: 300 }, (_, i) => {
    buffer.append(0, new Uint8Array(i).fill(i));
    return buffer.take(i);
  });
  taken.forEach((bytes, i) => {
    assert.equal(bytes.length, i);
    assert.ok(bytes.every((byte) => byte === i % 256));
    assert.ok(bytes.buffer.byteLength <= 8 * 1024);
  });
});

test("ByteBuffer hands out copies", () => {
  const buffer = new ByteBuffer(1000);
  buffer.append(0, CHUNK);
  const taken = buffer.take(50);
  buffer.clear();
  buffer.append(0, new Uint8Array(100));
  assert.deepEqual(taken, CHUNK.slice(0, 50));
});

test("ByteBuffer forgets all but the first bytes", () => {
  const buffer = new ByteBuffer(1000);
  buffer.append(0, CHUNK);
  buffer.truncate(CHUNK.length + 1);
  assert.equal(buffer.length, CHUNK.length);
  buffer.truncate(3);
  buffer.push(7);
  assert.deepEqual([...buffer.take(4)], [...CHUNK.subarray(0, 3), 7]);
  assert.equal(buffer.length, 0);
});
