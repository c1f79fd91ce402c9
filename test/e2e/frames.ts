/**
 * Raw frames out of a stream of bytes.
 *
 * @module
 */

import { clock } from "../../agent/runtime/clock.ts";
import { until } from "../faults/deadline.ts";

/** One whole frame. */
export interface RawFrame {
  /** The bytes as they came. */
  readonly data: Uint8Array;
  /** When the last of them came, in milliseconds of CLOCK_MONOTONIC. */
  readonly at: number;
}

/** A fault that has interrupted nothing by then does not. */
const SETTLED_MS = 1000;

/** Cuts what a stream delivers into frames of one size. */
export class Frames {
  /** Every frame so far. */
  readonly all: RawFrame[] = [];
  readonly #bytes: number;
  #current: Uint8Array;
  #filled = 0;

  /** @param bytes Size of a frame. */
  constructor(stream: NodeJS.ReadableStream, bytes: number) {
    this.#bytes = bytes;
    this.#current = new Uint8Array(bytes);
    stream.on("data", (chunk: Uint8Array) => this.#take(chunk));
  }

  /** Bytes of the frame that has begun. */
  get rest(): number {
    return this.#filled;
  }

  /** Waits until there are so many frames. */
  async reach(count: number, ms = 15_000): Promise<RawFrame[]> {
    await until(
      ms,
      `frame ${count} (there are ${this.all.length})`,
      () => this.all.length >= count,
    );
    return this.all.slice(0, count);
  }

  /**
   * Waits until frames flow again after a fault that may have interrupted them.
   *
   * @param since When the fault was.
   * @returns Milliseconds from the fault to the first frame after it; where it
   * did not interrupt them, the widest gap there was.
   */
  async gapAfter(since: number, ms = 10_000): Promise<number> {
    const back = await until(ms, "frames after the fault", () => {
      // What was under way at the fault still comes; then there is a gap.
      const from = this.all.findIndex(({ at }) => at >= since);
      const after = from < 0 ? [] : this.all.slice(Math.max(from - 1, 0));
      const gaps = after.slice(1).map((frame, i) => frame.at - after[i]!.at);
      const widest = gaps.indexOf(Math.max(...gaps));
      if (after.length - widest < 10) return false;
      if (gaps[widest]! > 60) return after[widest + 1]!.at - since;
      return clock.now() - since > SETTLED_MS && gaps[widest]!;
    });
    return back;
  }

  #take(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length;) {
      const part = chunk.subarray(at, at + this.#bytes - this.#filled);
      this.#current.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled < this.#bytes) continue;
      this.all.push({ data: this.#current, at: clock.now() });
      this.#current = new Uint8Array(this.#bytes);
      this.#filled = 0;
    }
  }
}

/** Walks over the frames of a stream, one at a time, and keeps none. */
export async function* wholeFrames(
  stream: NodeJS.ReadableStream,
  bytes: number,
): AsyncGenerator<Uint8Array> {
  const frame = new Uint8Array(bytes);
  let filled = 0;
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    for (let at = 0; at < chunk.length;) {
      const part = chunk.subarray(at, at + bytes - filled);
      frame.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled < bytes) continue;
      yield frame;
      filled = 0;
    }
  }
}
