/**
 * What a JPEG picture says of itself.
 *
 * @module
 */

import { trimZeros } from "./annexb.ts";
import { hasLength, MARKER } from "./jpeg_marker.ts";
import type { PictureSize } from "./sps.ts";

/** A JPEG picture (ITU-T T.81, B.2.2). */
export interface Jpeg extends PictureSize {
  /** Number of components: 1 is gray, 3 are YCbCr as a rule. */
  readonly components: number;
  /**
   * How chroma is sampled, as in "4:2:0"; absent for one component, and where
   * there is no name for it.
   */
  readonly subsampling?: string;
  /** Has a scan and ends in EOI; zeros may follow, as cameras pad with them. */
  readonly isComplete: boolean;
}

/**
 * Most markers and fill bytes that are looked at: a colour profile alone may
 * take 255 segments (ICC.1, B.4).
 */
const MAX_MARKERS = 1024;

/** Names of subsampling by how many luma samples there are to one of chroma. */
const SUBSAMPLING: Record<string, string> = {
  "1x1": "4:4:4",
  "2x1": "4:2:2",
  "1x2": "4:4:0",
  "2x2": "4:2:0",
  "4x1": "4:1:1",
};

/**
 * Reads the frame header of a JPEG picture, whatever its process.
 *
 * @param data From SOI on.
 * @returns `undefined` where there is no frame header, or one without a size.
 */
export function readJpeg(data: Uint8Array): Jpeg | undefined {
  if (data[0] !== 0xff || data[1] !== MARKER.soi) return undefined;
  let frame: Omit<Jpeg, "isComplete"> | undefined;
  for (const { marker, segment } of segmentsOf(data)) {
    if (isFrameHeader(marker)) frame ??= readFrame(segment);
    if (marker === MARKER.sos) {
      return frame && { ...frame, isComplete: endsInEoi(data) };
    }
  }
  return frame && { ...frame, isComplete: false };
}

/** Walks over the segments between SOI and the first scan, its own included. */
function* segmentsOf(data: Uint8Array) {
  let at = 2;
  for (let i = 0; i < MAX_MARKERS; i++) {
    const marker = data[at + 1] ?? MARKER.eoi;
    if (data[at] !== 0xff || marker === MARKER.eoi) return;
    // Any number of bytes of 0xff may precede a marker (B.1.1.2).
    at += marker === 0xff ? 1 : 2;
    if (marker === 0xff || !hasLength(marker)) continue;
    const length = data[at]! << 8 | data[at + 1]!;
    const end = at + length;
    if (length < 2 || end > data.length) return;
    yield { marker, segment: data.subarray(at + 2, end) };
    if (marker === MARKER.sos) return;
    at = end;
  }
}

/** SOF0 to SOF15: the markers of that range which are none are left out. */
function isFrameHeader(marker: number): boolean {
  return marker >= MARKER.sof0 && marker <= MARKER.sof15 &&
    marker !== MARKER.dht && marker !== MARKER.jpg && marker !== MARKER.dac;
}

function readFrame(
  segment: Uint8Array,
): Omit<Jpeg, "isComplete"> | undefined {
  // Precision, lines, samples per line, components; three bytes for each.
  const [, y1 = 0, y2 = 0, x1 = 0, x2 = 0, components = 0] = segment;
  const [width, height] = [x1 << 8 | x2, y1 << 8 | y2];
  // A height of 0 stands for one that comes behind the picture (B.2.5).
  if (width === 0 || height === 0 || components === 0) return undefined;
  if (segment.length < 6 + 3 * components) return undefined;
  const subsampling = components === 3
    ? nameSubsampling(segment[7]!, segment[10]!, segment[13]!)
    : undefined;
  return { width, height, components, ...(subsampling && { subsampling }) };
}

/** Of sampling factors, horizontal ones in the upper nibble (A.1.1). */
function nameSubsampling(luma: number, blue: number, red: number) {
  const [x, y] = [(luma >> 4) / (blue >> 4), (luma & 15) / (blue & 15)];
  return blue === red ? SUBSAMPLING[`${x}x${y}`] : undefined;
}

function endsInEoi(data: Uint8Array): boolean {
  const end = trimZeros(data, 0, data.length);
  return data[end - 2] === 0xff && data[end - 1] === MARKER.eoi;
}
