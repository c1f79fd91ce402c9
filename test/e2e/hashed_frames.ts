/**
 * Raw frames out of a stream of bytes, of which only hashes are kept.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { clock } from "../../agent/runtime/clock.ts";

/** One whole frame. */
export interface HashedFrame {
  /** MD5 of its bytes, in hexadecimal: what FFmpeg's framemd5 says. */
  readonly hash: string;
  /** When the last of them came, in milliseconds of CLOCK_MONOTONIC. */
  readonly at: number;
}

/** Cuts what a stream delivers into frames of one size. */
export class HashedFrames {
  /** Every frame so far. */
  readonly all: HashedFrame[] = [];
  readonly #bytes: number;
  #hash = createHash("md5");
  #filled = 0;

  /** @param bytes Size of a frame. */
  constructor(stream: NodeJS.ReadableStream, bytes: number) {
    this.#bytes = bytes;
    stream.on("data", (chunk: Uint8Array) => this.#take(chunk));
  }

  /** Bytes of the frame that has begun. */
  get rest(): number {
    return this.#filled;
  }

  #take(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length;) {
      const part = chunk.subarray(at, at + this.#bytes - this.#filled);
      this.#hash.update(part);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled < this.#bytes) continue;
      this.all.push({ hash: this.#hash.digest("hex"), at: clock.now() });
      this.#hash = createHash("md5");
      this.#filled = 0;
    }
  }
}
