/**
 * The rings of one decoder, one after the other: a new one for every format.
 *
 * @module
 */

import { frameBytes, type FrameFormat } from "../media/frame.ts";
import type { FrameMemory } from "../plugin/sink.ts";
import { abortable } from "../runtime/abortable.ts";
import { FrameRing, slotsFor } from "./frame_ring.ts";

/** Makes memory for a ring. */
export type Allocate = (
  format: FrameFormat,
  slots: number,
) => FrameMemory | Promise<FrameMemory>;

/** Hands sinks the ring that frames go to now. */
export class FrameStream {
  readonly #slots: number;
  readonly #onError: (error: unknown) => void;
  readonly #allocators = new Set<Allocate>();
  /** Those of earlier rings whose readers are not done yet. */
  readonly #closing = new Set<Promise<void>>();
  #ring: FrameRing | undefined;
  #wake = Promise.withResolvers<void>();

  /**
   * @param sinks How many read each ring.
   * @param onError Called if memory cannot be given back.
   */
  constructor(sinks: number, onError: (error: unknown) => void) {
    this.#slots = slotsFor(sinks);
    this.#onError = onError;
  }

  /**
   * Adds somebody who makes the memory; of several the first one does.
   *
   * @returns Disposing it takes the offer back: for rings to come.
   */
  offer(allocate: Allocate): Disposable {
    this.#allocators.add(allocate);
    return {
      [Symbol.dispose]: () => void this.#allocators.delete(allocate),
    };
  }

  /**
   * Makes the ring for a format, unless the current one has it already. The
   * one before is closed.
   */
  async begin(format: FrameFormat): Promise<FrameRing> {
    if (this.#ring && same(this.#ring.format, format)) return this.#ring;
    this.#end();
    const memory = await this.#memory(format);
    try {
      this.#ring = new FrameRing(format, memory);
    } catch (error) {
      await memory[Symbol.asyncDispose]();
      throw error;
    }
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

  /**
   * No more frames will come.
   *
   * @returns Resolves once all memory is given back.
   */
  async close(): Promise<void> {
    this.#end();
    await Promise.all(this.#closing);
  }

  #end(): void {
    if (this.#ring === undefined) return;
    const closing = this.#ring.close()
      .catch(this.#onError)
      .finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
    this.#ring = undefined;
  }

  async #memory(format: FrameFormat): Promise<FrameMemory> {
    for (const allocate of this.#allocators) {
      const memory = await allocate(format, this.#slots);
      const { length } = memory.slots;
      if (length >= this.#slots) return memory;
      await memory[Symbol.asyncDispose]();
      throw new RangeError(`${length} slots where ${this.#slots} are needed`);
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
