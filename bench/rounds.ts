/**
 * All rows at one size, by turns.
 *
 * @module
 */

import { type FirstFrames, measureFirstFrames } from "./first_frame.ts";
import { measure, type Run } from "./measure.ts";
import type { Options } from "./options.ts";
import type { Row } from "./pipelines.ts";
import type { Format } from "./rig.ts";
import { summarize, type Summary } from "./statistics.ts";

/** One row at one size; without figures if it delivered nothing. */
export interface Result {
  readonly format: Format;
  readonly name: string;
  readonly title: string;
  /** The row that it is compared with, where that is another than most have. */
  readonly floor?: string;
  /** How old frames were. */
  readonly summary?: Summary;
  /** What joins took, where these were measured instead. */
  readonly firstFrames?: FirstFrames;
}

/** What both kinds of measurement need. */
export interface Turn {
  readonly format: Format;
  readonly options: Options;
  readonly signal: AbortSignal;
  /** Takes a line for the operator. */
  readonly log: (line: string) => void;
}

/** Rows take turns this long, so that all of them see the same noise. */
const ROUND_SECONDS = 20;

/** Measures the age of frames. */
export async function runRows(turn: Turn): Promise<Result[]> {
  const { format, options } = turn;
  const rounds = Math.max(1, Math.round(options.seconds / ROUND_SECONDS));
  const runs = new Map<Row, Run[]>(options.rows.map((row) => [row, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const [row, done] of runs) {
      turn.log(`${describe(row, format)}, round ${round} of ${rounds}`);
      const seconds = options.seconds / rounds;
      const run = await attempt(turn, () =>
        measure(row, {
          format,
          camagent: options.camagent,
          seconds,
          signal: turn.signal,
        }));
      // A pipeline that failed once has no figures to be proud of.
      if (run === undefined) runs.delete(row);
      else done.push(run);
    }
  }
  return options.rows.map((row) => {
    const done = runs.get(row);
    const result = { format, ...namesOf(row) };
    return done === undefined
      ? result
      : { ...result, summary: summarize(done) };
  });
}

/** Measures what receivers wait for that join a running sender. */
export async function joinRows(turn: Turn): Promise<Result[]> {
  const { format, options, signal } = turn;
  const results: Result[] = [];
  for (const row of options.rows) {
    turn.log(`${describe(row, format)}, joins`);
    const firstFrames = await attempt(
      turn,
      () =>
        measureFirstFrames(row, { format, camagent: options.camagent, signal }),
    );
    const result = { format, ...namesOf(row) };
    results.push(firstFrames ? { ...result, firstFrames } : result);
  }
  return results;
}

/** @returns `undefined` if it failed for another reason than the user. */
async function attempt<T>(
  { signal, log }: Turn,
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (signal.aborted) throw error;
    log(error instanceof Error ? error.message : String(error));
    return undefined;
  }
}

function namesOf({ name, title, floor }: Row): Omit<Result, "format"> {
  return { name, title, ...(floor !== undefined && { floor }) };
}

function describe({ name }: Row, { width, height }: Format): string {
  return `${width}x${height} ${name}`;
}
