/**
 * One stream of access units for any number of consumers.
 *
 * @module
 */

import type { Milliseconds } from "./time.ts";
import {
  type Budget,
  isEntry,
  type QueuedUnit,
  UnitQueue,
} from "./unit_queue.ts";

/**
 * A GOP that is longer is not kept: a consumer that joins would work on old
 * pictures for longer than it waits for the next keyframe.
 */
const MAX_GOP_MS = 4000;

/** Four seconds at 16 Mbit/s. */
const MAX_GOP_BYTES = 8 << 20;

/**
 * Hands every unit to every consumer, and the units since the last keyframe or
 * recovery point to those who join, so that they see a picture at once. A
 * consumer that is too slow loses units of its own and harms nobody.
 */
export class AccessUnitHub<Unit extends QueuedUnit> {
  readonly #now: () => Milliseconds;
  readonly #queues = new Set<UnitQueue<Unit>>();
  #gop: Unit[] = [];
  #gopBytes = 0;
  #gopSince = 0;
  #entry: Unit | undefined;

  /** @param now Reads the monotonic clock. */
  constructor(now: () => Milliseconds) {
    this.#now = now;
  }

  /** Consumers that have joined and not left. */
  get size(): number {
    return this.#queues.size;
  }

  /**
   * The latest keyframe or recovery point; absent before the first, and while
   * the stream is broken off. It may be too old to join at.
   */
  get entry(): Unit | undefined {
    return this.#entry;
  }

  /** Hands a unit, which must not change from here on, to everybody. */
  push(unit: Unit): void {
    this.#keep(unit);
    for (const queue of this.#queues) queue.push(unit);
  }

  /**
   * Adds a consumer.
   *
   * @param budget How long a unit may wait for it.
   * @returns Its queue, which holds the units since the last keyframe already;
   * disposing it ends the membership.
   */
  join(budget: Budget): UnitQueue<Unit> {
    const queue: UnitQueue<Unit> = new UnitQueue(budget, this.#now, () => {
      this.#queues.delete(queue);
    });
    for (const unit of this.#gop) queue.push(unit);
    this.#queues.add(queue);
    return queue;
  }

  /** The stream broke off: what comes next begins with a keyframe. */
  interrupt(): void {
    this.#forget();
    this.#entry = undefined;
    for (const queue of this.#queues) queue.interrupt();
  }

  /** The stream is over: consumers get what they have not taken yet. */
  end(): void {
    for (const queue of this.#queues) queue.end();
  }

  #keep(unit: Unit): void {
    if (isEntry(unit)) {
      this.#forget();
      this.#entry = unit;
      this.#gopSince = this.#now();
    } else if (this.#gop.length === 0) {
      return;
    }
    this.#gop.push(unit);
    this.#gopBytes += unit.data.length;
    const tooLong = this.#now() - this.#gopSince > MAX_GOP_MS;
    if (tooLong || this.#gopBytes > MAX_GOP_BYTES) this.#forget();
  }

  #forget(): void {
    this.#gop = [];
    this.#gopBytes = 0;
  }
}
