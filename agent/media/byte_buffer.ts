/**
 * Bytes that are gathered until they are complete.
 *
 * @module
 */

/** Where a buffer starts once it is used; it doubles as needed, and keeps that. */
const INITIAL_BYTES = 64 * 1024;

/** Up to here a loop copies faster than `set()`. Measured in Deno and Bun. */
const SHORT = 48;

/**
 * Up to so many bytes are handed out as part of a larger array: an ArrayBuffer
 * of its own costs about 1 µs in Deno. Measured with access units of 5 bytes:
 * 40 instead of 4 MB/s.
 */
const SMALL = 512;

/** What small ones share. One of them keeps no more than this in memory. */
const POOL_BYTES = 8 * 1024;

/** A buffer that grows up to a bound, and is used again and again. */
export class ByteBuffer {
  readonly #maxBytes: number;
  #bytes = new Uint8Array(0);
  #length = 0;
  #pool = new ArrayBuffer(0);
  #pooled = 0;

  /** Holds `maxBytes` at most. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** How many bytes it holds. */
  get length(): number {
    return this.#length;
  }

  /** Shows the bytes from an index on; valid until the next change. */
  view(from: number): Uint8Array {
    return this.#bytes.subarray(from, this.#length);
  }

  /** Appends one byte. */
  push(byte: number): boolean {
    if (!this.#reserve(1)) return false;
    this.#bytes[this.#length++] = byte;
    return true;
  }

  /**
   * Appends zeros, then `chunk[from, end)`.
   *
   * @returns `false`, and appends nothing, if they exceed the bound.
   */
  append(
    zeros: number,
    chunk: Uint8Array,
    from = 0,
    end = chunk.length,
  ): boolean {
    if (!this.#reserve(zeros + end - from)) return false;
    const bytes = this.#bytes;
    let at = this.#length + zeros;
    if (zeros > 0) bytes.fill(0, this.#length, at);
    this.#length = at + end - from;
    if (end - from > SHORT) bytes.set(chunk.subarray(from, end), at);
    else while (from < end) bytes[at++] = chunk[from++]!;
    return true;
  }

  /**
   * Takes the first bytes out, as a copy; the others move to the front. Small
   * copies share their `buffer` with others, never their bytes.
   */
  take(length: number): Uint8Array<ArrayBuffer> {
    const bytes = length > SMALL
      ? this.#bytes.slice(0, length)
      : this.#takeSmall(length);
    this.#length -= length;
    if (this.#length > 0) {
      this.#bytes.copyWithin(0, length, length + this.#length);
    }
    return bytes;
  }

  #takeSmall(length: number): Uint8Array<ArrayBuffer> {
    if (this.#pooled + length > this.#pool.byteLength) {
      this.#pool = new ArrayBuffer(POOL_BYTES);
      this.#pooled = 0;
    }
    const bytes = new Uint8Array(this.#pool, this.#pooled, length);
    this.#pooled += length;
    for (let at = 0; at < length; at++) bytes[at] = this.#bytes[at]!;
    return bytes;
  }

  /** Forgets all bytes but the first ones. */
  truncate(length: number): void {
    this.#length = Math.min(this.#length, length);
  }

  /** Forgets all bytes. */
  clear(): void {
    this.#length = 0;
  }

  #reserve(length: number): boolean {
    const size = this.#length + length;
    if (size > this.#maxBytes) return false;
    if (size > this.#bytes.length) {
      const capacity = Math.max(size, 2 * this.#bytes.length, INITIAL_BYTES);
      const bytes = new Uint8Array(Math.min(capacity, this.#maxBytes));
      bytes.set(this.view(0));
      this.#bytes = bytes;
    }
    return true;
  }
}
