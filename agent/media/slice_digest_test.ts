import assert from "node:assert/strict";
import { byteStream, SAMPLE, writeSlice } from "../../test/h264_writer.ts";
import { test } from "../../test/harness.ts";
import { AccessUnitSplitter } from "./access_unit_splitter.ts";
import { concat } from "./bytes.ts";
import { ACCESS_UNIT_DELIMITER } from "./delimiter.ts";
import { sliceDigest } from "./slice_digest.ts";

/** An access unit of two slices, one of them longer than a datagram. */
const slices = [0x65, 0x65].map((header, i) =>
  writeSlice(header, {
    firstMb: i,
    payload: Array.from({ length: 3000 }, (_, n) => n * (n + i) % 251 + 1),
  })
);
const UNIT = byteStream(slices);

test("sliceDigest() ignores what stands around the slices", () => {
  const digest = sliceDigest(UNIT);
  const sei = byteStream([[6, 5, 1, 9, 0x80]]);
  assert.equal(sliceDigest(concat(sei, UNIT)), digest);
  assert.equal(sliceDigest(concat(UNIT, ACCESS_UNIT_DELIMITER)), digest);
  assert.equal(sliceDigest(byteStream(slices, 3)), digest);
});

test("sliceDigest() is the same behind the splitter", () => {
  for (const unit of [UNIT, SAMPLE.subarray(0, 70)]) {
    const [split] = new AccessUnitSplitter()
      .push(concat(unit, ACCESS_UNIT_DELIMITER));
    assert.equal(sliceDigest(split!.data), sliceDigest(unit));
  }
});

test("sliceDigest() tells a missing datagram, swapped ones and every bit", () => {
  const digest = sliceDigest(UNIT);
  const [a, b, c] = [0, 1, 2].map((i) =>
    UNIT.subarray(i * 1452, (i + 1) * 1452)
  );
  const rest = UNIT.subarray(3 * 1452);
  for (const order of [[a, c, rest], [a, c, b, rest], [b, a, c, rest]]) {
    assert.notEqual(sliceDigest(concat(...order.map((it) => it!))), digest);
  }
  for (let bit = 40; bit < UNIT.length * 8; bit += 61) {
    const changed = UNIT.slice();
    changed[bit >> 3]! ^= 1 << (bit & 7);
    assert.notEqual(sliceDigest(changed), digest, `bit ${bit}`);
  }
});

test("sliceDigest() of nothing is a number", () => {
  assert.equal(sliceDigest(new Uint8Array()), 0x811c9dc5);
});
