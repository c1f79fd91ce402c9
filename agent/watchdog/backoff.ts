/**
 * How long to wait before the next attempt.
 *
 * @module
 */

import { type Milliseconds, ms } from "../media/time.ts";

/** Short enough that a crashed process costs less than half a second. */
const FIRST_MS = 250;

/** A peer that came back is found within this and a spread. */
export const LONGEST_MS = 5_000;

/** Keeps receivers that lost the same sender from coming back in step. */
const SPREAD = 0.2;

/**
 * Returns the pause before a retry: 250 ms, doubling to the longest, ±20 %.
 *
 * @param retry 1 for the first retry since the stream last delivered.
 * @param random Returns a number in [0, 1).
 * @param longest Where the doubling ends; 5 s.
 */
export function backoff(
  retry: number,
  random: () => number,
  longest: number = LONGEST_MS,
): Milliseconds {
  const pause = Math.min(longest, FIRST_MS * 2 ** (retry - 1));
  return ms(Math.round(pause * (1 + SPREAD * (2 * random() - 1))));
}
