/**
 * The memory that frames are decoded into, and who reads which part of it.
 *
 * @module
 */

import type { Frame, FrameFormat } from "../media/frame.ts";
import type { FrameMemory } from "../plugin/sink.ts";
import type { ReceivedUnit } from "./received_unit.ts";

/** A frame, and from when its age counts. */
export interface PublishedFrame extends Frame {
  /** Of the access unit it was decoded from. */
  readonly origin: ReceivedUnit["origin"];
}

/** One frame's memory. */
export interface Slot {
  /** `frameBytes(format)` bytes. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** What it holds, once published. */
  frame?: PublishedFrame;
  /** How many hold it: the decoder, and sinks that read or will read it. */
  borrowers: number;
}

/** Frames of one format, from one decoder to any number of sinks. */
export class FrameRing {
  /** Geometry of every frame. */
  readonly format: FrameFormat;
  readonly #slots: readonly Slot[];
  readonly #memory: FrameMemory;
  readonly #subscriptions = new Set<Subscription>();
  #closed = false;

  /** @param memory Belongs to the ring from here on. */
  constructor(format: FrameFormat, memory: FrameMemory) {
    this.format = format;
    this.#memory = memory;
    this.#slots = memory.slots.map((data) => ({ data, borrowers: 0 }));
  }

  /**
   * Lends a slot that nobody reads, to be filled and then published or
   * released.
   */
  acquire(): Slot {
    const slot = this.#slots.find(({ borrowers }) => borrowers === 0);
    if (slot === undefined) throw new RangeError("Every slot is borrowed");
    slot.borrowers = 1;
    return slot;
  }

  /** Offers a filled slot to every sink, and gives up the filler's hold. */
  publish(slot: Slot, frame: PublishedFrame): void {
    slot.frame = frame;
    for (const subscription of this.#subscriptions) subscription.offer(slot);
    this.release(slot);
  }

  /** Gives up one hold on a slot. */
  release(slot: Slot): void {
    slot.borrowers--;
    if (this.#closed) this.#disposeIfUnused();
  }

  /** Adds a sink; one of the two slots it may hold is the one it reads. */
  subscribe(fps: number | undefined): Subscription {
    const subscription = new Subscription(this, fps, () => {
      this.#subscriptions.delete(subscription);
    });
    this.#subscriptions.add(subscription);
    return subscription;
  }

  /** No more frames will come; the memory goes when the last reader is done. */
  close(): void {
    this.#closed = true;
    for (const subscription of this.#subscriptions) subscription.end();
    this.#disposeIfUnused();
  }

  #disposeIfUnused(): void {
    if (this.#slots.some(({ borrowers }) => borrowers > 0)) return;
    void this.#memory[Symbol.asyncDispose]();
  }
}

/** Slots that a sink may hold: one it reads, one that waits. */
export const SLOTS_PER_SINK = 2;

/** Slots that the decoder needs: one it fills. */
export const SLOTS_OF_DECODER = 1;

/** A frame may come this much early for its turn. */
const TOLERANCE_MS = 5;

/** One sink's view of a ring: the newest frame, and nothing older. */
export class Subscription implements Disposable {
  /** Frames that a newer one replaced before they were taken. */
  dropped = 0;
  readonly #ring: FrameRing;
  readonly #onEnd: () => void;
  readonly #intervalMs: number;
  #waiting: Slot | undefined;
  #dueAt = -Infinity;
  #ended = false;
  #wake: (() => void) | undefined;

  /** @param fps Most frames per second, in even distances; or all. */
  constructor(ring: FrameRing, fps: number | undefined, onEnd: () => void) {
    this.#ring = ring;
    this.#onEnd = onEnd;
    this.#intervalMs = fps === undefined ? 0 : 1000 / fps;
  }

  /** Replaces the frame that waits. */
  offer(slot: Slot): void {
    if (this.#ended || !this.#isDue(slot.frame!.decodedAt)) return;
    if (this.#waiting !== undefined) {
      this.dropped++;
      this.#ring.release(this.#waiting);
    }
    slot.borrowers++;
    this.#waiting = slot;
    this.#wake?.();
  }

  /** Ends the iteration at once. */
  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** Takes frames; each is borrowed until the next one is asked for. */
  async *frames(): AsyncGenerator<PublishedFrame> {
    while (!this.#ended) {
      const slot = this.#waiting;
      if (slot === undefined) {
        await new Promise<void>((resolve) => this.#wake = resolve);
        continue;
      }
      this.#waiting = undefined;
      try {
        yield slot.frame!;
      } finally {
        this.#ring.release(slot);
      }
    }
  }

  [Symbol.dispose](): void {
    this.end();
    this.#onEnd();
    if (this.#waiting !== undefined) this.#ring.release(this.#waiting);
    this.#waiting = undefined;
  }

  #isDue(at: number): boolean {
    if (at < this.#dueAt - TOLERANCE_MS) return false;
    // After a gap the next one is due a whole interval later.
    this.#dueAt = Math.max(this.#dueAt + this.#intervalMs, at);
    if (this.#dueAt === at) this.#dueAt += this.#intervalMs;
    return true;
  }
}
