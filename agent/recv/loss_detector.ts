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

/** What a picture itself shows. */
interface Finding {
  readonly damaged: boolean;
  /** It does not follow the one that came before. */
  readonly broken: boolean;
  /** Pictures before it that never came, as far as they were numbered. */
  readonly missing: number;
}

const NOTHING: Finding = { damaged: false, broken: false, missing: 0 };

/**
 * Looks for losses that no transport tells of. Our own sender numbers its
 * pictures and sums up their bytes; of others only the gaps in frame_num show,
 * and a decoder notices what is left.
 */
export class LossDetector {
  /** Pictures that never came: of gaps in frame_num, one at least. */
  missing = 0;
  #timing: Timing | undefined;
  /** Pictures since then that have lost their number. */
  #unnumbered = 0;
  #reference: number | undefined;

  /** Another sender, or another connection. */
  reset(): void {
    this.#timing = undefined;
    this.#unnumbered = 0;
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
      discontinuity: unit.discontinuity || found.broken,
    };
  }

  #byTiming({ data }: SuspectUnit, timing: Timing | undefined): Finding {
    if (timing === undefined) {
      // Whoever stamps one picture stamps all of them.
      this.#unnumbered++;
      return { ...NOTHING, damaged: true };
    }
    const [last, unnumbered] = [this.#timing, this.#unnumbered];
    this.#timing = timing;
    this.#unnumbered = 0;
    const { epoch, sequence, digest } = timing;
    const damaged = digest !== undefined && digest !== sliceDigest(data);
    if (last === undefined) return { ...NOTHING, damaged };
    // The sender was started anew, which nothing else may have told.
    if (last.epoch !== epoch) return { ...NOTHING, damaged, broken: true };
    const gap = (sequence - last.sequence - 1) >>> 0;
    const missing = gap < HALF ? Math.max(0, gap - unnumbered) : 0;
    return { damaged, broken: gap > 0, missing };
  }

  #byFrameNum({ data }: SuspectUnit, sps: Sps | undefined): Finding {
    const number = sps && pictureNumberOf(data, sps);
    if (number === undefined) return NOTHING;
    const { log2MaxFrameNum } = sps!;
    const last = this.#reference;
    const broken = last !== undefined && isGap(last, number, log2MaxFrameNum);
    const { frameNum, isReference } = number;
    if (isReference) this.#reference = frameNum;
    // The latest that is missing: the next picture is no second gap.
    else if (broken) {
      this.#reference = (frameNum - 1) & 2 ** log2MaxFrameNum - 1;
    }
    return { ...NOTHING, broken, missing: broken ? 1 : 0 };
  }
}
