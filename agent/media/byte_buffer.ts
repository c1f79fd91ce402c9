/**
 * Bytes that are gathered until they are complete.
 *
 * @module
 */

/** Where a buffer starts; it doubles as needed, and keeps its size. */
const INITIAL_BYTES = 64 * 1024;

/** Up to here a loop copies faster than `set()`. Measured in Deno and Bun. */
const SHORT = 48;

/** A buffer that grows up to a bound, and is used again and again. */
export class ByteBuffer {
  readonly #maxBytes: number;
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  /** Holds `maxBytes` at most. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#bytes = new Uint8Array(Math.min(INITIAL_BYTES, maxBytes));
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

  /** Takes the first bytes out, as a copy; the others move to the front. */
  take(length: number): Uint8Array<ArrayBuffer> {
    const bytes = this.#bytes.slice(0, length);
    this.#bytes.copyWithin(0, length, this.#length);
    this.#length -= length;
    return bytes;
  }

  /** Forgets all bytes. */
  clear(): void {
    this.#length = 0;
  }

  #reserve(length: number): boolean {
    const size = this.#length + length;
    if (size > this.#maxBytes) return false;
    if (size > this.#bytes.length) {
      const capacity = Math.max(size, 2 * this.#bytes.length);
      const bytes = new Uint8Array(Math.min(capacity, this.#maxBytes));
      bytes.set(this.view(0));
      this.#bytes = bytes;
    }
    return true;
  }
}
