/**
 * How many of a camera's pictures an encoder can take.
 *
 * @module
 */

import type { Milliseconds } from "../media/time.ts";

/**
 * One in so many pictures is encoded: 30, 15, 10, 7.5 and 5 a second of a camera
 * that has 30.
 */
const STEPS = [1, 2, 3, 4, 6] as const;

/**
 * A picture that is older when it comes out of the encoder has waited: an
 * encoder that keeps up takes 5 to 100 ms (software, and V4L2's of a Raspberry
 * Pi 4), and a camera's buffers hold about a second.
 */
const BEHIND_MS = 500;

/** What has waited at the start, or while the machine stood still, is gone then. */
const PATIENCE_MS = 3000;

/** No pictures for so long: this process stood still, and not the encoder. */
const STANDSTILL_MS = 1000;

/** How long a machine keeps up before it is asked for more. */
const CALM_MS = 60_000;

/** The same at the most: it doubles each time that it was too much. */
const MAX_CALM_MS = 32 * CALM_MS;

/** Lets go of pictures where an encoder is too slow, before it falls behind. */
export class EncoderPace {
  #index = 0;
  /** When a picture was in time, or an encoder was started. */
  #inTimeAt = 0;
  #judgedAt = 0;
  /** Since when it keeps up. */
  #calmSince = 0;
  #calmMs = CALM_MS;
  #raised = false;

  /** One in so many pictures is to be encoded. */
  get step(): number {
    return STEPS[this.#index]!;
  }

  /** Whether it falls behind with as few pictures as it can get. */
  get isOverwhelmed(): boolean {
    return this.#index === STEPS.length - 1 &&
      this.#judgedAt - this.#inTimeAt >= PATIENCE_MS;
  }

  /** An encoder is started. */
  begin(now: Milliseconds): void {
    this.#inTimeAt = now;
    this.#judgedAt = now;
    this.#calmSince = now;
  }

  /**
   * Judges by a picture that comes out of the encoder.
   *
   * @returns Whether it is to be started anew, with another {@linkcode step}.
   */
  isToChange(capturedAt: Milliseconds, now: Milliseconds): boolean {
    const isInTime = now - capturedAt <= BEHIND_MS;
    const stoodStill = now - this.#judgedAt > STANDSTILL_MS;
    if (isInTime || stoodStill) this.#inTimeAt = now;
    this.#judgedAt = now;
    if (now - this.#inTimeAt >= PATIENCE_MS) return this.#lower(now);
    return isInTime && now - this.#calmSince >= this.#calmMs && this.#raise();
  }

  #lower(now: Milliseconds): boolean {
    if (this.#raised) this.#calmMs = Math.min(MAX_CALM_MS, 2 * this.#calmMs);
    this.#raised = false;
    this.#calmSince = now;
    if (this.#index === STEPS.length - 1) return false;
    this.#index++;
    return true;
  }

  #raise(): boolean {
    // What it did not take before it may take now.
    if (this.#raised) this.#calmMs = CALM_MS;
    if (this.#index === 0) return false;
    this.#raised = true;
    this.#index--;
    return true;
  }
}
