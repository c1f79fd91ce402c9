import assert from "node:assert/strict";
import { frameBytes, packedFormat, type PixelFormat } from "../media/frame.ts";
import { paddedFormat } from "../../test/contract/frames.ts";
import { test } from "../../test/harness.ts";
import { type Picture, rgbOf } from "./picture.ts";

function picture(
  format: ReturnType<typeof packedFormat>,
  bytes: readonly number[],
): Picture {
  const data = new Uint8Array(frameBytes(format));
  data.set(bytes);
  return { ...format, data };
}

test("rgbOf gives the pixels of rgb24 and bgr24 in the same order", () => {
  const rgb = picture(packedFormat(2, 1, "rgb24"), [1, 2, 3, 4, 5, 6]);
  assert.deepEqual([...rgbOf(rgb)], [1, 2, 3, 4, 5, 6]);
  const bgr = picture(packedFormat(2, 1, "bgr24"), [3, 2, 1, 6, 5, 4]);
  assert.deepEqual([...rgbOf(bgr)], [1, 2, 3, 4, 5, 6]);
});

test("rgbOf makes gray pixels of gray", () => {
  const gray = picture(packedFormat(2, 1, "gray"), [7, 200]);
  assert.deepEqual([...rgbOf(gray)], [7, 7, 7, 200, 200, 200]);
});

/** Bytes of one colour in both layouts: Y, Cb, Cr. */
function yuv(
  pixelFormat: PixelFormat,
  height: number,
  [y, cb, cr]: readonly [number, number, number],
): Picture {
  const format = packedFormat(2, height, pixelFormat);
  const chroma = Math.ceil(height / 2);
  const bytes = pixelFormat === "nv12"
    ? Array.from({ length: chroma }, () => [cb, cr]).flat()
    : [...Array(chroma).fill(cb), ...Array(chroma).fill(cr)];
  return picture(format, [...Array(2 * height).fill(y), ...bytes]);
}

// The primaries in 8 bits, by the formulas of ITU-R BT.601-7 and BT.709-6.
for (
  const [name, height, coded, expected] of [
    ["red of BT.601", 4, [81, 90, 240], [255, 0, 0]],
    ["green of BT.601", 4, [145, 54, 34], [0, 255, 0]],
    ["blue of BT.601", 4, [41, 240, 110], [0, 0, 255]],
    ["red of BT.709", 720, [63, 102, 240], [255, 0, 0]],
    ["blue of BT.709", 720, [32, 240, 118], [0, 0, 255]],
    ["white", 4, [235, 128, 128], [255, 255, 255]],
    ["black", 4, [16, 128, 128], [0, 0, 0]],
  ] as const
) {
  test(`rgbOf shows ${name} as it was`, () => {
    for (const pixelFormat of ["yuv420p", "nv12"] as const) {
      const rgb = rgbOf(yuv(pixelFormat, height, coded));
      for (const [index, value] of [...rgb].entries()) {
        const difference = Math.abs(value - expected[index % 3]!);
        assert.ok(difference <= 2, `${pixelFormat} ${rgb.slice(0, 3)}`);
      }
    }
  });
}

test("rgbOf steps over what is between rows, and scales", () => {
  const format = paddedFormat(4, 4, "gray");
  const bytes = new Uint8Array(frameBytes(format)).fill(99);
  const { stride } = format.planes[0]!;
  for (let y = 0; y < 4; y++) {
    for (let x = 0; x < 4; x++) bytes[y * stride + x] = 10 * y + x;
  }
  const small = rgbOf({ ...format, data: bytes }, 2, 2);
  const values = [...small].filter((_, index) => index % 3 === 0);
  assert.deepEqual(values, [11, 13, 31, 33]);
});
