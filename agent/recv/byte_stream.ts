/**
 * From bytes that somebody sends to access units, or the reason why not.
 *
 * @module
 */

import { StreamError } from "../errors.ts";
import { MAX_ACCESS_UNIT_BYTES } from "../media/access_unit_splitter.ts";
import { concat } from "../media/bytes.ts";
import {
  beginsWithUnit,
  H264_SYNTAX,
  HEVC_SYNTAX,
} from "../media/nal_unit_syntax.ts";
import { sniff, type Sniffed } from "../media/sniff.ts";
import {
  createReader,
  isReadable,
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

/** The bytes of one sender. */
export class ByteStream {
  readonly #peer: string;
  readonly #wanted: StreamFormat | undefined;
  #format: StreamFormat | undefined;
  #reader: UnitReader | undefined;
  /** What came before it was clear what it is. */
  #head = new Uint8Array();
  /** Bytes that are to be there before the next look at what they are. */
  #lookAt = 0;
  #barren = 0;

  /**
   * @param peer Who sends, for messages.
   * @param format What is sent. Omit to find out.
   */
  constructor(peer: string, format?: StreamFormat) {
    this.#peer = peer;
    this.#wanted = format;
  }

  /** What the bytes are, once that is clear. */
  get format(): StreamFormat | undefined {
    return this.#format;
  }

  /** Whether a picture waits for the rest of it, or for the next one. */
  get isInPicture(): boolean {
    return this.#reader?.isInPicture ?? false;
  }

  /**
   * Takes the next bytes, borrowed until it returns.
   *
   * @returns The access units that are complete now, usually none or one.
   * @throws {StreamError} "undecodable" if it is no video, or has no pictures.
   */
  push(chunk: Uint8Array<ArrayBuffer>): ReadUnit[] {
    if (this.#reader !== undefined) return this.#read(this.#reader, chunk);
    this.#head = concat(this.#head, chunk);
    this.#format = this.#wanted ?? this.#recognise(this.#head);
    if (this.#format === undefined) return [];
    this.#reader = createReader(this.#format);
    const units = this.#read(this.#reader, this.#head);
    this.#head = new Uint8Array();
    return units;
  }

  /** Tells whether bytes, of H.264 or H.265, begin with a picture. */
  isBorder(bytes: Uint8Array): boolean {
    const isHevc = this.#format === "hevc";
    return beginsWithUnit(bytes, isHevc ? HEVC_SYNTAX : H264_SYNTAX);
  }

  /** The stream has ended: so has the last access unit. */
  flush(): ReadUnit[] {
    return this.#reader?.flush() ?? [];
  }

  #read(reader: UnitReader, bytes: Uint8Array<ArrayBuffer>): ReadUnit[] {
    const units = reader.push(bytes);
    if (reader.isForeign) {
      throw this.#undecodable(`we know no video in this ${this.#format}`);
    }
    this.#barren = units.length > 0 ? 0 : this.#barren + bytes.length;
    if (this.#barren <= MAX_BARREN_BYTES) return units;
    throw this.#undecodable("no picture ends");
  }

  /** Says what the bytes are, once enough of them are there. */
  #recognise(head: Uint8Array): StreamFormat | undefined {
    // A peer that sends single bytes must not make us look at all of them
    // every time.
    if (head.length < this.#lookAt) return undefined;
    this.#lookAt = head.length * 1.1;
    const found = sniff(head);
    if (found === undefined || isReadable(found)) return found;
    const what = NAMES[found] ?? found;
    throw this.#undecodable(`it is ${what}, and no video that we know`);
  }

  #undecodable(why: string): StreamError {
    const message = `Cannot decode what ${this.#peer} sends: ${why}`;
    return new StreamError("undecodable", message);
  }
}
