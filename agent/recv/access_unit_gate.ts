/**
 * Keeps pictures that a loss has spoilt from being shown.
 *
 * @module
 */

import { nalUnitsOf, pictureStart } from "../media/annexb.ts";
import { NAL_UNIT_TYPE, nalUnitType } from "../media/h264.ts";
import { recoveryFrameCount } from "../media/sei.ts";
import { isEntry } from "../media/unit_queue.ts";
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
  /** Not even to be decoded, in a stream that needs what follows. */
  | "skipped"
  /** Not even to be decoded, and neither is what follows. */
  | "held";

/**
 * Judges the access units of a stream, in order. Behind a loss nothing is to be
 * decoded up to a keyframe. A stream without keyframes goes on: it refreshes its
 * pictures part by part, and a decoder that has missed too many of them cannot
 * tell their order any more (frame_num and the picture order count wrap around:
 * ITU-T H.264, 8.2.1). FFmpeg then keeps pictures to itself.
 */
export class AccessUnitGate {
  /** Units that were held back or hidden, though nothing of them is missing. */
  held = 0;
  readonly #policy: LossPolicy;
  #isWhole = true;
  /** The latest entry was a recovery point. */
  #refreshes = false;
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
    this.#spoil();
    this.#refreshes = false;
  }

  /** Judges the next unit. */
  judge(unit: GateUnit, { damaged, discontinuity }: Loss): Verdict {
    if (this.#policy === "pass") return "clean";
    if (damaged || discontinuity) this.#spoil();
    if (isEntry(unit) && !damaged) this.#refreshes = !unit.keyframe;
    if (!damaged) this.#recover(unit);
    if (this.#isWhole) return "clean";
    if (this.#policy === "flag") return "spoilt";
    if (!damaged) this.held++;
    if (this.#refreshes) return damaged ? "skipped" : "hidden";
    return this.#recovering === undefined ? "held" : "hidden";
  }

  #spoil(): void {
    this.#isWhole = false;
    this.#recovering = undefined;
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
