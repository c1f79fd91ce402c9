/**
 * Keeps pictures that a loss has spoilt from being shown.
 *
 * @module
 */

import { nalUnitsOf, pictureStart } from "../media/annexb.ts";
import { NAL_UNIT_TYPE, nalUnitType } from "../media/h264.ts";
import { recoveryFrameCount } from "../media/sei.ts";
import type { Loss } from "./loss_detector.ts";

/**
 * What becomes of pictures after a loss: held back until the stream is whole
 * again, shown with a flag, or shown as if nothing had happened.
 */
export type LossPolicy = "hold" | "flag" | "pass";

/** What a gate has to know of an access unit. */
export interface GateUnit {
  /** An Annex B byte stream. */
  readonly data: Uint8Array;
  /** Whether a decoder may start here. */
  readonly keyframe: boolean;
  /** Carries a recovery point. */
  readonly recoveryPoint: boolean;
}

/** What is to become of an access unit. */
export type Verdict =
  /** It is whole, and so is what it was predicted from. */
  | "clean"
  /** To be decoded, for later pictures, and not shown. */
  | "hidden"
  /** Spoilt; to be shown with a flag. */
  | "spoilt"
  /** Not even to be decoded. */
  | "held";

/** Judges the access units of a stream, in order. */
export class AccessUnitGate {
  /** Units that were held back or hidden, though nothing of them is missing. */
  held = 0;
  readonly #policy: LossPolicy;
  #isWhole = true;
  /** Reference pictures that are left until the stream is whole again. */
  #recovering: number | undefined;

  constructor(policy: LossPolicy) {
    this.#policy = policy;
  }

  /** Whether nothing is known to be spoilt. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** Another sender, or another connection: nothing is missing yet. */
  reset(): void {
    this.#isWhole = true;
    this.#recovering = undefined;
  }

  /** Something is missing, or a decoder said so: what follows is spoilt. */
  close(): void {
    this.#isWhole = false;
    this.#recovering = undefined;
  }

  /** Judges the next unit. */
  judge(unit: GateUnit, { damaged, discontinuity }: Loss): Verdict {
    if (this.#policy === "pass") return "clean";
    if (damaged || discontinuity) this.close();
    if (!damaged) this.#recover(unit);
    if (this.#isWhole) return "clean";
    if (this.#policy === "flag") return "spoilt";
    if (!damaged) this.held++;
    return this.#recovering === undefined ? "held" : "hidden";
  }

  #recover(unit: GateUnit): void {
    if (this.#isWhole) return;
    if (unit.keyframe) return this.reset();
    if (this.#recovering !== undefined) {
      if (isReference(unit.data)) this.#recovering--;
    } else if (unit.recoveryPoint) {
      this.#recovering = recoveryCountOf(unit.data);
    }
    if (this.#recovering !== undefined && this.#recovering <= 0) this.reset();
  }
}

function isReference(data: Uint8Array): boolean {
  return ((data[pictureStart(data) + 3] ?? 0) & 0x60) !== 0;
}

function recoveryCountOf(data: Uint8Array): number | undefined {
  for (const nalUnit of nalUnitsOf(data.subarray(0, pictureStart(data)))) {
    if (nalUnitType(nalUnit) !== NAL_UNIT_TYPE.sei) continue;
    const count = recoveryFrameCount(nalUnit);
    if (count !== undefined) return count;
  }
  return undefined;
}
