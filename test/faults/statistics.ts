/**
 * What a series of measurements comes to.
 *
 * @module
 */

/** A value measured at a time. */
export interface Sample {
  /** Milliseconds of any one clock. */
  readonly at: number;
  readonly value: number;
}

/** What one second's samples come to; see {@linkcode perSecond}. */
export interface Second {
  /** Counts seconds from 0. */
  readonly second: number;
  readonly count: number;
  readonly mean: number;
  readonly p95: number;
  readonly max: number;
}

/**
 * Takes a quantile by nearest rank: a value that was measured, never one in
 * between.
 *
 * @param part From 0 (the least) to 1 (the greatest).
 * @throws {RangeError} If there are no values.
 */
export function quantile(values: readonly number[], part: number): number {
  const rank = Math.max(1, Math.ceil(part * values.length));
  const value = values.toSorted((a, b) => a - b)[rank - 1];
  if (value === undefined) {
    throw new RangeError("Cannot take a quantile: there are no values");
  }
  return value;
}

/** Takes the mean; NaN of nothing. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * Sums up second by second, from `from` to before `to`. A second without a
 * sample counts as infinitely bad; a last one that is not whole is left out.
 */
export function perSecond(
  samples: readonly Sample[],
  from: number,
  to: number,
): Second[] {
  const seconds = Math.floor((to - from) / 1000);
  return Array.from({ length: Math.max(0, seconds) }, (_, second) => {
    const start = from + 1000 * second;
    const values = samples
      .filter(({ at }) => at >= start && at < start + 1000)
      .map(({ value }) => value);
    const count = values.length;
    if (count === 0) {
      return { second, count, mean: Infinity, p95: Infinity, max: Infinity };
    }
    const p95 = quantile(values, 0.95);
    const max = quantile(values, 1);
    return { second, count, mean: mean(values), p95, max };
  });
}

/** Tells the longest time from one event to the next; 0 for fewer than two. */
export function worstGap(times: readonly number[]): number {
  const gaps = times.slice(1).map((time, i) => time - times[i]!);
  return gaps.reduce((worst, gap) => Math.max(worst, gap), 0);
}
