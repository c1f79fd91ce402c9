import assert from "node:assert/strict";
import { byteStream, SAMPLE } from "../../test/h264_writer.ts";
import { test } from "../../test/harness.ts";
import {
  findStartCode,
  hevcPictureStart,
  joinNalUnits,
  nalUnitsOf,
  pictureStart,
  START_CODE,
} from "./annexb.ts";

/** Byte streams, and the NAL units in them. */
const STREAMS: Record<string, [string, string[]]> = {
  "nothing": ["", []],
  "no start code": ["6742c00a", []],
  "a start code alone": ["000001", []],
  "a start code and a byte": ["00000109", ["09"]],
  "start codes of three and four bytes": [
    "0000000167420000000168ce00000165b8",
    ["6742", "68ce", "65b8"],
  ],
  "bytes in front of the first start code": ["ff0067000000016742", ["6742"]],
  "zeros in front of the first start code": ["0000000000000109f0", ["09f0"]],
  "zeros behind every NAL unit": [
    "00000001674200000000000000016500000000",
    ["6742", "65"],
  ],
  "empty NAL units": ["00000100000100000001000000016500000001", ["65"]],
  "emulation prevention": ["000001650000030100000141", ["6500000301", "41"]],
  "bytes of 1 between zeros": ["0000010001000100010101", ["0001000100010101"]],
};

for (const [name, [stream, nalUnits]] of Object.entries(STREAMS)) {
  test(`nalUnitsOf() finds the NAL units in ${name}`, () => {
    const found = [...nalUnitsOf(Uint8Array.fromHex(stream))];
    assert.deepEqual(found.map((nalUnit) => nalUnit.toHex()), nalUnits);
  });
}

test("nalUnitsOf() gives views, not copies", () => {
  const data = byteStream([[0x67, 1], [0x68, 2]]);
  const [sps] = nalUnitsOf(data);
  assert.equal(sps?.buffer, data.buffer);
  assert.equal(sps?.byteOffset, START_CODE.length);
});

test("nalUnitsOf() takes x264's stream apart", () => {
  const types = [...nalUnitsOf(SAMPLE)].map((nalUnit) => nalUnit[0]! & 0x1f);
  assert.deepEqual(types, [7, 8, 5, 1, 1, 7, 8, 5, 1]);
});

for (const filling of [0xff, 0x01, 0x00]) {
  test(`findStartCode() finds one at every offset among ${filling}s`, () => {
    for (let offset = 0; offset < 20; offset++) {
      const data = new Uint8Array(24).fill(filling);
      data.set([0xff, 0, 0, 1], offset);
      assert.equal(findStartCode(data), offset + 1);
      assert.equal(findStartCode(data, offset + 1), offset + 1);
      assert.equal(findStartCode(data.subarray(0, offset + 3)), -1);
      const behind = filling === 0 ? data.subarray(0, offset + 4) : data;
      assert.equal(findStartCode(behind, offset + 2), -1);
    }
  });
}

test("findStartCode() agrees with a plain search on all short inputs", () => {
  // Every way to put five different bytes, or fewer, in six places.
  const alphabet = [0, 1, 2, 0x80, 0xff];
  for (let n = 0; n < alphabet.length ** 6; n++) {
    const data = Uint8Array.from(
      { length: 6 },
      (_, i) => alphabet[Math.floor(n / alphabet.length ** i) % 5]!,
    );
    const plain = [0, 1, 2, 3].findIndex((at) =>
      data[at] === 0 && data[at + 1] === 0 && data[at + 2] === 1
    );
    if (findStartCode(data) !== plain) assert.fail(`${data} at ${plain}`);
  }
});

test("pictureStart() finds the first slice, or what belongs to it", () => {
  const starts = [
    [[0x67, 1], [0x68, 2], [0x65, 3], [0x65, 4]],
    [[0x41, 3]],
    [[6, 3], [14, 3], [0x65, 3]],
    [[0x67, 1], [0x68, 1]],
    [],
  ].map((nalUnits) => [
    pictureStart(byteStream(nalUnits)),
    pictureStart(byteStream(nalUnits, 3)),
  ]);
  assert.deepEqual(starts, [[13, 10], [1, 0], [7, 5], [12, 10], [0, 0]]);
  assert.equal(pictureStart(Uint8Array.of(0, 0, 1)), 3);
});

test("hevcPictureStart() finds the first slice segment", () => {
  const starts = [
    [[0x40, 1], [0x42, 1], [0x44, 1], [0x4e, 1], [0x26, 1], [0x02, 1]],
    [[0x02, 1], [0x4e, 1]],
    [[0x46, 1], [0x50, 1], [0x3e, 1]],
    [[0x42, 1], [0x44, 1]],
    [],
  ].map((nalUnits) => hevcPictureStart(byteStream(nalUnits)));
  assert.deepEqual(starts, [25, 1, 13, 12, 0]);
});

test("joinNalUnits() is the inverse of nalUnitsOf()", () => {
  const nalUnits = [...nalUnitsOf(SAMPLE)];
  const joined = joinNalUnits(nalUnits);
  assert.deepEqual([...nalUnitsOf(joined)], nalUnits);
  // Two of nine start codes had three bytes.
  assert.equal(joined.length, SAMPLE.length + 2);
  assert.deepEqual(joinNalUnits([]), new Uint8Array());
});
