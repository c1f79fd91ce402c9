/**
 * JPEG as it comes out of RTP packets (RFC 2435).
 *
 * @module
 */

import { MAX_ACCESS_UNIT_BYTES } from "../access_unit_splitter.ts";
import { ByteBuffer } from "../byte_buffer.ts";
import {
  END_OF_IMAGE,
  jpegHeader,
  quantizersOf,
  TABLE_ENTRIES,
} from "./jpeg_header.ts";
import type {
  PayloadReader,
  PayloadRole,
  ReadPicture,
} from "./payload_reader.ts";

/** Bytes of the main header, and of the others (RFC 2435, section 3.1). */
const MAIN_HEADER_BYTES = 8;
const RESTART_HEADER_BYTES = 4;
const TABLES_HEADER_BYTES = 4;

/** Types with a restart header: 64 more than those without (section 3.1.3). */
const WITH_RESTARTS = 64;

/** Qualities: computed up to the first, in the packets from the second on. */
const LAST_COMPUTED = 99;
const FIRST_IN_BAND = 128;

/** The tables are others in every picture (section 3.1.8). */
const ALWAYS_IN_BAND = 255;

/** One for all components, or one for luma and one for chroma. */
const MAX_TABLES = 2;

/** What a fragment begins with. */
interface Fragment {
  /** Where in the picture it belongs. */
  readonly offset: number;
  /** Type, quality, width and height: the same in all of a picture. */
  readonly kind: number;
  /** Where the headers end that every fragment has. */
  readonly end: number;
  readonly restartInterval: number;
}

/**
 * Puts pictures together, with the headers that RTP leaves out. Of a picture of
 * which a part is missing, what is in front of that is kept.
 */
export class JpegReader implements PayloadReader {
  readonly codec = "mjpeg";
  readonly #buffer = new ByteBuffer(MAX_ACCESS_UNIT_BYTES);
  /** Quantization tables that came, by quality. */
  readonly #tables = new Map<number, Uint8Array[]>();
  #hasPicture = false;
  /** The kind of the current picture; -1 before its beginning. */
  #kind = -1;
  /** Where the next fragment belongs. */
  #offset = 0;
  #damaged = false;

  get hasPicture(): boolean {
    return this.#hasPicture;
  }

  roleOf(payload: Uint8Array): PayloadRole {
    return readFragment(payload)?.offset === 0 ? "start" : "inside";
  }

  // A gap shows in the offsets.
  push(payload: Uint8Array): void {
    this.#hasPicture = true;
    const fragment = readFragment(payload);
    const start = fragment ? this.#dataStart(fragment, payload) : -1;
    if (start < 0) this.#damaged = true;
    else if (this.#buffer.append(0, payload, start)) {
      this.#offset += payload.length - start;
    } else {
      // Of what is too large nothing is kept.
      this.#damaged = true;
      this.#kind = -1;
    }
  }

  take(): ReadPicture | undefined {
    const isComplete = this.#kind >= 0 && this.#offset > 0 && this.#end();
    const data = isComplete
      ? this.#buffer.take(this.#buffer.length)
      : undefined;
    const damaged = this.#damaged;
    this.#buffer.clear();
    this.#hasPicture = false;
    this.#kind = -1;
    this.#offset = 0;
    this.#damaged = false;
    return data && {
      data,
      keyframe: true,
      recoveryPoint: false,
      hasParameterSets: true,
      damaged,
    };
  }

  /** Finds the bytes of the picture in a fragment; -1 if it does not fit. */
  #dataStart(fragment: Fragment, payload: Uint8Array): number {
    const { offset, kind, end } = fragment;
    if (this.#kind < 0) {
      return offset === 0 ? this.#begin(fragment, payload) : -1;
    }
    return kind === this.#kind && offset === this.#offset ? end : -1;
  }

  /** Begins a picture. */
  #begin(fragment: Fragment, payload: Uint8Array): number {
    const { kind, end, restartInterval } = fragment;
    const quality = kind >> 16 & 0xff;
    let start = end;
    if (quality >= FIRST_IN_BAND) {
      start = this.#readTables(quality, payload, end);
    } else if (!this.#tables.has(quality)) {
      this.#tables.set(quality, quantizersOf(quality));
    }
    const tables = this.#tables.get(quality);
    if (start < 0 || !tables) return -1;
    const header = jpegHeader({
      halfRows: (kind >> 24 & 1) === 1,
      width: (kind >> 8 & 0xff) * 8,
      height: (kind & 0xff) * 8,
      restartInterval,
      tables,
    });
    this.#buffer.append(0, header);
    this.#kind = kind;
    return start;
  }

  /** Reads tables that are new; returns where they end, or -1. */
  #readTables(quality: number, payload: Uint8Array, at: number): number {
    const [, precision = 0, high = 0, low = 0] = payload.subarray(at);
    const start = at + TABLES_HEADER_BYTES;
    const end = start + (high << 8 | low);
    if (end > payload.length) return -1;
    if (end === start) return quality === ALWAYS_IN_BAND ? -1 : end;
    const tables = splitTables(payload.slice(start, end), precision);
    if (!tables) return -1;
    this.#tables.set(quality, tables);
    return end;
  }

  /** Ends a picture, as most senders do not. */
  #end(): boolean {
    const [last, end] = this.#buffer.view(this.#buffer.length - 2);
    if (last === END_OF_IMAGE[0] && end === END_OF_IMAGE[1]) return true;
    return this.#buffer.append(0, END_OF_IMAGE);
  }
}

/** Reads what stands in front of a fragment, if that makes sense. */
function readFragment(payload: Uint8Array): Fragment | undefined {
  if (payload.length < MAIN_HEADER_BYTES) return undefined;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const kind = view.getUint32(4);
  const [type, quality] = [kind >>> 24, kind >> 16 & 0xff];
  const isKnown = type < 2 || type >= WITH_RESTARTS && type < WITH_RESTARTS + 2;
  const isReserved = quality === 0 ||
    quality > LAST_COMPUTED && quality < FIRST_IN_BAND;
  // A size of 0 stands for more than 2040 pixels, said elsewhere.
  const hasSize = (kind & 0xff) > 0 && (kind & 0xff00) > 0;
  if (!isKnown || isReserved || !hasSize) return undefined;
  const hasRestarts = type >= WITH_RESTARTS;
  const end = MAIN_HEADER_BYTES + (hasRestarts ? RESTART_HEADER_BYTES : 0);
  if (payload.length < end) return undefined;
  return {
    offset: view.getUint32(0) & 0xffffff,
    kind,
    end,
    restartInterval: hasRestarts ? view.getUint16(MAIN_HEADER_BYTES) : 0,
  };
}

/** Cuts tables apart; bit i of `precision`: entries of 16 bits. */
function splitTables(
  bytes: Uint8Array,
  precision: number,
): Uint8Array[] | undefined {
  const tables: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length && tables.length < MAX_TABLES) {
    const is16Bit = (precision >> tables.length & 1) === 1;
    const end = at + TABLE_ENTRIES * (is16Bit ? 2 : 1);
    tables.push(bytes.subarray(at, end));
    at = end;
  }
  return at === bytes.length ? tables : undefined;
}
