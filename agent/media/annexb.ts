/**
 * The byte stream format of H.264 and H.265: NAL units behind start codes
 * (ITU-T H.264, Annex B).
 *
 * @module
 */

import { isVcl, NAL_UNIT_TYPE } from "./h264.ts";
import { isHevcVcl } from "./hevc.ts";

/** zero_byte and start_code_prefix_one_3bytes (ITU-T H.264, B.1.1). */
export const START_CODE: Uint8Array<ArrayBuffer> = Uint8Array.of(0, 0, 0, 1);

/**
 * Finds the next three-byte start code `00 00 01`.
 *
 * Measured: 2.3 GB/s of video in Deno and 2.8 GB/s in Bun, 0.6 GB/s of zeros;
 * `indexOf()` is faster on video, but falls to 37 MB/s on bytes of 1.
 *
 * @returns The index of its first byte, or -1.
 */
export function findStartCode(data: Uint8Array, from = 0): number {
  const last = data.length - 3;
  let at = from;
  while (at <= last) {
    const third = data[at + 2]!;
    if (third > 1) at += 3;
    else if (third === 0) at += 1;
    else if (data[at] === 0 && data[at + 1] === 0) return at;
    else at += 3;
  }
  return -1;
}

/** Finds where the zero bytes begin that stand before `end`, down to `from`. */
export function trimZeros(data: Uint8Array, from: number, end: number): number {
  while (end > from && data[end - 1] === 0) end--;
  return end;
}

/**
 * Walks over the NAL units of a whole byte stream. Each is a view, without its
 * start code and without the zero bytes behind it; empty ones are left out, and
 * so is everything before the first start code.
 */
export function* nalUnitsOf<Buffer extends ArrayBufferLike>(
  data: Uint8Array<Buffer>,
): Generator<Uint8Array<Buffer>> {
  let at = findStartCode(data);
  while (at >= 0) {
    const start = at + 3;
    at = findStartCode(data, start);
    const end = trimZeros(data, start, at < 0 ? data.length : at);
    if (end > start) yield data.subarray(start, end);
  }
}

/**
 * Finds where the picture itself begins in an access unit: behind parameter
 * sets and SEI messages. Does not look at the bytes that follow.
 *
 * @returns The index of the start code (the shorter, three-byte form) of the
 * first slice, or of the prefix NAL unit that belongs to it; the length of
 * `data` where there is none.
 */
export function pictureStart(data: Uint8Array): number {
  return findNalUnit(data, (header) => {
    const type = header & 0x1f;
    return isVcl(type) || type === NAL_UNIT_TYPE.prefix;
  });
}

/** Does the same with H.265, where nothing else belongs to the first slice. */
export function hevcPictureStart(data: Uint8Array): number {
  return findNalUnit(data, (header) => isHevcVcl(header >> 1 & 0x3f));
}

/** Finds the start code of a NAL unit by the first byte of its header. */
function findNalUnit(
  data: Uint8Array,
  isWanted: (header: number) => boolean,
): number {
  let at = findStartCode(data);
  while (at >= 0 && at + 3 < data.length) {
    if (isWanted(data[at + 3]!)) return at;
    at = findStartCode(data, at + 3);
  }
  return data.length;
}

/** Joins NAL units into a byte stream of their own. */
export function joinNalUnits(
  nalUnits: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  const size = nalUnits.reduce(
    (sum, { length }) => sum + START_CODE.length + length,
    0,
  );
  const data = new Uint8Array(size);
  let at = 0;
  for (const nalUnit of nalUnits) {
    data.set(START_CODE, at);
    data.set(nalUnit, at + START_CODE.length);
    at += START_CODE.length + nalUnit.length;
  }
  return data;
}
