/**
 * What is missing from a stream, as far as it can be told.
 *
 * @module
 */

import { isGap, pictureNumberOf } from "../media/frame_num.ts";
import { sliceDigest } from "../media/slice_digest.ts";
import type { Sps } from "../media/sps.ts";
import type { Timing } from "../media/timing_sei.ts";

/** What a unit says of itself. */
export interface SuspectUnit {
  /** An Annex B byte stream. */
  readonly data: Uint8Array;
  /** Who delivered it knows that bytes of it are missing or wrong. */
  readonly damaged: boolean;
  /** Who delivered it knows that something before it is missing. */
  readonly discontinuity: boolean;
}

/** What was found. */
export interface Loss {
  /** Bytes of the unit are missing or wrong. */
  readonly damaged: boolean;
  /** Pictures before it are missing. */
  readonly discontinuity: boolean;
}

/** Half of the range of a sequence number: beyond, it has gone back. */
const HALF = 2 ** 31;

/** A picture that was found whole in itself, or not. */
interface Continuity {
  damaged: boolean;
  /** Pictures before it that are missing, as far as they were numbered. */
  missing: number;
}

/**
 * Looks for losses that no transport tells of. Our own sender numbers its
 * pictures and sums up their bytes; of others only the gaps in frame_num show,
 * and a decoder notices what is left.
 */
export class LossDetector {
  /** Pictures that never came, where the sender numbers them. */
  missing = 0;
  #timing: Timing | undefined;
  #reference: number | undefined;

  /** Another sender, or another connection. */
  reset(): void {
    this.#timing = undefined;
    this.#reference = undefined;
  }

  /**
   * Judges the next unit.
   *
   * @param timing What our own sender said of it.
   * @param sps What it is coded by, where that is known.
   */
  judge(
    unit: SuspectUnit,
    timing: Timing | undefined,
    sps: Sps | undefined,
  ): Loss {
    const found = timing || this.#timing
      ? this.#byTiming(unit, timing)
      : this.#byFrameNum(unit, sps);
    this.missing += found.missing;
    return {
      damaged: unit.damaged || found.damaged,
      discontinuity: unit.discontinuity || found.missing > 0,
    };
  }

  #byTiming({ data }: SuspectUnit, timing: Timing | undefined): Continuity {
    // Whoever stamps one picture stamps all of them.
    if (timing === undefined) return { damaged: true, missing: 0 };
    const last = this.#timing;
    this.#timing = timing;
    const { epoch, sequence, digest } = timing;
    const damaged = digest !== undefined && digest !== sliceDigest(data);
    const isNext = last?.epoch === epoch;
    const gap = isNext ? (sequence - last.sequence - 1) >>> 0 : 0;
    return { damaged, missing: gap < HALF ? gap : 1 };
  }

  #byFrameNum({ data }: SuspectUnit, sps: Sps | undefined): Continuity {
    const number = sps && pictureNumberOf(data, sps);
    if (number === undefined) return { damaged: false, missing: 0 };
    const last = this.#reference;
    if (number.isReference) this.#reference = number.frameNum;
    const missing = last !== undefined &&
      isGap(last, number, sps!.log2MaxFrameNum);
    return { damaged: false, missing: missing ? 1 : 0 };
  }
}
