/**
 * Property tests that need more cases than a library with shrinking has time
 * for.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "./harness.ts";
import { Random, runSeed } from "./random.ts";

/** Registers a test of so many cases; it tells how to repeat what failed. */
export function property(
  name: string,
  cases: number,
  check: (random: Random) => void,
): void {
  test(`${name} (${cases} cases)`, () => {
    const seed = runSeed();
    for (let i = 0; i < cases; i++) {
      try {
        check(new Random(Math.imul(seed, 0x9e3779b1) + i));
      } catch (cause) {
        const message = `Case ${i} failed; repeat with CAMAGENT_SEED=${seed}`;
        throw new assert.AssertionError({
          message: `${message}: ${
            cause instanceof Error ? cause.stack : cause
          }`,
        });
      }
    }
  });
}
