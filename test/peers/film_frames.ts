/**
 * Frames that came over a network, and the film that they are to be of.
 *
 * @module
 */

import assert from "node:assert/strict";
import { MIN_PSNR_DB, psnrOf } from "./psnr.ts";

/** What may be missing. */
export interface Expectation {
  /**
   * Whether the film begins anew at its end.
   *
   * @default {false}
   */
  readonly loop?: boolean;
  /**
   * Whether the program leaves frames out that it is too slow for.
   *
   * @default {false}
   */
  readonly gaps?: boolean;
}

/**
 * Checks that frames are those of a film, in order and none twice, from
 * whichever one on.
 */
export function assertFramesOf(
  film: readonly Uint8Array[],
  frames: readonly { readonly data: Uint8Array }[],
  { loop = false, gaps = false }: Expectation = {},
): void {
  assert.ok(frames.length > 0, "There are no frames");
  let at = bestOf(film, frames[0]!.data);
  let worst = Infinity;
  for (const [i, { data }] of frames.entries()) {
    const found = i === 0 ? at : next(data);
    if (found < 0) {
      const like = bestOf(film, data);
      assert.fail(
        `Frame ${i} is like ${like} of the film; before it was ${at}`,
      );
    }
    at = found;
    worst = Math.min(worst, psnrOf(data, film[at % film.length]!));
  }
  // deno-lint-ignore no-console
  console.log(`${frames.length} frames, worst PSNR ${worst.toFixed(1)} dB`);
  assert.ok(worst >= MIN_PSNR_DB, `Frame ${at} has ${worst} dB`);

  function next(data: Uint8Array): number {
    const end = gaps ? at + film.length : at + 1;
    for (let i = at + 1; i <= end && (loop || i < film.length); i++) {
      if (psnrOf(data, film[i % film.length]!) >= MIN_PSNR_DB) return i;
    }
    return -1;
  }
}

function bestOf(film: readonly Uint8Array[], frame: Uint8Array): number {
  const values = film.map((other) => psnrOf(frame, other));
  return values.indexOf(Math.max(...values));
}
