/**
 * What one sink sees of a ring.
 *
 * @module
 */

import type { FrameRing, Slot } from "./frame_ring.ts";

/** A frame may come this much early for its turn: clocks and decoders jitter. */
const TOLERANCE_MS = 5;

/** The newest frame, and nothing older. */
export class Subscription implements Disposable {
  /** Frames that were replaced by a newer one before they were taken. */
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
    this.#drop();
    slot.borrowers++;
    this.#waiting = slot;
    this.#wake?.();
  }

  /** Nothing more is to be taken. */
  end(): void {
    this.#ended = true;
    this.#drop();
    this.#wake?.();
  }

  /**
   * Waits for the next frame. One at a time.
   *
   * @returns Its slot, which the caller releases; nothing at the end.
   */
  async next(): Promise<Slot | undefined> {
    while (this.#waiting === undefined && !this.#ended) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    const slot = this.#waiting;
    this.#waiting = undefined;
    return slot;
  }

  [Symbol.dispose](): void {
    this.end();
    this.#onEnd();
  }

  #drop(): void {
    if (this.#waiting === undefined) return;
    this.dropped++;
    this.#ring.release(this.#waiting);
    this.#waiting = undefined;
  }

  #isDue(at: number): boolean {
    if (at < this.#dueAt - TOLERANCE_MS) return false;
    // Keeps the beat; after a gap a new one begins.
    this.#dueAt += this.#intervalMs;
    if (this.#dueAt <= at) this.#dueAt = at + this.#intervalMs;
    return true;
  }
}
