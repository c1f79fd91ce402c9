/**
 * A clock reading and a frame counter in the picture itself, as black and
 * white blocks of the size of a macroblock, which survive H.264.
 *
 * @module
 */

import { type Microseconds, us } from "../agent/media/time.ts";

/** What a picture carries. */
export interface Stamp {
  /** How many pictures came before it; wraps at 2^24. */
  readonly counter: number;
  /** CLOCK_MONOTONIC just before its first byte was handed over. */
  readonly time: Microseconds;
}

/** Edge of a macroblock in pixels. ITU-T H.264, 3.88. */
const BLOCK = 16;
const COUNTER_BYTES = 3;
/** 2^48 µs since boot are nine years. */
const TIME_BYTES = 6;
const CRC_BYTES = 2;
const BYTES = COUNTER_BYTES + TIME_BYTES + CRC_BYTES;

/** Luma of black and white. ITU-R BT.601-7, 2.5.3. */
const BLACK = 16;
const WHITE = 235;
const GREY = 128;

/**
 * Puts a stamp into the top of a picture.
 *
 * @param picture Planar 4:2:0, rows without padding; changed in place.
 * @param width Pixels in a row.
 * @param height Rows of the luma plane.
 * @param stamp What to write.
 * @throws {RangeError} If the picture is too small for a stamp.
 */
export function writeStamp(
  picture: Uint8Array,
  width: number,
  height: number,
  stamp: Stamp,
): void {
  const perRow = blocksPerRow(width, height);
  const bits = toBits(stamp);
  for (let band = 0; band * perRow < bits.length; band++) {
    const start = band * BLOCK * width;
    const row = bits.slice(band * perRow, (band + 1) * perRow);
    row.forEach((bit, column) => {
      const left = start + column * BLOCK;
      picture.fill(bit === 1 ? WHITE : BLACK, left, left + BLOCK);
    });
    for (let line = 1; line < BLOCK; line++) {
      const used = start + row.length * BLOCK;
      picture.copyWithin(start + line * width, start, used);
    }
  }
  // Colour under the blocks would shift what an RGB reader sees of them.
  const rows = BLOCK * Math.ceil(bits.length / perRow);
  const luma = width * height;
  const chroma = (width / 2) * (rows / 2);
  picture.fill(GREY, luma, luma + chroma);
  picture.fill(GREY, luma * 5 / 4, luma * 5 / 4 + chroma);
}

/**
 * Reads the stamp of a decoded picture.
 *
 * @param picture Packed 8-bit RGB, rows without padding.
 * @param width Pixels in a row.
 * @param height Rows.
 * @returns The stamp, or `undefined` if there is none or it is damaged.
 * @throws {RangeError} If the picture is too small for a stamp.
 */
export function readStamp(
  picture: Uint8Array,
  width: number,
  height: number,
): Stamp | undefined {
  const perRow = blocksPerRow(width, height);
  const bytes = new Uint8Array(BYTES);
  for (let bit = 0; bit < BYTES * 8; bit++) {
    const x = (bit % perRow) * BLOCK + BLOCK / 2;
    const y = Math.floor(bit / perRow) * BLOCK + BLOCK / 2;
    if (isWhite(picture, width, x, y)) bytes[bit >> 3]! |= 0x80 >> (bit & 7);
  }
  return fromBytes(bytes);
}

/** Judges the green of the four pixels around the middle of a block. */
function isWhite(
  picture: Uint8Array,
  width: number,
  x: number,
  y: number,
): boolean {
  const below = (y * width + x) * 3 + 1;
  const above = below - width * 3;
  const sum = picture[above - 3]! + picture[above]! + picture[below - 3]! +
    picture[below]!;
  return sum > 4 * GREY;
}

function blocksPerRow(width: number, height: number): number {
  const perRow = Math.floor(width / BLOCK);
  if (perRow * Math.floor(height / BLOCK) < BYTES * 8) {
    throw new RangeError(
      `Cannot stamp a picture of "${width}x${height}": too small`,
    );
  }
  return perRow;
}

function toBits({ counter, time }: Stamp): Uint8Array {
  const bytes = new Uint8Array(BYTES);
  putInteger(bytes, 0, COUNTER_BYTES, counter);
  putInteger(bytes, COUNTER_BYTES, TIME_BYTES, time);
  const payload = bytes.subarray(0, BYTES - CRC_BYTES);
  putInteger(bytes, payload.length, CRC_BYTES, crc16(payload));
  return Uint8Array.from(
    { length: BYTES * 8 },
    (_, bit) => bytes[bit >> 3]! >> (7 - (bit & 7)) & 1,
  );
}

function fromBytes(bytes: Uint8Array): Stamp | undefined {
  const payload = bytes.subarray(0, BYTES - CRC_BYTES);
  const crc = getInteger(bytes, payload.length, CRC_BYTES);
  if (crc !== crc16(payload)) return undefined;
  return {
    counter: getInteger(bytes, 0, COUNTER_BYTES),
    time: us(getInteger(bytes, COUNTER_BYTES, TIME_BYTES)),
  };
}

function putInteger(
  bytes: Uint8Array,
  offset: number,
  length: number,
  value: number,
): void {
  for (let index = length - 1; index >= 0; index--) {
    // Not `>>`: a time has more than 32 bits.
    bytes[offset + index] = value % 256;
    value = Math.floor(value / 256);
  }
}

function getInteger(
  bytes: Uint8Array,
  offset: number,
  length: number,
): number {
  return bytes.subarray(offset, offset + length)
    .reduce((value, byte) => value * 256 + byte, 0);
}

/** CRC-16 with polynomial 0x1021; starts at 0xffff, so that black is not 0. */
function crc16(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) {
      crc = crc & 0x8000 ? (crc << 1 ^ 0x1021) & 0xffff : crc << 1;
    }
  }
  return crc;
}
