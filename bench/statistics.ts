/**
 * From what the reader saw to the figures of a table row.
 *
 * @module
 */

import { type Milliseconds, ms } from "../agent/media/time.ts";
import type { Role, Run, Usage } from "./measure.ts";
import type { Sighting } from "./reader.ts";

/** How old frames were. */
export interface Ages {
  readonly p50: Milliseconds;
  readonly p95: Milliseconds;
  readonly p99: Milliseconds;
  readonly max: Milliseconds;
}

/** How many frames went which way. */
export interface Counts {
  /** Handed over between the first and the last that was counted. */
  readonly sent: number;
  /** Of these, read at least once. */
  readonly received: number;
  /** Of these, never read. */
  readonly lost: number;
  /** Read again. */
  readonly repeated: number;
  /** Read with a damaged stamp; they are among the lost ones too. */
  readonly unreadable: number;
}

/** One pipeline over all its runs. */
export interface Summary extends Counts {
  readonly ages: Ages;
  /** Pictures the camera could hand over per second. */
  readonly fps: number;
  /** Median over the runs. */
  readonly firstFrame: Milliseconds;
  /** Mean over the runs. */
  readonly usage: Readonly<Record<Role, Usage>>;
}

/**
 * Puts runs of one pipeline together.
 *
 * @throws {RangeError} If no frame was counted.
 */
export function summarize(runs: readonly Run[]): Summary {
  const counts = runs.map(({ sightings }) => count(sightings));
  const total = (key: keyof Counts) => sum(counts.map((one) => one[key]));
  const usage = (role: Role) => meanUsage(runs.map((run) => run.usage[role]));
  return {
    ages: summarizeAges(runs.flatMap(({ sightings }) => agesOf(sightings))),
    sent: total("sent"),
    received: total("received"),
    lost: total("lost"),
    repeated: total("repeated"),
    unreadable: total("unreadable"),
    fps: mean(runs.map(({ sightings }) => rateOf(sightings))),
    firstFrame: percentile(runs.map(({ firstFrame }) => firstFrame), 50),
    usage: {
      source: usage("source"),
      sender: usage("sender"),
      receiver: usage("receiver"),
      reader: usage("reader"),
    },
  };
}

/** Counts frames by the counter they carry. */
export function count(sightings: readonly Sighting[]): Counts {
  const counters = sightings.flatMap(({ stamp }) => stamp?.counter ?? []);
  const received = new Set(counters).size;
  const sent = received === 0
    ? 0
    : Math.max(...counters) - Math.min(...counters) + 1;
  return {
    sent,
    received,
    lost: sent - received,
    repeated: counters.length - received,
    unreadable: sightings.length - counters.length,
  };
}

/** The age of every frame when it was read for the first time. */
export function agesOf(sightings: readonly Sighting[]): Milliseconds[] {
  const seen = new Set<number>();
  return sightings.flatMap(({ stamp, readAt }) => {
    if (stamp === undefined || seen.has(stamp.counter)) return [];
    seen.add(stamp.counter);
    return ms((readAt - stamp.time) / 1000);
  });
}

/** The camera's rate: below the nominal one where its encoder held it up. */
function rateOf(sightings: readonly Sighting[]): number {
  const stamps = sightings.flatMap(({ stamp }) => stamp ?? []);
  const [first, last] = [stamps.at(0), stamps.at(-1)];
  if (first === undefined || last === undefined) return 0;
  const elapsed = last.time - first.time;
  return elapsed > 0 ? (last.counter - first.counter) / elapsed * 1e6 : 0;
}

/**
 * The smallest value that at least `percent` of the values do not exceed
 * (nearest rank: always a value that was measured).
 *
 * @throws {RangeError} If there are no values.
 */
export function percentile<T extends number>(
  values: readonly T[],
  percent: number,
): T {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = Math.ceil(sorted.length * percent / 100);
  const value = sorted[Math.max(rank, 1) - 1];
  if (value === undefined) throw new RangeError("Cannot sum up no values");
  return value;
}

/** Sums up ages. */
export function summarizeAges(ages: readonly Milliseconds[]): Ages {
  return {
    p50: percentile(ages, 50),
    p95: percentile(ages, 95),
    p99: percentile(ages, 99),
    max: percentile(ages, 100),
  };
}

function meanUsage(usages: readonly Usage[]): Usage {
  return {
    own: mean(usages.map(({ own }) => own)),
    children: mean(usages.map(({ children }) => children)),
    residentMb: mean(usages.map(({ residentMb }) => residentMb)),
  };
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
