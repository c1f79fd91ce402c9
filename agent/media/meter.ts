/**
 * Rates and spreads of the last moments, for status displays.
 *
 * @module
 */

import type { Milliseconds } from "./time.ts";

/** Rates are those of the last two seconds. */
const WINDOW_MS = 2000;

/** Counts events and their sizes, and tells how many there are a second. */
export class RateMeter {
  #events: { at: Milliseconds; size: number }[] = [];

  /** Counts one event. */
  add(at: Milliseconds, size = 0): void {
    this.#forget(at);
    this.#events.push({ at, size });
  }

  /** Returns events and sizes per second. */
  read(now: Milliseconds): { perSecond: number; sizePerSecond: number } {
    this.#forget(now);
    // A stream that has just begun is measured over what there is of it.
    const first = this.#events[0]?.at ?? now;
    const seconds = Math.max(now - first, 500) / 1000;
    const size = this.#events.reduce((sum, event) => sum + event.size, 0);
    return {
      perSecond: this.#events.length / seconds,
      sizePerSecond: size / seconds,
    };
  }

  #forget(now: Milliseconds): void {
    const old = this.#events.findIndex(({ at }) => now - at <= WINDOW_MS);
    if (old !== 0) this.#events.splice(0, old < 0 ? Infinity : old);
  }
}

/** Ages are those of the last 300 frames: ten seconds at 30 a second. */
const WINDOW_VALUES = 300;

/** Keeps the last values, and tells how they are spread. */
export class Quantiles {
  readonly #values: number[] = [];
  #next = 0;

  /** Keeps a value. */
  add(value: number): void {
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % WINDOW_VALUES;
  }

  /**
   * Returns the values that the given shares of all values do not exceed;
   * `undefined` without any values.
   */
  read(...shares: readonly number[]): number[] | undefined {
    if (this.#values.length === 0) return undefined;
    const sorted = this.#values.toSorted((a, b) => a - b);
    return shares.map((share) =>
      sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!
    );
  }

  /** Forgets all values. */
  clear(): void {
    this.#values.length = 0;
    this.#next = 0;
  }
}
