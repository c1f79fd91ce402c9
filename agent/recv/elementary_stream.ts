/**
 * From bytes that somebody sends to access units, or the reason why not.
 *
 * @module
 */

import { StreamError } from "../errors.ts";
import {
  AccessUnitSplitter,
  MAX_ACCESS_UNIT_BYTES,
  type SplitUnit,
} from "../media/access_unit_splitter.ts";
import { concat } from "../media/bytes.ts";
import { sniff } from "../media/sniff.ts";

/** Bytes without the end of an access unit: two of the largest there may be. */
const MAX_BARREN_BYTES = 2 * MAX_ACCESS_UNIT_BYTES;

/** The bytes of one connection. */
export class ElementaryStream {
  readonly #peer: string;
  readonly #splitter = new AccessUnitSplitter();
  #format: "h264" | undefined;
  /** What came before it was clear what it is. */
  #head = new Uint8Array();
  /** Bytes that are to be there before the next look at what they are. */
  #lookAt = 0;
  #barren = 0;

  /** @param peer Who sends, for messages. */
  constructor(peer: string) {
    this.#peer = peer;
  }

  /** What the bytes are, once that is clear. */
  get format(): "h264" | undefined {
    return this.#format;
  }

  /** Whether a picture waits for the rest of it, or for the next one. */
  get isInPicture(): boolean {
    return this.#splitter.isInPicture;
  }

  /**
   * Takes the next bytes, borrowed until it returns.
   *
   * @returns The access units that are complete now, usually none or one.
   * @throws {StreamError} "undecodable" if it is no H.264, or without pictures.
   */
  push(chunk: Uint8Array<ArrayBuffer>): SplitUnit[] {
    if (this.#format !== undefined) return this.#split(chunk);
    this.#head = concat(this.#head, chunk);
    this.#format = this.#recognise(this.#head);
    if (this.#format === undefined) return [];
    const units = this.#split(this.#head);
    this.#head = new Uint8Array();
    return units;
  }

  /** The connection has ended: so has the last access unit. */
  flush(): SplitUnit[] {
    return this.#splitter.flush();
  }

  #split(bytes: Uint8Array): SplitUnit[] {
    const units = this.#splitter.push(bytes);
    this.#barren = units.length > 0 ? 0 : this.#barren + bytes.length;
    if (this.#barren <= MAX_BARREN_BYTES) return units;
    throw this.#undecodable("no picture ends");
  }

  /** Says what the bytes are, once enough of them are there. */
  #recognise(head: Uint8Array): "h264" | undefined {
    // A peer that sends single bytes must not make us look at all of them
    // every time.
    if (head.length < this.#lookAt) return undefined;
    this.#lookAt = head.length * 1.1;
    const format = sniff(head);
    if (format === "h264" || format === undefined) return format;
    throw this.#undecodable(
      `it is ${format === "unknown" ? "something else" : format}, not H.264`,
    );
  }

  #undecodable(why: string): StreamError {
    const message = `Cannot decode what ${this.#peer} sends: ${why}`;
    return new StreamError("undecodable", message);
  }
}
