/**
 * Chance that can be repeated: for property tests that need more cases than a
 * library with shrinking has time for.
 *
 * @module
 */

import assert from "node:assert/strict";
import process from "node:process";
import { test } from "./harness.ts";

/** Of this run; `CAMAGENT_SEED=1 deno test ...` repeats one. */
export const SEED = Number(
  process.env["CAMAGENT_SEED"] ?? crypto.getRandomValues(new Uint32Array(1))[0],
) >>> 0;

/** Numbers that follow from a seed (mulberry32, by Tommy Ettinger). */
export class Random {
  #state: number;

  /** Another seed, other numbers. */
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number from 0 to below `end`, which is 2^32 at most. */
  below(end: number): number {
    this.#state = this.#state + 0x6d2b79f5 >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ t >>> 15, t | 1);
    t ^= t + Math.imul(t ^ t >>> 7, t | 61);
    return Math.floor(((t ^ t >>> 14) >>> 0) / 2 ** 32 * end);
  }

  /** A whole number from `min` to `max`. */
  between(min: number, max: number): number {
    return min + this.below(max - min + 1);
  }

  /** True once in `times`. */
  once(times: number): boolean {
    return this.below(times) === 0;
  }

  /** One of several. */
  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }

  /** So many results of `make`. */
  list<T>(length: number, make: () => T): T[] {
    return Array.from({ length }, make);
  }

  /** Bytes, of which every other is one that parsers look for. */
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

  /** A copy with bytes changed, removed, inserted or repeated. */
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

/** Registers a test of so many cases; it tells how to repeat what failed. */
export function property(
  name: string,
  cases: number,
  check: (random: Random) => void,
): void {
  test(`${name} (${cases} cases)`, () => {
    for (let i = 0; i < cases; i++) {
      try {
        check(new Random(Math.imul(SEED, 0x9e3779b1) + i));
      } catch (cause) {
        const message = `Case ${i} failed; repeat with CAMAGENT_SEED=${SEED}`;
        throw new assert.AssertionError({
          message: `${message}: ${
            cause instanceof Error ? cause.stack : cause
          }`,
        });
      }
    }
  });
}
