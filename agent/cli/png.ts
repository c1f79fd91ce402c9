/**
 * Pictures as PNG files. W3C Portable Network Graphics (PNG), Third Edition.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { crc32, deflateSync } from "node:zlib";

/** 5.2: the first bytes of every file. */
const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** 11.2.1: eight bits per sample, truecolor, no interlacing. */
const RGB24 = [8, 2, 0, 0, 0];

/** Bytes of one pixel. */
const PIXEL = 3;

/**
 * Encodes one picture.
 *
 * @param pixels RGB, `width * height * 3` bytes, rows top to bottom.
 */
export function encodePng(
  width: number,
  height: number,
  pixels: Uint8Array,
): Uint8Array {
  const stride = width * PIXEL;
  // 9.2: every row begins with its filter; 0 is none.
  const rows = new Uint8Array(height * (1 + stride));
  for (let row = 0; row < height; row++) {
    const line = pixels.subarray(row * stride, (row + 1) * stride);
    rows.set(line, row * (1 + stride) + 1);
  }
  const header = new Uint8Array(8 + RGB24.length);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set(RGB24, 8);
  return Buffer.concat([
    Uint8Array.from(SIGNATURE),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", new Uint8Array()),
  ]);
}

/** 5.3: length, type, data, CRC of type and data. */
function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}
