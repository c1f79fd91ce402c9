/**
 * How long frames are away after a fault, and how old they are otherwise.
 *
 * @module
 */

import { clock } from "../../agent/runtime/clock.ts";
import { within } from "./deadline.ts";
import {
  perSecond,
  quantile,
  type Sample,
  type Second,
  worstGap,
} from "./statistics.ts";

/** What a reader tells of a frame; all times are of CLOCK_MONOTONIC, in ms. */
export type WatchedFrame =
  & {
    /** When its last byte arrived. */
    arrivedAt: number;
    /** Whether it is whole and what it should be. */
    ok: boolean;
  }
  & ({
    /** When it was captured. */
    capturedAt: number;
  } | {
    /** Counts the frames of the source, which outlives the fault. */
    sequence: number;
  });

/** What the recoveries so far come to, in ms. */
export interface RecoverySummary {
  /** Faults with a good frame in time after them. */
  readonly count: number;
  /** Faults without. */
  readonly missed: number;
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
}

/** How a watch is set up. */
export interface FrameWatchOptions {
  /** The clock of `arrivedAt` and `capturedAt`. */
  now?: () => number;
  /**
   * How many frames without a capture time may be on their way at the fault:
   * so many after the last one seen do not count as recovered.
   */
  inFlight?: number;
}

/** A fault whose recovery is waited for. */
interface Pending {
  readonly faultAt: number;
  readonly lastSequence: number;
  recovered(ms: number): void;
}

/** Sees every frame, and measures from a fault to the next good one. */
export class FrameWatch {
  /** Frames that were not what they should be. */
  bad = 0;
  /** Times from each fault to the next good frame, in ms. */
  readonly recoveries: number[] = [];
  readonly #now: () => number;
  readonly #inFlight: number;
  /** When the good frames arrived. */
  readonly #arrivals: number[] = [];
  /** How old they were then, where that is known. */
  readonly #ages: Sample[] = [];
  #lastSequence = -1;
  #missed = 0;
  #measuring = false;
  #pending: Pending | undefined;

  /** Starts without a frame. */
  constructor({ now = clock.now, inFlight = 0 }: FrameWatchOptions = {}) {
    this.#now = now;
    this.#inFlight = inFlight;
  }

  /** How many good frames were seen. */
  get good(): number {
    return this.#arrivals.length;
  }

  /** Takes notice of a frame, in order of arrival. */
  frame(frame: WatchedFrame): void {
    if (!frame.ok) {
      this.bad++;
      return;
    }
    const { arrivedAt } = frame;
    this.#arrivals.push(arrivedAt);
    if ("capturedAt" in frame) {
      this.#ages.push({ at: arrivedAt, value: arrivedAt - frame.capturedAt });
    } else {
      this.#lastSequence = Math.max(this.#lastSequence, frame.sequence);
    }
    const pending = this.#pending;
    if (pending && this.#isNewer(frame, pending)) {
      pending.recovered(arrivedAt - pending.faultAt);
    }
  }

  /**
   * Injects a fault, and waits for a good frame that is newer than it: what
   * was on its way already is no recovery. The time counts from when `fault`
   * settled, so that "the link is gone for 10 s" measures from its return.
   *
   * @returns Milliseconds from the fault to that frame's arrival.
   * @throws {Error} If there is none within `deadlineMs`, or `fault` failed.
   */
  async faultAndMeasure(
    fault: () => unknown,
    { deadlineMs }: { deadlineMs: number },
  ): Promise<number> {
    if (this.#measuring) throw new Error("Cannot measure two faults at a time");
    this.#measuring = true;
    try {
      await fault();
      const recovery = await this.#recovery(deadlineMs);
      this.recoveries.push(recovery);
      return recovery;
    } finally {
      this.#measuring = false;
      this.#pending = undefined;
    }
  }

  /** Sums the recoveries up; without one, all times are infinite. */
  summary(): RecoverySummary {
    const [p50, p95, max] = [0.5, 0.95, 1].map((part) =>
      this.recoveries.length > 0 ? quantile(this.recoveries, part) : Infinity
    );
    const { length: count } = this.recoveries;
    return { count, missed: this.#missed, p50: p50!, p95: p95!, max: max! };
  }

  /** Sums the ages of frames up, for each second between two times. */
  ages(from: number, to: number): Second[] {
    return perSecond(this.#ages, from, to);
  }

  /** Tells the longest time without a good frame between two times, in ms. */
  worstGap(from: number, to: number): number {
    const between = this.#arrivals.filter((at) => at > from && at < to);
    return worstGap([from, ...between, to]);
  }

  async #recovery(deadlineMs: number): Promise<number> {
    const back = new Promise<number>((recovered) => {
      const lastSequence = this.#lastSequence;
      this.#pending = { faultAt: this.#now(), lastSequence, recovered };
    });
    try {
      return await within(deadlineMs, "good frame", back);
    } catch (error) {
      this.#missed++;
      throw error;
    }
  }

  #isNewer(frame: WatchedFrame, { faultAt, lastSequence }: Pending): boolean {
    return "capturedAt" in frame
      ? frame.capturedAt > faultAt
      : frame.sequence > lastSequence + this.#inFlight;
  }
}
