/**
 * A consumer of frames that does nothing but look at the stamp. It writes
 * `waiting`, then a line per frame: when the last byte was read, and what the
 * stamp says.
 *
 *     deno run -A bench/reader.ts PATH WIDTH HEIGHT [PAUSE_MS]
 *
 * @module
 */

import { openSync, readSync, writeSync } from "node:fs";
import process from "node:process";
import { type Microseconds, us } from "../agent/media/time.ts";
import { now } from "./clock.ts";
import { readStamp, type Stamp } from "./stamp.ts";

/** One frame as the reader saw it. */
export interface Sighting {
  /** CLOCK_MONOTONIC when its last byte had been read. */
  readonly readAt: Microseconds;
  /** What it carried; `undefined` if that could not be read. */
  readonly stamp: Stamp | undefined;
}

/** What the reader says before it opens the pipe. */
export const WAITING = "waiting";

/** Puts a sighting into a line. */
export function formatSighting({ readAt, stamp }: Sighting): string {
  return stamp === undefined
    ? `${readAt}`
    : `${readAt} ${stamp.counter} ${stamp.time}`;
}

/** Reads such a line back. */
export function parseSighting(line: string): Sighting {
  const [readAt = NaN, counter, time] = line.split(" ").map(Number);
  return {
    readAt: us(readAt),
    stamp: counter === undefined || time === undefined
      ? undefined
      : { counter, time: us(time) },
  };
}

if (import.meta.main) {
  const [path = "", ...numbers] = process.argv.slice(2);
  const [width = 0, height = 0, pauseMs = 0] = numbers.map(Number);
  writeSync(1, `${WAITING}\n`);
  watch(openSync(path, "r"), width, height, pauseMs);
}

/** Reads until the pipe ends. Blocks: it has nothing else. */
function watch(
  pipe: number,
  width: number,
  height: number,
  pauseMs: number,
): void {
  const asleep = new Int32Array(new SharedArrayBuffer(4));
  const frame = new Uint8Array(width * height * 3);
  while (readWhole(pipe, frame)) {
    const readAt = now();
    const stamp = readStamp(frame, width, height);
    writeSync(1, `${formatSighting({ readAt, stamp })}\n`);
    if (pauseMs > 0) Atomics.wait(asleep, 0, 0, pauseMs);
  }
}

/** @returns Whether a whole frame came before the pipe ended. */
function readWhole(pipe: number, frame: Uint8Array): boolean {
  for (let filled = 0; filled < frame.length;) {
    const count = readSync(pipe, frame, filled, frame.length - filled, null);
    if (count === 0) return false;
    filled += count;
  }
  return true;
}
