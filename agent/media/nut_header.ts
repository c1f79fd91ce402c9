/**
 * The headers of NUT: what its streams are, and what its frames leave out.
 *
 * @module
 */

import type { Codec } from "./codec.ts";
import { NutError } from "./nut_error.ts";
import { type Reading, readS, readV, readVb } from "./nut_values.ts";
import type { PictureSize } from "./sps.ts";

/** Longest main or stream header: FFmpeg's take some 100 bytes. */
export const MAX_NUT_HEADER_BYTES = 64 * 1024;

/** Flags of frames ("flags[frame_code]"). */
export const FLAG = {
  key: 1 << 0,
  endOfRelevance: 1 << 1,
  codedPts: 1 << 3,
  streamId: 1 << 4,
  sizeMsb: 1 << 5,
  checksum: 1 << 6,
  reserved: 1 << 7,
  headerIndex: 1 << 10,
  matchTime: 1 << 11,
  coded: 1 << 12,
  invalid: 1 << 13,
} as const;

/** What a frame is that begins with a certain byte, unless it says more. */
export interface FrameCode {
  readonly flags: number;
  readonly streamId: number;
  readonly sizeMul: number;
  readonly sizeLsb: number;
  readonly ptsDelta: number;
  readonly reservedCount: number;
  readonly headerIndex: number;
}

/** Seconds of one tick of a clock. */
export interface TimeBase {
  readonly num: number;
  readonly den: number;
}

/** The main header. */
export interface NutMainHeader {
  readonly streamCount: number;
  /** One at least. */
  readonly timeBases: readonly TimeBase[];
  /** By the first byte of a frame. */
  readonly frameCodes: readonly FrameCode[];
  /** What frames begin with, so that they need not say it; the first is empty. */
  readonly elisionHeaders: readonly Uint8Array[];
}

/** A stream header; only video says more than how its frames are read. */
export interface NutStreamHeader {
  readonly id: number;
  readonly timeBase: TimeBase;
  readonly msbPtsShift: number;
  readonly video?: NutVideo;
}

/** What a stream of video is. */
export interface NutVideo {
  readonly codec: Codec;
  readonly size: PictureSize;
  /** "codec_specific_data"; may be empty. */
  readonly extradata: Uint8Array<ArrayBuffer>;
}

/** The one that FFmpeg 5 to 9 write, and the last that is final. */
const VERSION = 3;

/** "stream_id[frame_code] MUST be <250". */
const MAX_STREAMS = 250;

/** "N", which begins no frame, since all startcodes begin with it. */
export const STARTCODE_BYTE = 0x4e;

/** The value of stream_class. */
const VIDEO = 0;

/**
 * What FFmpeg writes where a stream has no tag of another container (`-tag:v
 * 0` in front of the input).
 */
const CODECS: Readonly<Record<string, Codec>> = {
  H264: "h264",
  HEVC: "hevc",
  MJPG: "mjpeg",
  mpg1: "mpeg1video",
  mpg2: "mpeg2video",
  FMP4: "mpeg4",
  VP80: "vp8",
  VP90: "vp9",
  AV01: "av1",
};

/** Reads what the main header holds. */
export function* readMainHeader(): Reading<NutMainHeader> {
  const version = yield* readV();
  if (version !== VERSION) {
    throw new NutError(`Cannot read NUT: version ${version}`);
  }
  const streamCount = yield* readV();
  if (streamCount > MAX_STREAMS) {
    throw new NutError(`Cannot read NUT: ${streamCount} streams`);
  }
  yield* readV(); // max_distance
  const timeBases: TimeBase[] = [];
  for (let count = yield* readV(); count > 0; count--) {
    const [num, den] = [yield* readV(), yield* readV()];
    if (num === 0 || den === 0) {
      throw new NutError(`Cannot read NUT: time base ${num}/${den}`);
    }
    timeBases.push({ num, den });
  }
  if (timeBases.length === 0) throw new NutError("Cannot read NUT: no clock");
  const frameCodes = yield* readFrameCodes();
  const elisionHeaders = [new Uint8Array()];
  for (let count = yield* readV(); count > 0; count--) {
    elisionHeaders.push(yield* readVb(MAX_ELISION_BYTES));
  }
  return { streamCount, timeBases, frameCodes, elisionHeaders };
}

/** "elision_header_len[i] MUST be <256". */
const MAX_ELISION_BYTES = 255;

/** Codes that follow each other differ in their size alone. */
function* readFrameCodes(): Reading<FrameCode[]> {
  const codes: FrameCode[] = [];
  let [ptsDelta, sizeMul, streamId, headerIndex] = [0, 1, 0, 0];
  while (codes.length < 256) {
    const flags = yield* readV();
    const fields = yield* readV();
    if (fields > 0) ptsDelta = yield* readS();
    if (fields > 1) sizeMul = yield* readV();
    if (fields > 2) streamId = yield* readV();
    const size = fields > 3 ? yield* readV() : 0;
    const reservedCount = fields > 4 ? yield* readV() : 0;
    const count = fields > 5 ? yield* readV() : sizeMul - size;
    if (fields > 6) yield* readS(); // match_time_delta
    if (fields > 7) headerIndex = yield* readV();
    for (let i = 8; i < fields; i++) yield* readV();
    const code = { flags, streamId, sizeMul, ptsDelta, reservedCount };
    for (let i = 0; i < count && codes.length < 256; i++) {
      if (codes.length === STARTCODE_BYTE) codes.push(INVALID);
      codes.push({ ...code, sizeLsb: size + i, headerIndex });
    }
  }
  return codes;
}

const INVALID: FrameCode = {
  flags: FLAG.invalid,
  streamId: 0,
  sizeMul: 0,
  sizeLsb: 0,
  ptsDelta: 0,
  reservedCount: 0,
  headerIndex: 0,
};

/**
 * Reads what a stream header holds.
 *
 * @param main The main header in front of it.
 */
export function* readStreamHeader(
  main: NutMainHeader,
): Reading<NutStreamHeader> {
  const id = yield* readV();
  const streamClass = yield* readV();
  const fourcc = latin1(yield* readVb(4));
  const timeBaseId = yield* readV();
  const timeBase = main.timeBases[timeBaseId];
  const msbPtsShift = yield* readV();
  // "msb_pts_shift MUST be <16"
  if (id >= main.streamCount || timeBase === undefined || msbPtsShift > 15) {
    throw new NutError(
      `Cannot read NUT: stream ${id} with clock ${timeBaseId}, ${msbPtsShift}`,
    );
  }
  const stream = { id, timeBase, msbPtsShift };
  if (streamClass !== VIDEO) return stream;
  for (let i = 0; i < 3; i++) yield* readV(); // up to stream_flags
  const extradata = yield* readVb(MAX_NUT_HEADER_BYTES);
  const size = { width: yield* readV(), height: yield* readV() };
  const codec = CODECS[fourcc];
  if (codec === undefined) {
    throw new NutError(`Cannot decode video of FourCC "${fourcc}"`);
  }
  return { ...stream, video: { codec, size, extradata } };
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
