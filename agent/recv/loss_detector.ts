/**
 * What is missing from a stream, as far as it can be told.
 *
 * @module
 */

import { isGap, pictureNumberOf } from "../media/frame_num.ts";
import { sliceDigest } from "../media/slice_digest.ts";
import type { Sps } from "../media/sps.ts";
import type { Timing } from "../media/timing_sei.ts";
import { SlicePattern } from "./slice_pattern.ts";

/** What a unit says of itself. */
export interface SuspectUnit {
  /** An Annex B byte stream. */
  readonly data: Uint8Array;
  /** Who delivered it knows that bytes of it are missing or wrong. */
  readonly damaged: boolean;
  /** Who delivered it knows that something before it is missing. */
  readonly discontinuity: boolean;
  /** Its end may be missing; rather so where other things are missing. */
  readonly mayLackEnd?: boolean;
}

/** What was found. */
export interface Loss {
  /** Bytes of the unit are missing or wrong. */
  readonly damaged: boolean;
  /** Pictures before it are missing. */
  readonly discontinuity: boolean;
}

/**
 * Pictures after a loss of which a doubtful one is taken for damaged: ten
 * seconds of video. Of as many whole ones, a fifth of one is doubtful.
 */
const WARY_FOR = 300;

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
 * pictures and sums up their bytes; of others the gaps in frame_num show, and
 * slices that are not where they always were. A decoder notices what is left.
 */
export class LossDetector {
  /** Pictures that never came: of gaps in frame_num, one at least. */
  missing = 0;
  #timing: Timing | undefined;
  /** Pictures since then that have lost their number. */
  #unnumbered = 0;
  #reference: number | undefined;
  readonly #slices = new SlicePattern();
  /** How many of these are left. */
  #wary = 0;

  /** Another sender, or another connection. */
  reset(): void {
    this.#timing = undefined;
    this.#unnumbered = 0;
    this.#reference = undefined;
    this.#slices.reset();
    this.#wary = 0;
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
    const discontinuity = unit.discontinuity || found.broken;
    const damaged = unit.damaged || found.damaged;
    if (damaged || discontinuity) this.#wary = WARY_FOR;
    else if (this.#wary > 0) this.#wary--;
    const lacksEnd = (unit.mayLackEnd ?? false) && this.#wary > 0;
    return { damaged: damaged || lacksEnd, discontinuity };
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
    const damaged = this.#slices.isBroken(data, sps!);
    const last = this.#reference;
    const broken = last !== undefined && isGap(last, number, log2MaxFrameNum);
    const { frameNum, isReference } = number;
    if (isReference) this.#reference = frameNum;
    // The latest that is missing: the next picture is no second gap.
    else if (broken) {
      this.#reference = (frameNum - 1) & 2 ** log2MaxFrameNum - 1;
    }
    return { damaged, broken, missing: broken ? 1 : 0 };
  }
}
