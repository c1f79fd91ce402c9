/**
 * Frames that come out of a decoder in another order than their access units
 * went in.
 *
 * @module
 */

import type { Milliseconds } from "../media/time.ts";
import type { ReceivedUnit } from "./received_unit.ts";

/** What its neighbours make of a frame. */
export interface OrderedFrame {
  /** Grows from frame to frame; by more than one where some are missing. */
  readonly sequence: number;
  /** The origin of the latest unit that has come out so far. */
  readonly latestAt: Milliseconds;
}

/** Follows the frames of one decoder. */
export class FrameOrder {
  #sequence = 0;
  #latest: Pick<ReceivedUnit, "number" | "origin"> | undefined;

  /**
   * Takes the next frame that comes out.
   *
   * @param unit What it is of. A picture that B pictures were predicted from
   * comes behind them, though it went in before.
   */
  take(unit: Pick<ReceivedUnit, "number" | "origin">): OrderedFrame {
    if (unit.number > (this.#latest?.number ?? 0)) this.#latest = unit;
    this.#sequence = Math.max(this.#sequence + 1, unit.number);
    return {
      sequence: this.#sequence,
      latestAt: (this.#latest ?? unit).origin.at,
    };
  }
}
