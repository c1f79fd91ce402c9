/**
 * From bytes that somebody sends to access units, or the reason why not.
 *
 * @module
 */

import { StreamError } from "../errors.ts";
import { isRemuxFormat, type RemuxFormat } from "../ffmpeg/remuxer_args.ts";
import { MAX_ACCESS_UNIT_BYTES } from "../media/access_unit_splitter.ts";
import { ByteBuffer } from "../media/byte_buffer.ts";
import { beginsWithUnit } from "../media/nal_unit_syntax.ts";
import { MAX_SNIFF_BYTES, sniff, type Sniffed } from "../media/sniff.ts";
import {
  createReader,
  isStreamFormat,
  type ReadUnit,
  type StreamFormat,
  type UnitReader,
} from "./unit_reader.ts";

/** Bytes without the end of an access unit: two of the largest there may be. */
const MAX_BARREN_BYTES = 2 * MAX_ACCESS_UNIT_BYTES;

/** What the operator calls what we do not read. */
const NAMES: Partial<Record<Sniffed, string>> = {
  playlist: "a playlist",
  http: "HTTP",
  unknown: "something else",
};

/** What is known of a stream beforehand, and what may be done to know more. */
export interface ByteStreamOptions {
  /** What is sent. Omit to find out. */
  readonly format?: StreamFormat | undefined;
  /**
   * Whether FFmpeg may find out where we cannot: it costs a process.
   *
   * @default {false}
   */
  readonly mayProbe?: boolean;
}

/** What FFmpeg has to take apart. */
export interface ForeignStream {
  /** What it is. */
  readonly format: RemuxFormat;
  /** Its first bytes, where what follows depends on them. */
  readonly head: Uint8Array<ArrayBuffer>;
}

/** The bytes of one sender. */
export class ByteStream {
  readonly #peer: string;
  readonly #options: ByteStreamOptions;
  #format: StreamFormat | undefined;
  #reader: UnitReader | undefined;
  #foreign: ForeignStream | undefined;
  /** What has come as long as it was not clear who reads it. */
  readonly #head = new ByteBuffer(MAX_BARREN_BYTES);
  #isSettled = false;
  /** Bytes that are to be there before the next look at what they are. */
  #lookAt = 0;
  #barren = 0;

  /** @param peer Who sends, for messages. */
  constructor(peer: string, options: ByteStreamOptions = {}) {
    this.#peer = peer;
    this.#options = options;
  }

  /** What the bytes are, once that is clear. */
  get format(): StreamFormat | undefined {
    return this.#format;
  }

  /** Whether a picture waits for the rest of it, or for the next one. */
  get isInPicture(): boolean {
    return this.#reader?.isInPicture ?? false;
  }

  /** What FFmpeg has to take apart, once that is clear; push no more then. */
  get foreign(): ForeignStream | undefined {
    return this.#foreign;
  }

  /**
   * Takes the next bytes, borrowed until it returns.
   *
   * @returns The access units that are complete now, usually none or one.
   * @throws {StreamError} "undecodable" if it is no video, or has no pictures.
   */
  push(chunk: Uint8Array<ArrayBuffer>): ReadUnit[] {
    if (!this.#isSettled) this.#head.append(0, chunk);
    if (this.#reader !== undefined) return this.#read(this.#reader, chunk);
    this.#format = this.#options.format ?? this.#recognise();
    if (this.#format === undefined) return [];
    this.#reader = createReader(this.#format);
    if (this.#reader === undefined) return this.#handOver();
    return this.#read(this.#reader, this.#head.view(0).slice());
  }

  /** Tells whether bytes, of H.264 or H.265, begin with a picture. */
  isBorder(bytes: Uint8Array): boolean {
    return beginsWithUnit(bytes, this.#format === "hevc" ? "hevc" : "h264");
  }

  /** The stream has ended: so has the last access unit. */
  flush(): ReadUnit[] {
    return this.#reader?.flush() ?? [];
  }

  #read(reader: UnitReader, bytes: Uint8Array<ArrayBuffer>): ReadUnit[] {
    const units = reader.push(bytes);
    if (reader.isForeign) return this.#handOver();
    if (units.length > 0 || this.#head.length > MAX_SNIFF_BYTES) {
      this.#isSettled = true;
      this.#head.clear();
    }
    this.#barren = units.length > 0 ? 0 : this.#barren + bytes.length;
    if (this.#barren <= MAX_BARREN_BYTES) return units;
    throw this.#undecodable("no picture ends");
  }

  #handOver(): [] {
    const format = this.#format!;
    if (!isRemuxFormat(format)) {
      throw this.#undecodable(`we know no video in this ${format}`);
    }
    this.#foreign = { format, head: this.#head.view(0).slice() };
    this.#head.clear();
    return [];
  }

  /** Says what the bytes are, once enough of them are there. */
  #recognise(): StreamFormat | undefined {
    // A peer that sends single bytes must not make us look at all of them
    // every time.
    if (this.#head.length < this.#lookAt) return undefined;
    this.#lookAt = this.#head.length * 1.1;
    const found = sniff(this.#head.view(0));
    if (found === undefined || isStreamFormat(found)) return found;
    if (found === "unknown" && this.#options.mayProbe) return found;
    const what = NAMES[found] ?? found;
    throw this.#undecodable(`it is ${what}, and no video that we know`);
  }

  #undecodable(why: string): StreamError {
    const message = `Cannot decode what ${this.#peer} sends: ${why}`;
    return new StreamError("undecodable", message);
  }
}
