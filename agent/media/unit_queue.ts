/**
 * The queue between a live stream and somebody who may be too slow for it.
 *
 * @module
 */

import type { Milliseconds } from "./time.ts";

/** What a queue has to know of an access unit. */
export interface QueuedUnit {
  /** The coded picture. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** Whether a decoder may start here. */
  readonly keyframe: boolean;
  /** Whether one may that hides what is not whole yet. */
  readonly recoveryPoint: boolean;
}

/** Tells whether a stream may be joined at a unit. */
export function isEntry(
  { keyframe, recoveryPoint }: Pick<QueuedUnit, "keyframe" | "recoveryPoint">,
): boolean {
  return keyframe || recoveryPoint;
}

/** How long a unit may wait. */
export type Budget = Milliseconds | (() => Milliseconds);

/** Counts what went through a queue. */
export interface QueueCounters {
  /** Units that were taken. */
  sent: number;
  /** Bytes of these. */
  bytes: number;
  /** How long the consumer was at them, in milliseconds. */
  busyMs: number;
  /** Units that were dropped because they had waited too long. */
  dropped: number;
}

/**
 * Keeps the lag of one consumer below a budget, by dropping whole access units
 * up to a keyframe or recovery point. A unit that was taken is never dropped; a
 * keyframe that waits yields only to a newer one, so that a consumer which is
 * always too slow gets keyframes rather than nothing.
 *
 * One consumer iterates; the iteration ends when the queue is closed.
 */
export class UnitQueue<Unit extends QueuedUnit>
  implements AsyncIterable<Unit>, Disposable {
  /** What went through so far. */
  readonly counters: QueueCounters = {
    ...{ sent: 0, bytes: 0, busyMs: 0, dropped: 0 },
  };
  readonly #budget: Budget;
  readonly #now: () => Milliseconds;
  readonly #onClose: () => void;
  #waiting: { unit: Unit; since: Milliseconds }[] = [];
  /** Whether units up to the next keyframe are of no use to the consumer. */
  #broken = true;
  #closed = false;
  #wake: (() => void) | undefined;

  /**
   * Makes an empty queue, which begins with a keyframe.
   *
   * @param budget How long the oldest unit may wait; a function is asked each
   * time.
   * @param now Reads the monotonic clock.
   * @param onClose Called once, when the consumer or the owner closes it.
   */
  constructor(
    budget: Budget,
    now: () => Milliseconds,
    onClose: () => void = () => {},
  ) {
    this.#budget = budget;
    this.#now = now;
    this.#onClose = onClose;
  }

  /** Units that wait to be taken. */
  get size(): number {
    return this.#waiting.length;
  }

  /** Appends a unit and drops what has waited too long. */
  push(unit: Unit): void {
    if (this.#closed) return;
    if (isEntry(unit)) this.#broken = false;
    if (this.#broken) {
      this.counters.dropped++;
      return;
    }
    this.#waiting.push({ unit, since: this.#now() });
    this.#dropLate();
    this.#wake?.();
  }

  /** Units are missing from here on: what follows waits for a keyframe. */
  interrupt(): void {
    this.#broken = true;
  }

  /**
   * Ends the iteration once what waits has been taken, however late: nothing
   * newer will come.
   */
  end(): void {
    this.#closed = true;
    this.#wake?.();
  }

  /** Ends the iteration at once. */
  [Symbol.dispose](): void {
    this.#waiting = [];
    this.end();
    this.#onClose();
  }

  /** Takes units as they come. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Unit> {
    while (true) {
      this.#dropLate();
      const next = this.#waiting.shift();
      if (next !== undefined) {
        this.counters.sent++;
        this.counters.bytes += next.unit.data.length;
        const takenAt = this.#now();
        yield next.unit;
        this.counters.busyMs += this.#now() - takenAt;
      } else if (this.#closed) {
        return;
      } else {
        await new Promise<void>((resolve) => this.#wake = resolve);
      }
    }
  }

  #dropLate(): void {
    if (this.#closed) return;
    const oldest = this.#waiting[0];
    if (!oldest || this.#now() - oldest.since <= this.#limit()) return;
    const entry = this.#waiting.findLastIndex(({ unit }) => isEntry(unit));
    if (entry > 0) {
      this.#drop(0, entry);
      return;
    }
    // The keyframe itself has waited this long: what follows it is later yet.
    this.#drop(entry + 1, this.#waiting.length);
    this.#broken = true;
  }

  #limit(): Milliseconds {
    return typeof this.#budget === "function" ? this.#budget() : this.#budget;
  }

  #drop(from: number, to: number): void {
    this.counters.dropped += to - from;
    this.#waiting.splice(from, to - from);
  }
}
