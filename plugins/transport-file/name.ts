/**
 * Names of recordings.
 *
 * @module
 */

import type { Runtime } from "../../mod.ts";

/** How many recordings may differ in their number only. */
const MOST = 10_000;

/** A second of 2 Mbit/s. */
const ROOM_BYTES = 1 << 18;

/** Writes when a segment begins, by the clock on the wall. */
export function segmentName(path: string, now: Date): string {
  const two = (value: number) => `${value}`.padStart(2, "0");
  const day = [now.getMonth() + 1, now.getDate()].map(two).join("");
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map(two);
  return inFront(path, `-${now.getFullYear()}${day}-${time.join("")}`);
}

/**
 * Finds a name that is free: `out.mkv`, else `out-2.mkv`, `out-3.mkv`... Where
 * it stands there is some room, or a full disk would be filled with names.
 *
 * @returns `undefined` if there are too many.
 * @throws {ConfigError} If nothing may stand there.
 * @throws {StreamError} "lost" if the disk is full.
 */
export async function freeName(
  path: string,
  runtime: Pick<Runtime, "kindOfPath" | "replaceFile" | "removeFile">,
): Promise<string | undefined> {
  const trial = `${path}.part`;
  await runtime.replaceFile(trial, [new Uint8Array(ROOM_BYTES)]);
  await runtime.removeFile(trial);
  for (let number = 1; number <= MOST; number++) {
    const name = number === 1 ? path : inFront(path, `-${number}`);
    if (await runtime.kindOfPath(name) === undefined) return name;
  }
  return undefined;
}

/** Puts something in front of the ending. */
function inFront(path: string, text: string): string {
  return path.replace(/\.[^./]*$/, (ending) => `${text}${ending}`);
}
