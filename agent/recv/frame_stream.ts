/**
 * The rings of one decoder, one after the other: a new one for every format.
 *
 * @module
 */

import { frameBytes, type FrameFormat } from "../media/frame.ts";
import type { FrameMemory } from "../plugin/sink.ts";
import { abortable } from "../watchdog/abortable.ts";
import { FrameRing } from "./frame_ring.ts";

/** Offers memory for a ring, or not. */
export type Allocate = (
  format: FrameFormat,
  slots: number,
) => Promise<FrameMemory> | undefined;

/** Hands sinks the ring that frames go to now. */
export class FrameStream {
  readonly #slots: number;
  readonly #allocators: Allocate[] = [];
  #ring: FrameRing | undefined;
  #wake = Promise.withResolvers<void>();

  /** @param slots Frames that can be held at a time. */
  constructor(slots: number) {
    this.#slots = slots;
  }

  /** Adds somebody who may own the memory; the first one asked does. */
  offer(allocate: Allocate): void {
    this.#allocators.push(allocate);
  }

  /**
   * Makes the ring for a format, unless the current one has it already. The
   * one before is closed.
   */
  async begin(format: FrameFormat): Promise<FrameRing> {
    if (this.#ring && same(this.#ring.format, format)) return this.#ring;
    this.#ring?.close();
    this.#ring = new FrameRing(format, await this.#memory(format));
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
    return this.#ring;
  }

  /** Waits for a ring that is not `last`. */
  async next(
    last: FrameRing | undefined,
    signal: AbortSignal,
  ): Promise<FrameRing> {
    while (this.#ring === undefined || this.#ring === last) {
      await abortable(this.#wake.promise, signal);
    }
    return this.#ring;
  }

  /** No more frames will come. */
  close(): void {
    this.#ring?.close();
  }

  async #memory(format: FrameFormat): Promise<FrameMemory> {
    for (const allocate of this.#allocators) {
      const memory = await allocate(format, this.#slots);
      if (memory !== undefined) return memory;
    }
    const bytes = frameBytes(format);
    return {
      slots: Array.from({ length: this.#slots }, () => new Uint8Array(bytes)),
      async [Symbol.asyncDispose]() {},
    };
  }
}

function same(a: FrameFormat, b: FrameFormat): boolean {
  return a.width === b.width && a.height === b.height &&
    a.pixelFormat === b.pixelFormat;
}
