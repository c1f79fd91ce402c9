/**
 * When to start again what has failed.
 *
 * @module
 */

import { type Milliseconds, ms } from "../media/time.ts";
import { backoff } from "./backoff.ts";
import { TokenBucket } from "./token_bucket.ts";

/** Having delivered for this long, an attempt owes its end to something new. */
export const HEALTHY_MS = 1_000;

/** What follows a failure. */
export interface Restart {
  /** Counts retries since something was last delivered, from 1. */
  retry: number;
  /** How long to wait before it. */
  delay: Milliseconds;
}

/** Decides on the restarts of one supervised thing. */
export class RestartPolicy {
  #bucket = new TokenBucket();
  readonly #random: () => number;
  readonly #longest: number | undefined;
  #retry = 0;

  /**
   * The first attempt begins.
   *
   * @param now When it does, by the monotonic clock.
   * @param random Returns a number in [0, 1), for the spread of pauses.
   * @param longest The longest pause, token bucket aside; 5 s.
   */
  constructor(now: Milliseconds, random: () => number, longest?: number) {
    this.#longest = longest;
    this.#random = random;
    this.#bucket.take(now);
  }

  /**
   * An attempt failed. The pause grows over attempts that delivered nothing,
   * and starts over after one that delivered for a second, which is no crash
   * loop either; what lies between counts neither way, and is left to the token
   * bucket.
   *
   * @param delivered How long the attempt delivered; absent if it did not.
   * @param now When it failed.
   * @param hasSpare Whether another waits already: what was no crash loop is
   * followed by it without a pause.
   */
  next(
    delivered: Milliseconds | undefined,
    now: Milliseconds,
    hasSpare = false,
  ): Restart {
    const isHealthy = delivered !== undefined && delivered >= HEALTHY_MS;
    if (delivered === undefined) this.#retry++;
    else if (delivered < HEALTHY_MS) this.#retry = Math.max(1, this.#retry);
    else {
      this.#retry = 1;
      this.#bucket = new TokenBucket();
    }
    const pause = isHealthy && hasSpare
      ? 0
      : backoff(this.#retry, this.#random, this.#longest);
    const delay = ms(pause + this.#bucket.take(ms(now + pause)));
    return { retry: this.#retry, delay };
  }
}
