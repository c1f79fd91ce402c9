/**
 * What the stand-in says, and to whom.
 *
 * @module
 */

import { appendFileSync, writeSync } from "node:fs";
import { uptime } from "node:os";
import process from "node:process";
import type { Play } from "./scenario.ts";

/** A line of libcamera's own log. */
export function libcamera(level: string, place: string, text: string): void {
  const seconds = uptime();
  const hours = Math.floor(seconds / 3600);
  const minutes = `${Math.floor(seconds / 60) % 60}`.padStart(2, "0");
  const rest = (seconds % 60).toFixed(9).padStart(12, "0");
  say(
    `[${hours}:${minutes}:${rest}] [${process.pid}] ${level.padStart(5)} ` +
      `${place} ${text}`,
  );
}

/** Text as bytes. */
export function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** A line on stderr. */
export function say(line: string): void {
  writeSync(2, encode(`${line}\n`));
}

/** A line for the tests. */
export function note(play: Play, what: Record<string, unknown>): void {
  if (play.log) appendFileSync(play.log, `${JSON.stringify(what)}\n`);
}
