/**
 * The pixels of a frame, whatever its layout.
 *
 * @module
 */

import type { SharedFrame } from "../../readers/typescript/camagent.ts";

/** What is needed of a frame. */
export type Picture = Pick<
  SharedFrame,
  "data" | "width" | "height" | "pixelFormat" | "planes"
>;

/** Writes red, green and blue of the pixel at a place to `rgb`. */
type Sampler = (x: number, y: number, rgb: Uint8ClampedArray) => void;

/**
 * How much of the colour differences goes into red, green (Cb, Cr) and blue.
 * ITU-R BT.601-7, 2.5.1, and BT.709-6, 3.2, for 219 and 224 steps.
 */
const BT601 = [1.596, -0.392, -0.813, 2.017] as const;
const BT709 = [1.793, -0.213, -0.533, 2.112] as const;

/** From so many rows on FFmpeg's users expect BT.709. */
const HD_ROWS = 720;

/**
 * Scales a picture down by leaving pixels out.
 *
 * @returns RGB, `width * height * 3` bytes, rows top to bottom.
 */
export function rgbOf(
  picture: Picture,
  width: number = picture.width,
  height: number = picture.height,
): Uint8ClampedArray<ArrayBuffer> {
  const sample = samplerOf(picture);
  const rgb = new Uint8ClampedArray(width * height * 3);
  for (let row = 0; row < height; row++) {
    const y = Math.floor((row + 0.5) * picture.height / height);
    for (let column = 0; column < width; column++) {
      const x = Math.floor((column + 0.5) * picture.width / width);
      const at = (row * width + column) * 3;
      sample(x, y, rgb.subarray(at, at + 3));
    }
  }
  return rgb;
}

function samplerOf(picture: Picture): Sampler {
  const { data, planes: [first, second, third], pixelFormat, height } = picture;
  const { offset, stride } = first!;
  const matrix = height >= HD_ROWS ? BT709 : BT601;
  const luma = (x: number, y: number) => data[offset + y * stride + x]!;
  switch (pixelFormat) {
    case "gray":
      return (x, y, rgb) => void rgb.fill(luma(x, y));
    case "nv12":
      return (x, y, rgb) => {
        const at = second!.offset + (y >> 1) * second!.stride + (x >> 1) * 2;
        convert(luma(x, y), data[at]!, data[at + 1]!, matrix, rgb);
      };
    case "yuv420p":
      return (x, y, rgb) => {
        const cb = second!.offset + (y >> 1) * second!.stride + (x >> 1);
        const cr = third!.offset + (y >> 1) * third!.stride + (x >> 1);
        convert(luma(x, y), data[cb]!, data[cr]!, matrix, rgb);
      };
    default: {
      const [red, blue] = pixelFormat === "bgr24" ? [2, 0] : [0, 2];
      return (x, y, rgb) => {
        const at = offset + y * stride + x * 3;
        rgb[0] = data[at + red]!;
        rgb[1] = data[at + 1]!;
        rgb[2] = data[at + blue]!;
      };
    }
  }
}

function convert(
  y: number,
  cb: number,
  cr: number,
  [redCr, greenCb, greenCr, blueCb]: readonly [number, number, number, number],
  rgb: Uint8ClampedArray,
): void {
  const luma = 1.164 * (y - 16);
  rgb[0] = luma + redCr * (cr - 128);
  rgb[1] = luma + greenCb * (cb - 128) + greenCr * (cr - 128);
  rgb[2] = luma + blueCb * (cb - 128);
}
