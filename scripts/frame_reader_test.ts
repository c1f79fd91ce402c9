import assert from "node:assert/strict";
import { test } from "../test/harness.ts";
import { FrameReader } from "./frame_reader.ts";

test("FrameReader finds the frames in any chunking", () => {
  const bytes = Uint8Array.from({ length: 12 }, (_, index) => index);
  for (let size = 1; size <= bytes.length; size++) {
    const reader = new FrameReader(4);
    for (let at = 0; at < bytes.length; at += size) {
      reader.push(bytes.subarray(at, at + size));
    }
    assert.equal(reader.count, 3, `chunks of ${size}`);
    assert.deepEqual([...reader.last], [8, 9, 10, 11]);
  }
});

test("FrameReader keeps the last whole frame while the next one comes", () => {
  const reader = new FrameReader(2);
  reader.push(Uint8Array.of(1, 2, 3));
  assert.equal(reader.count, 1);
  assert.deepEqual([...reader.last], [1, 2]);
});
