import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import { jpegSegment, SAMPLE_JPEG, writeJpeg } from "../../test/jpeg_writer.ts";
import { readJpeg } from "./jpeg.ts";

test("readJpeg() reads a picture of FFmpeg", () => {
  assert.deepEqual(readJpeg(SAMPLE_JPEG), {
    width: 18,
    height: 14,
    components: 3,
    subsampling: "4:2:0",
    isComplete: true,
  });
});

test("readJpeg() knows all processes, and what only looks like one", () => {
  const found = Array.from({ length: 64 }, (_, i) => 0xc0 + i)
    .filter((sof) => readJpeg(writeJpeg({ sof })))
    .map((sof) => sof.toString(16)).join(" ");
  assert.equal(found, "c0 c1 c2 c3 c5 c6 c7 c9 ca cb cd ce cf");
});

test("readJpeg() names the subsampling where there is a name", () => {
  const names = [
    [0x11],
    [0x11, 0x11, 0x11],
    [0x21, 0x11, 0x11],
    [0x12, 0x11, 0x11],
    [0x22, 0x11, 0x11],
    [0x41, 0x11, 0x11],
    [0x31, 0x11, 0x11],
    // FFmpeg's way to write 4:2:2 and 4:4:4.
    [0x22, 0x12, 0x12],
    [0x12, 0x12, 0x12],
    [0x22, 0x11, 0x21],
    [0x22, 0, 0],
    [0x11, 0x11, 0x11, 0x11],
  ].map((sampling) => readJpeg(writeJpeg({ sampling })))
    .map((jpeg) => `${jpeg?.components} ${jpeg?.subsampling}`);
  assert.deepEqual(names, [
    "1 undefined",
    "3 4:4:4",
    "3 4:2:2",
    "3 4:4:0",
    "3 4:2:0",
    "3 4:1:1",
    "3 undefined",
    "3 4:2:2",
    "3 4:4:4",
    "3 undefined",
    "3 undefined",
    "4 undefined",
  ]);
});

test("readJpeg() passes by what stands in front of the frame header", () => {
  const thumbnail = jpegSegment(0xe1, [...writeJpeg({ width: 160 })]);
  const fill = Array(20).fill(0xff);
  const profile = Array(255).fill(jpegSegment(0xe2, [1, 2, 3])).flat();
  for (const before of [thumbnail, fill, profile, [0xff, 1], [0xff, 0xd0]]) {
    const jpeg = readJpeg(writeJpeg({ before }));
    assert.deepEqual([jpeg?.width, jpeg?.isComplete], [640, true]);
  }
});

test("readJpeg() takes the largest picture there is", () => {
  const jpeg = readJpeg(writeJpeg({ width: 65535, height: 65535 }));
  assert.deepEqual([jpeg?.width, jpeg?.height], [65535, 65535]);
});

test("readJpeg() finds a picture complete that is padded with zeros", () => {
  const padded = Uint8Array.of(...SAMPLE_JPEG, ...Array(100).fill(0));
  assert.equal(readJpeg(padded)?.isComplete, true);
});

test("readJpeg() tells that a picture is cut off, wherever that is", () => {
  const found = Array.from(SAMPLE_JPEG, (_, length) => {
    const jpeg = readJpeg(SAMPLE_JPEG.subarray(0, length));
    assert.ok(jpeg === undefined || !jpeg.isComplete && jpeg.width === 18);
    return jpeg !== undefined;
  });
  // The frame header, whose last byte it takes, stands at 0xd7.
  const first = 0xd7 + 2 + 17;
  assert.equal(found.indexOf(true), first);
  assert.ok(found.slice(first).every(Boolean));
});

const BAD: Record<string, Uint8Array> = {
  "nothing": new Uint8Array(),
  "a picture without SOI": SAMPLE_JPEG.subarray(2),
  "a picture without frame header": Uint8Array.of(0xff, 0xd8, 0xff, 0xd9),
  "a height that comes later": writeJpeg({ height: 0 }),
  "a width of 0": writeJpeg({ width: 0 }),
  "no components": writeJpeg({ sampling: [] }),
  "a segment that is shorter than its length": writeJpeg({
    before: [0xff, 0xe0, 0, 1],
  }),
  "something else between the segments": writeJpeg({ before: [0, 0] }),
  "a frame header that lacks a component": Uint8Array.of(
    ...[0xff, 0xd8],
    ...jpegSegment(0xc0, [8, 0, 16, 0, 16, 3, 1, 0x22, 0, 2, 0x11, 0]),
  ),
  "more segments than anybody needs": writeJpeg({
    before: Array(1024).fill(jpegSegment(0xe0)).flat(),
  }),
  "nothing but fill bytes": new Uint8Array(1 << 20).fill(0xff).with(1, 0xd8),
};

for (const [name, data] of Object.entries(BAD)) {
  test(`readJpeg() reads nothing from ${name}`, () => {
    assert.equal(readJpeg(data), undefined);
  });
}
