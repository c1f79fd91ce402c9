/**
 * A bucket of tokens, one per byte, that fills at a steady rate.
 *
 * @module
 */

/**
 * How much of an idle time may be caught up with. A timer that fires late by
 * less costs no throughput.
 */
const CATCH_UP_MS = 40;

/** Spreads bytes over time. Times are readings of one clock, in ms. */
export class Pacer {
  #bytesPerMs: number | undefined;
  #freeAt = 0;

  /** Takes up a rate from `now` on; `undefined` lifts the cap. */
  setRate(bytesPerSecond: number | undefined, now: number): void {
    this.#bytesPerMs = bytesPerSecond && bytesPerSecond / 1000;
    this.#freeAt = now;
  }

  /** Tells how long the next byte has to wait, in ms. */
  backlogMs(now: number): number {
    if (this.#bytesPerMs === undefined) return 0;
    return Math.max(0, this.#freeAt - now);
  }

  /** Tells how many bytes `ms` are worth: at least 1, without a cap no end. */
  bytesIn(ms: number): number {
    if (this.#bytesPerMs === undefined) return Infinity;
    return Math.max(1, Math.floor(this.#bytesPerMs * ms));
  }

  /** Counts bytes that pass; the next ones wait until these are paid for. */
  pass(bytes: number, now: number): void {
    if (this.#bytesPerMs === undefined) return;
    const from = Math.max(this.#freeAt, now - CATCH_UP_MS);
    this.#freeAt = from + bytes / this.#bytesPerMs;
  }
}
