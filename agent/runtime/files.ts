/**
 * Files that appear and disappear as a whole.
 *
 * @module
 */

import { access, constants, open, rename, rm, stat } from "node:fs/promises";
import process from "node:process";
import { ConfigError } from "../errors.ts";
import type { PathKind } from "../plugin/runtime.ts";

let count = 0;

/** Replaces `path` in one step, so that no reader sees half a file. */
export async function replaceFile(
  path: string,
  parts: Iterable<Uint8Array>,
): Promise<void> {
  const fresh = `${path}.${process.pid}.${count++}`;
  try {
    // "wx": never through a link that somebody put there.
    const file = await open(fresh, "wx", 0o600);
    try {
      await file.writev([...parts]);
    } finally {
      await file.close();
    }
    await rename(fresh, path);
  } catch (error) {
    await rm(fresh, { force: true });
    throw error;
  }
}

/** Removes a file if it is there. */
export async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true });
}

/** Tells what stands at a path, links followed. */
export async function kindOfPath(path: string): Promise<PathKind | undefined> {
  const stats = await stat(path).catch(() => undefined);
  if (stats === undefined) return undefined;
  try {
    await access(path, constants.R_OK);
  } catch (cause) {
    throw new ConfigError(`Cannot read "${path}": no permission`, {
      exitCode: 77,
      cause,
    });
  }
  if (stats.isDirectory()) return "folder";
  if (stats.isFIFO()) return "fifo";
  if (stats.isSocket()) return "socket";
  return stats.isFile() ? "file" : "device";
}
