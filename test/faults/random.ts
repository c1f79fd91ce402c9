/**
 * Chance that can be repeated: what a fault does is drawn from a seed, and a
 * failing run names the seed that brings it back.
 *
 * @module
 */

import process from "node:process";

const UINT32 = 2 ** 32;

let announced: number | undefined;

/**
 * Returns this run's seed: `CAMAGENT_SEED`, else one drawn once per process,
 * which stderr is told, so that a failure can be repeated.
 *
 * @throws {TypeError} If `CAMAGENT_SEED` is not a whole number below 2^32.
 */
export function runSeed(): number {
  if (announced !== undefined) return announced;
  const text = process.env["CAMAGENT_SEED"];
  announced = text ? parseSeed(text) : Math.floor(Math.random() * UINT32);
  process.stderr.write(`CAMAGENT_SEED=${announced} repeats this run\n`);
  return announced;
}

/** Reads a seed as a user writes it. */
export function parseSeed(text: string): number {
  const seed = Number(text);
  if (!/^\d+$/.test(text) || seed >= UINT32) {
    throw new TypeError(
      `Cannot use seed "${text}": not a whole number below ${UINT32}`,
    );
  }
  return seed;
}

/** A stream of repeatable random numbers. */
export class Random {
  /** What it was started with; printed by whoever draws from it. */
  readonly seed: number;
  #state: number;

  /** Starts the stream of `seed`, or of this run's seed. */
  constructor(seed: number = runSeed()) {
    this.seed = seed >>> 0;
    this.#state = this.seed;
  }

  /** Draws a number from 0 to below 1, in steps of 2^-32. */
  next(): number {
    // mulberry32 by Tommy Ettinger, public domain; period 2^32.
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / UINT32;
  }

  /** Draws a whole number from `low` to `high`, both included. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  /** Says yes with the given probability. Draws once, whatever it is. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }
}
