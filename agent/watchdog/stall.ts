/**
 * Tells when something that ought to keep coming has stopped.
 *
 * @module
 */

import { StreamError } from "../errors.ts";
import { type Milliseconds, ms } from "../media/time.ts";
import type { Clock } from "../plugin/runtime.ts";
import { pause } from "./pause.ts";
import { formatDuration } from "./status.ts";

/** How much silence is too much. */
export interface StallOptions {
  /**
   * The longest silence. A function is asked at every check, for limits that
   * follow the stream, such as twice its keyframe distance. `Infinity` while
   * silence is to be expected.
   */
  stallMs: number | (() => number);
  /** The longest silence before the first progress. Omit for `stallMs`. */
  firstProgressMs?: number;
}

/** How long a changed limit may go unnoticed. */
const CHECK_MS = 500;

/** A check that is this late tells of this process, not of the stream. */
const LATE_MS = 250;

/** Time to read what queued up while this process stood still. */
const WAKE_GRACE_MS = 1_000;

/** Watches for silence. Feeding it arms no timer. */
export class StallTimer {
  readonly #clock: Clock;
  readonly #options: StallOptions;
  #fedAt: Milliseconds;
  #fed = false;

  /** Silence counts from here on. */
  constructor(clock: Clock, options: StallOptions) {
    this.#clock = clock;
    this.#options = options;
    this.#fedAt = clock.now();
  }

  /** Ends a silence. Cheap enough for every datagram. */
  feed(now: Milliseconds): void {
    this.#fedAt = now;
    this.#fed = true;
  }

  /**
   * Watches until `signal` aborts.
   *
   * @param onStall Called once per silence, with a "stalled" error.
   * @throws {RangeError} If the limit is no duration.
   */
  async watch(
    onStall: (error: StreamError) => void,
    signal: AbortSignal,
  ): Promise<void> {
    let toldOf: Milliseconds | undefined;
    let awake = true;
    while (awake) {
      const leftMs = this.#fedAt + this.#limitMs() - this.#clock.now();
      if (leftMs <= 0 && toldOf !== this.#fedAt) {
        toldOf = this.#fedAt;
        onStall(this.#error());
      }
      awake = await this.#rest(leftMs <= 0 ? CHECK_MS : leftMs, signal);
    }
  }

  /** Sleeps until the next check; false if there is to be none. */
  async #rest(leftMs: number, signal: AbortSignal): Promise<boolean> {
    const restMs = Math.min(Math.ceil(leftMs), CHECK_MS);
    const wakeAt = this.#clock.now() + restMs;
    if (!await pause(this.#clock, restMs, signal)) return false;
    // Stopped, suspended or blocked: whatever came meanwhile is still unread.
    const late = this.#clock.now() - wakeAt > LATE_MS;
    return !late || await pause(this.#clock, WAKE_GRACE_MS, signal);
  }

  #limitMs(): number {
    const { stallMs, firstProgressMs } = this.#options;
    if (!this.#fed && firstProgressMs !== undefined) return firstProgressMs;
    const limit = typeof stallMs === "number" ? stallMs : stallMs();
    if (limit >= 0) return limit;
    throw new RangeError(`Cannot watch for a stall of ${limit} ms`);
  }

  #error(): StreamError {
    const silence = ms(this.#clock.now() - this.#fedAt);
    const since = this.#fed ? "" : " since the start";
    return new StreamError(
      "stalled",
      `Nothing arrived for ${formatDuration(silence)}${since}`,
    );
  }
}
