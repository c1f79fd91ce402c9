/**
 * The memory that frames are decoded into, and who reads which part of it.
 *
 * @module
 */

import { type Frame, frameBytes, type FrameFormat } from "../media/frame.ts";
import type { FrameMemory } from "../plugin/sink.ts";
import type { ReceivedUnit } from "./received_unit.ts";
import { Subscription } from "./subscription.ts";

/** A frame, and from when its age counts. */
export interface PublishedFrame extends Frame {
  /** Of the access unit it was decoded from. */
  readonly origin: ReceivedUnit["origin"];
}

/** One frame's memory. */
export interface Slot {
  /** Its place in the memory. */
  readonly index: number;
  /** `frameBytes(format)` bytes. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** What it holds, once published. */
  frame?: PublishedFrame;
  /** How many hold it: the decoder, and sinks that read or will read it. */
  borrowers: number;
}

/** Slots that the decoder needs: one it fills. */
const SLOTS_OF_DECODER = 1;

/** Slots that a sink may hold: one it reads, one that waits. */
const SLOTS_PER_SINK = 2;

/** How many slots a ring needs, so that one is always free. */
export function slotsFor(sinks: number): number {
  return SLOTS_OF_DECODER + SLOTS_PER_SINK * sinks;
}

/** Frames of one format, from one decoder to any number of sinks. */
export class FrameRing {
  /** Geometry of every frame. */
  readonly format: FrameFormat;
  /** Those that were filled longest ago come first. */
  readonly #slots: Slot[];
  readonly #memory: FrameMemory;
  readonly #subscriptions = new Set<Subscription>();
  readonly #unused = Promise.withResolvers<void>();
  #closing: Promise<void> | undefined;

  /**
   * @param memory Belongs to the ring from here on.
   * @throws {RangeError} If its slots are of another size.
   */
  constructor(format: FrameFormat, memory: FrameMemory) {
    const bytes = frameBytes(format);
    for (const { length } of memory.slots) {
      if (length === bytes) continue;
      throw new RangeError(`Slot of ${length} bytes for frames of ${bytes}`);
    }
    this.format = format;
    this.#memory = memory;
    this.#slots = memory.slots.map((data, index) => ({
      index,
      data,
      borrowers: 0,
    }));
  }

  /**
   * Lends the slot that was filled longest ago of those that no sink reads, to
   * be filled and then published or released.
   *
   * @throws {RangeError} If the ring is closed, or has too few slots.
   */
  acquire(): Slot {
    if (this.#closing) throw new RangeError("The ring is closed");
    const slot = this.#slots.find(({ borrowers }) => borrowers === 0);
    if (slot === undefined) throw new RangeError("Every slot is borrowed");
    slot.borrowers = 1;
    this.#memory.reuse?.(slot.index);
    return slot;
  }

  /** Offers a filled slot to every sink, and gives up the filler's hold. */
  publish(slot: Slot, frame: PublishedFrame): void {
    slot.frame = frame;
    this.#slots.push(...this.#slots.splice(this.#slots.indexOf(slot), 1));
    for (const subscription of this.#subscriptions) subscription.offer(slot);
    this.release(slot);
  }

  /** Gives up one hold on a slot. */
  release(slot: Slot): void {
    slot.borrowers--;
    if (this.#closing && this.#isUnused()) this.#unused.resolve();
  }

  /**
   * Adds a sink.
   *
   * @param fps Most frames per second, in even distances; or all.
   */
  subscribe(fps: number | undefined): Subscription {
    const subscription = new Subscription(this, fps, () => {
      this.#subscriptions.delete(subscription);
    });
    this.#subscriptions.add(subscription);
    if (this.#closing) subscription.end();
    return subscription;
  }

  /**
   * No more frames will come.
   *
   * @returns Settles once the last reader is done and the memory given back.
   */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    for (const subscription of this.#subscriptions) subscription.end();
    if (!this.#isUnused()) await this.#unused.promise;
    await this.#memory[Symbol.asyncDispose]();
  }

  #isUnused(): boolean {
    return this.#slots.every(({ borrowers }) => borrowers === 0);
  }
}
