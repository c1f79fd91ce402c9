/**
 * Whether all slices of a picture are there.
 *
 * @module
 */

import { type SliceHeader, sliceHeadersOf } from "../media/slice_header.ts";
import type { Sps } from "../media/sps.ts";

/** Pictures in a row that are to be cut alike before others look strange. */
const LEARNT_AFTER = 30;

/**
 * Pictures in a row that lack the same slices: no loss, but an encoder that
 * goes another way.
 */
const ACCEPTED_AFTER = 3;

/** Kinds of pictures that are told apart; beyond, all is forgotten. */
const MAX_KINDS = 32;

/** How the pictures of one kind are cut. */
interface Pattern {
  /** Where their slices begin. */
  starts: readonly number[];
  /** How many there were in a row. */
  run: number;
  /** Of the latest that lacked some of these, and how many in a row did. */
  rest: readonly number[];
  restRun: number;
}

/**
 * Learns where the slices of pictures begin. Encoders cut all pictures of a
 * kind alike, or each in its own way; of the former a slice that is missing
 * shows, as long as its beginning is what was lost.
 */
export class SlicePattern {
  readonly #patterns = new Map<string, Pattern>();

  /** Another sender, or another connection. */
  reset(): void {
    this.#patterns.clear();
  }

  /**
   * Judges the next picture.
   *
   * @returns Whether bytes of it are missing for sure.
   */
  isBroken(data: Uint8Array, sps: Sps): boolean {
    const slices = sliceHeadersOf(data, sps);
    const [first] = slices;
    if (first === undefined) return false;
    // One picture ran into the next (ITU-T H.264, 7.4.1.2.4).
    if (slices.some(({ frameNum }) => frameNum !== first.frameNum)) return true;
    const macroblocks = sps.codedWidth * sps.codedHeight >> 8;
    if (slices.some(({ firstMb }) => firstMb >= macroblocks)) return true;
    return this.#lacksSlices(first, slices.map(({ firstMb }) => firstMb));
  }

  #lacksSlices(
    { header, sliceType }: SliceHeader,
    starts: readonly number[],
  ): boolean {
    const kind = `${header} ${sliceType}`;
    const known = this.#patterns.get(kind);
    if (known !== undefined && isEqual(known.starts, starts)) {
      known.run++;
      known.restRun = 0;
      return false;
    }
    const lacks = known !== undefined && known.run >= LEARNT_AFTER &&
      starts.length < known.starts.length &&
      starts.every((start) => known.starts.includes(start));
    if (lacks) {
      known.restRun = isEqual(known.rest, starts) ? known.restRun + 1 : 1;
      known.rest = starts;
      if (known.restRun < ACCEPTED_AFTER) return true;
    }
    if (this.#patterns.size >= MAX_KINDS) this.#patterns.clear();
    this.#patterns.set(kind, { starts, run: 1, rest: [], restRun: 0 });
    return false;
  }
}

function isEqual(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}
