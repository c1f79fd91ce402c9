/**
 * A clock that stands still until a test moves it.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import {
  type Microseconds,
  type Milliseconds,
  ms,
  us,
} from "../../agent/media/time.ts";
import type { Clock } from "../../agent/plugin/runtime.ts";

interface Sleeper {
  readonly dueAt: number;
  wake(): void;
}

/** A {@linkcode Clock} for tests. Begins at 1 s, on 2026-01-01 UTC. */
export class FakeClock implements Clock {
  #now = 1_000;
  #sleepers: Sleeper[] = [];

  /** How many sleeps are under way; 0 once everything has cleaned up. */
  get sleeping(): number {
    return this.#sleepers.length;
  }

  /** Reads the fake monotonic time. */
  now(): Milliseconds {
    return ms(this.#now);
  }

  /** Reads the fake time of day. */
  wallClock(): Microseconds {
    return us((Date.UTC(2026, 0) + this.#now) * 1_000);
  }

  /** Resolves once {@linkcode advance} has gone that far. */
  sleep(duration: Milliseconds, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const leave = () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        signal?.removeEventListener("abort", abort);
      };
      const abort = () => {
        leave();
        reject(signal?.reason);
      };
      const sleeper: Sleeper = {
        dueAt: this.#now + Math.max(0, duration),
        wake() {
          leave();
          resolve();
        },
      };
      signal?.addEventListener("abort", abort);
      this.#sleepers.push(sleeper);
    });
  }

  /**
   * Moves the time on and ends the sleeps that fall due, in their order. What
   * each of them sets off has happened before the next one ends, new sleeps
   * included.
   */
  async advance(duration: number): Promise<void> {
    const target = this.#now + duration;
    for (;;) {
      await settle();
      const next = this.#earliest();
      if (next === undefined || next.dueAt > target) break;
      this.#now = Math.max(this.#now, next.dueAt);
      next.wake();
    }
    this.#now = target;
  }

  /**
   * Moves the time on at once, as if the process had been stopped: every sleep
   * that fell due meanwhile ends late.
   */
  async jump(duration: number): Promise<void> {
    this.#now += duration;
    await this.advance(0);
  }

  #earliest(): Sleeper | undefined {
    return this.#sleepers.reduce<Sleeper | undefined>(
      (first, other) => first && first.dueAt <= other.dueAt ? first : other,
      undefined,
    );
  }
}

/** Lets every promise that can settle without the clock do so. */
export function settle(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
