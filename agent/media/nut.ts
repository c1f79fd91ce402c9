/**
 * Reads the NUT that `ffmpeg -f nut -write_index 0 pipe:1` writes, packet by
 * packet: how long each is stands in front of it. Words in quotes are of the
 * specification, "NUT Open Container Format" of 2008.
 *
 * @module
 */

import type { Codec } from "./codec.ts";
import { NutError } from "./nut_error.ts";
import {
  FLAG,
  MAX_NUT_HEADER_BYTES,
  type NutMainHeader,
  type NutStreamHeader,
  readMainHeader,
  readStreamHeader,
  STARTCODE_BYTE,
  type TimeBase,
} from "./nut_header.ts";
import {
  readByte,
  readBytes,
  type Reading,
  readS,
  readV,
  skip,
  within,
} from "./nut_values.ts";
import type { PictureSize } from "./sps.ts";
import { type Microseconds, us } from "./time.ts";

/** One packet of the first stream of video. */
export interface NutPacket {
  /** How it is coded. */
  readonly codec: Codec;
  /** As the container had it. Owned by the receiver. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** Presentation timestamp. */
  readonly pts: Microseconds;
  /** Whether the container says that decoding can begin here. */
  readonly keyframe: boolean;
  /** What the container says of its pictures. */
  readonly size: PictureSize;
  /**
   * What the codec has to know before the first picture; may be empty. The same
   * array for all packets.
   */
  readonly extradata: Uint8Array<ArrayBuffer>;
}

/** Largest packet, in bytes: the bound of access units. */
export const MAX_NUT_PACKET_BYTES = 8 * 1024 * 1024;

/** "file_id_string" */
const FILE_ID = "nut/multimedia container\0";

/** The startcodes, in hexadecimal, that are looked into. */
const STARTCODE = {
  main: "4e4d7a561f5f04ad",
  stream: "4e5311405bf2f9db",
  syncpoint: "4e4be4adeeca4569",
} as const;

/** A longer header has a checksum behind its length ("packet_header"). */
const SHORT_HEADER_BYTES = 4096;

/** Longer frames elide nothing ("elision_header"). */
const SHORT_FRAME_BYTES = 4096;

/** Bytes of a checksum. */
const CHECKSUM_BYTES = 4;

/** A stream, and the timestamp of its latest frame, in its own ticks. */
type Stream = NutStreamHeader & { lastPts: number };

/**
 * Reads NUT, whatever the borders of its chunks. A packet comes out with its
 * last byte. Checksums are passed over: a pipe loses nothing.
 */
export class NutReader {
  #main: NutMainHeader | undefined;
  readonly #streams = new Map<number, Stream>();
  #hasFrames = false;
  #packets: NutPacket[] = [];
  readonly #reading = this.#read();
  /** What is to be filled next, and how much of it is. */
  #wanted: Uint8Array | undefined;
  #filled = 0;

  /**
   * Takes the next bytes, borrowed until it returns.
   *
   * @returns The packets that are complete now.
   * @throws {NutError} If they are not NUT with video of a known codec. The
   * reader is of no use any more.
   */
  push(chunk: Uint8Array): NutPacket[] {
    for (let at = 0; at < chunk.length;) {
      const wanted = this.#wanted ??= this.#next();
      const part = chunk.subarray(at, at + wanted.length - this.#filled);
      wanted.set(part, this.#filled);
      at += part.length;
      this.#filled += part.length;
      if (this.#filled === wanted.length) {
        this.#filled = 0;
        this.#wanted = this.#next();
      }
    }
    return this.#packets.splice(0);
  }

  #next(): Uint8Array {
    const { value } = this.#reading.next();
    if (value) return value;
    throw new NutError("Cannot read NUT: it was no NUT before");
  }

  *#read(): Reading<never> {
    const id = yield* readBytes(FILE_ID.length);
    if (String.fromCharCode(...id) !== FILE_ID) {
      throw new NutError("Cannot read NUT: it does not begin with its name");
    }
    while (true) {
      const byte = yield* readByte();
      if (byte === STARTCODE_BYTE) yield* this.#readHeader();
      else yield* this.#readFrame(byte);
    }
  }

