/**
 * Chance that can be repeated: what a test draws follows from a seed, and a
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

  /** Draws a whole number from 0 to below `end`, which is 2^32 at most. */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  /** Draws a whole number from `min` to `max`. */
  between(min: number, max: number): number {
    return min + this.below(max - min + 1);
  }

  /** Says yes with the given probability. Draws once, whatever it is. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** Says yes once in `times`. */
  once(times: number): boolean {
    return this.below(times) === 0;
  }

  /** Draws one of several. */
  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }

  /** Collects so many results of `make`. */
  list<T>(length: number, make: () => T): T[] {
    return Array.from({ length }, make);
  }

  /** Draws bytes, of which every other is one that parsers look for. */
  bytes(length: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(length);
    for (let i = 0; i < length; i++) {
      bytes[i] = this.once(2) ? this.below(256) : this.pick(SPECIAL);
    }
    return bytes;
  }

  /** Cuts an array into pieces: views, some of them empty. */
  chunks(data: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>[] {
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    const longest = this.pick([1, 3, 10, 100]);
    for (let at = 0; at < data.length;) {
      const chunk = data.subarray(at, at + this.between(0, longest));
      chunks.push(chunk);
      at += chunk.length;
    }
    return chunks;
  }

  /** Copies bytes, some of them changed, removed, inserted or repeated. */
  mutate(data: Uint8Array): Uint8Array<ArrayBuffer> {
    const bytes = [...data];
    for (let n = this.between(1, 8); n > 0; n--) {
      const at = this.below(bytes.length + 1);
      const count = this.below(6);
      switch (this.below(5)) {
        case 0:
          bytes.splice(at, count);
          break;
        case 1:
          bytes.splice(at, 0, ...this.bytes(count));
          break;
        case 2:
          bytes.splice(at, 0, ...bytes.slice(at, at + this.below(40)));
          break;
        case 3:
          bytes.splice(at, 1, this.pick(SPECIAL));
          break;
        default:
          bytes.splice(at, 1, (bytes[at] ?? 0) ^ 1 << this.below(8));
      }
    }
    return Uint8Array.from(bytes);
  }
}

/** Of start codes, Exp-Golomb codes and lengths. */
const SPECIAL = [0, 0, 0, 1, 1, 2, 3, 9, 0x41, 0x65, 0x7f, 0x80, 0xfe, 0xff];
