import assert from "node:assert/strict";
import { us } from "../agent/media/time.ts";
import { test } from "../test/harness.ts";
import { readStamp, type Stamp, writeStamp } from "./stamp.ts";

const SIZES: readonly [width: number, height: number][] = [
  [640, 480],
  [1280, 720],
  [1920, 1080],
  [176, 144],
];

const STAMPS: Record<string, Stamp> = {
  "zeros": { counter: 0, time: us(0) },
  "the largest": { counter: 2 ** 24 - 1, time: us(2 ** 48 - 1) },
  "a time beyond 32 bits": { counter: 1799, time: us(5_000_000_000_001) },
};

for (const [width, height] of SIZES) {
  for (const [name, stamp] of Object.entries(STAMPS)) {
    test(`readStamp gives back ${name} at ${width}x${height}`, () => {
      const picture = toRgb(stamped(width, height, stamp), width, height);
      assert.deepEqual(readStamp(picture, width, height), stamp);
    });
  }
}

test("readStamp reads blocks that the encoder has smeared", () => {
  const stamp = STAMPS["a time beyond 32 bits"]!;
  const picture = toRgb(stamped(640, 480, stamp), 640, 480)
    .map((value, index) => value * 0.6 + 40 + (index * 7919) % 41 - 20);
  assert.deepEqual(readStamp(picture, 640, 480), stamp);
});

test("readStamp refuses a picture with any one block turned over", () => {
  const blocks = 88;
  for (let block = 0; block < blocks; block++) {
    const picture = toRgb(stamped(640, 480, STAMPS.zeros!), 640, 480);
    const [left, top] = [block % 40 * 16, Math.floor(block / 40) * 16];
    for (let y = top; y < top + 16; y++) {
      const start = (y * 640 + left) * 3;
      const turned = picture.slice(start, start + 48).map((v) => 255 - v);
      picture.set(turned, start);
    }
    assert.equal(readStamp(picture, 640, 480), undefined, `block ${block}`);
  }
});

test("readStamp refuses a picture of one colour", () => {
  for (const value of [0, 128, 255]) {
    const picture = new Uint8Array(640 * 480 * 3).fill(value);
    assert.equal(readStamp(picture, 640, 480), undefined);
  }
});

test("writeStamp overwrites the stamp before", () => {
  const picture = stamped(640, 480, STAMPS["the largest"]!);
  writeStamp(picture, 640, 480, STAMPS.zeros!);
  assert.deepEqual(
    readStamp(toRgb(picture, 640, 480), 640, 480),
    STAMPS.zeros,
  );
});

test("writeStamp leaves the picture below the blocks alone", () => {
  const picture = stamped(640, 480, STAMPS.zeros!);
  const luma = picture.subarray(3 * 16 * 640, 640 * 480);
  assert.ok(luma.every((value) => value === 77));
  for (const plane of [640 * 480, 640 * 480 * 5 / 4]) {
    const below = picture.subarray(plane + 24 * 320, plane + 240 * 320);
    assert.ok(below.every((value) => value === 77));
  }
});

test("writeStamp refuses a picture that is too small", () => {
  const picture = new Uint8Array(96 * 96 * 3 / 2);
  assert.throws(
    () => writeStamp(picture, 96, 96, STAMPS.zeros!),
    { name: "RangeError", message: /"96x96"/ },
  );
});

function stamped(width: number, height: number, stamp: Stamp): Uint8Array {
  const picture = new Uint8Array(width * height * 3 / 2).fill(77);
  writeStamp(picture, width, height, stamp);
  return picture;
}

/** Converts as FFmpeg does for untagged video: BT.601, limited range. */
function toRgb(yuv: Uint8Array, width: number, height: number): Uint8Array {
  const rgb = new Uint8ClampedArray(width * height * 3);
  const [u, v] = [width * height, width * height * 5 / 4];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const chroma = (y >> 1) * (width >> 1) + (x >> 1);
      const luma = 1.164 * (yuv[y * width + x]! - 16);
      const blue = yuv[u + chroma]! - 128;
      const red = yuv[v + chroma]! - 128;
      const at = (y * width + x) * 3;
      rgb[at] = luma + 1.596 * red;
      rgb[at + 1] = luma - 0.392 * blue - 0.813 * red;
      rgb[at + 2] = luma + 2.017 * blue;
    }
  }
  return new Uint8Array(rgb.buffer);
}