  *#readHeader(): Reading<void> {
    const rest = yield* readBytes(7);
    const startcode = STARTCODE_BYTE.toString(16) + rest.toHex();
    const length = yield* readV();
    if (length > SHORT_HEADER_BYTES) yield* skip(CHECKSUM_BYTES);
    if (startcode === STARTCODE.syncpoint) {
      yield* within(length, this.#readSyncpoint());
    } else if (startcode === STARTCODE.main && !this.#hasFrames) {
      this.#main = yield* within(checked(length), readMainHeader());
    } else if (startcode === STARTCODE.stream && !this.#hasFrames) {
      const reading = readStreamHeader(this.#header);
      const stream = yield* within(checked(length), reading);
      this.#streams.set(stream.id, { ...stream, lastPts: 0 });
    } else {
      // "Repeated headers MUST be identical", and "demuxers MUST ignore new and
      // unknown headers".
      yield* skip(length);
    }
  }

  get #header(): NutMainHeader {
    if (this.#main) return this.#main;
    throw new NutError("Cannot read NUT: no main header");
  }

  /** "After a syncpoint, last_pts of each stream is to be set". */
  *#readSyncpoint(): Reading<void> {
    const { timeBases } = this.#header;
    const time = yield* readV();
    const from = timeBases[time % timeBases.length]!;
    const pts = Math.floor(time / timeBases.length);
    for (const stream of this.#streams.values()) {
      stream.lastPts = convert(pts, from, stream.timeBase);
    }
  }

  *#readFrame(byte: number): Reading<void> {
    this.#hasFrames = true;
    const { elisionHeaders, frameCodes } = this.#header;
    const code = frameCodes[byte]!;
    if (code.flags & FLAG.invalid) {
      throw new NutError(`Cannot read NUT: frame of code ${byte}`);
    }
    const { coded } = FLAG;
    const flags = code.flags ^ (code.flags & coded ? yield* readV() : 0);
    const has = (flag: number) => (flags & flag) !== 0;
    const id = has(FLAG.streamId) ? yield* readV() : code.streamId;
    const stream = this.#streams.get(id);
    if (stream === undefined) {
      throw new NutError(`Cannot read NUT: frame of stream ${id}`);
    }
    stream.lastPts = has(FLAG.codedPts)
      ? ptsOf(yield* readV(), stream)
      : stream.lastPts + code.ptsDelta;
    const msb = has(FLAG.sizeMsb) ? yield* readV() : 0;
    const size = code.sizeLsb + msb * code.sizeMul;
    if (has(FLAG.matchTime)) yield* readS();
    const index = has(FLAG.headerIndex) ? yield* readV() : code.headerIndex;
    const reserved = has(FLAG.reserved) ? yield* readV() : code.reservedCount;
    for (let i = 0; i < reserved; i++) yield* readV();
    if (has(FLAG.checksum)) yield* skip(CHECKSUM_BYTES);
    const elided = elisionHeaders[size > SHORT_FRAME_BYTES ? 0 : index];
    if (size > MAX_NUT_PACKET_BYTES || elided === undefined) {
      throw new NutError(`Cannot read NUT: frame of ${size} bytes`);
    }
    const data = yield* readData(size, elided);
    const isPicture = size > 0 && !has(FLAG.endOfRelevance);
    if (isPicture && stream === this.#firstVideo()) {
      this.#packets.push({
        ...stream.video!,
        data,
        pts: microseconds(stream.lastPts, stream.timeBase),
        keyframe: has(FLAG.key),
      });
    }
  }

  #firstVideo(): Stream | undefined {
    return this.#streams.values().find(({ video }) => video !== undefined);
  }
}

function checked(length: number): number {
  if (length <= MAX_NUT_HEADER_BYTES) return length;
  throw new NutError(`Cannot read NUT: header of ${length} bytes`);
}

/** Reads a frame that has its first bytes elsewhere. */
function* readData(
  size: number,
  elided: Uint8Array,
): Reading<Uint8Array<ArrayBuffer>> {
  if (size < elided.length) {
    throw new NutError(`Cannot read NUT: frame of ${size} bytes`);
  }
  const data = new Uint8Array(size);
  data.set(elided);
  if (size > elided.length) yield data.subarray(elided.length);
  return data;
}

/** Completes "coded_pts", which may have the lowest bits alone. */
function ptsOf(coded: number, { msbPtsShift, lastPts }: Stream): number {
  const range = 2 ** msbPtsShift;
  if (coded >= range) return coded - range;
  const mask = range - 1;
  const least = lastPts - (mask >> 1);
  return least + (coded - least & mask);
}

/** "convert_ts": rounds down, and is exact. */
function convert(ticks: number, from: TimeBase, to: TimeBase): number {
  const product = BigInt(ticks) * BigInt(from.num) * BigInt(to.den);
  return Number(product / (BigInt(from.den) * BigInt(to.num)));
}

function microseconds(ticks: number, { num, den }: TimeBase): Microseconds {
  return us(Math.round(ticks * num * 1e6 / den));
}
