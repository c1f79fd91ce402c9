import assert from "node:assert/strict";
import { byteStream, SAMPLE } from "../../test/h264_writer.ts";
import { test } from "../../test/harness.ts";
import { nalUnitsOf } from "./annexb.ts";
import { ACCESS_UNIT_DELIMITER, withoutDelimiters } from "./delimiter.ts";

test("ACCESS_UNIT_DELIMITER is one delimiter for any type of slice", () => {
  const [delimiter, ...others] = nalUnitsOf(ACCESS_UNIT_DELIMITER);
  assert.deepEqual(others, []);
  assert.equal(delimiter?.[0], 9);
  assert.equal(delimiter![1]! >> 5, 7);
  // The stop bit, then zeros.
  assert.equal(delimiter![1]! & 0x1f, 0x10);
});

test("withoutDelimiters() gives back what has none", () => {
  for (const data of [SAMPLE, new Uint8Array(), Uint8Array.of(0, 0, 1)]) {
    assert.equal(withoutDelimiters(data), data);
  }
  const inside = byteStream([[0x41, 0, 0, 9], [0x41, 9, 0xf0]]);
  assert.equal(withoutDelimiters(inside), inside);
});

for (const startCodeLength of [3, 4]) {
  test(`withoutDelimiters() finds them behind ${startCodeLength} bytes`, () => {
    // nal_ref_idc has to be 0; not every sender knows.
    const delimiter = [0x29, 0x10];
    const data = byteStream(
      [delimiter, [0x67, 1], delimiter, [0x65, 2], delimiter, [0x49]],
      startCodeLength,
    );
    assert.deepEqual(
      withoutDelimiters(data),
      byteStream([[0x67, 1], [0x65, 2]]),
    );
  });
}

test("withoutDelimiters() leaves nothing of a delimiter alone", () => {
  const data = withoutDelimiters(ACCESS_UNIT_DELIMITER);
  assert.deepEqual(data, new Uint8Array());
});
