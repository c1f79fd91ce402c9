/**
 * Files that appear and disappear as a whole.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import { access, constants, open, rename, rm, stat } from "node:fs/promises";
import { ConfigError, StreamError } from "../errors.ts";
import type { PathKind } from "../plugin/runtime.ts";
import { causeOf, codeOf, pathRefusalOf } from "./system_error.ts";

class DiskFullError extends Error {
  readonly code = "ENOSPC";
}

/**
 * Replaces `path` in one step, so that no reader sees half a file.
 *
 * @param mode Its permission bits.
 */
export async function replaceFile(
  path: string,
  parts: Iterable<Uint8Array>,
  mode = 0o600,
): Promise<void> {
  const buffers = [...parts];
  const fresh = `${path}.${randomBytes(6).toString("hex")}`;
  try {
    // "wx": never through a link that somebody put there.
    const file = await open(fresh, "wx", 0o600);
    try {
      // The process's umask takes bits away from what open() is given.
      await file.chmod(mode);
      const length = buffers.reduce((sum, part) => sum + part.length, 0);
      const { bytesWritten } = await file.writev(buffers);
      // Bun 1.4.5 does not report a disk that was full in the middle.
      if (bytesWritten !== length) throw new DiskFullError();
    } finally {
      await file.close();
    }
    await rename(fresh, path);
  } catch (cause) {
    await rm(fresh, { force: true }).catch(() => {});
    const refusal = pathRefusalOf(codeOf(cause));
    const message = `Cannot write "${path}": ${refusal ?? causeOf(cause)}`;
    throw refusal === undefined
      ? new StreamError("lost", message, { cause })
      : new ConfigError(message, { exitCode: 73, cause });
  }
}

/** Reads a whole file, in case it is small enough. */
export async function readFile(
  path: string,
  most: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const refuse = (why: string, cause?: unknown) =>
    new ConfigError(`Cannot read "${path}": ${why}`, { exitCode: 66, cause });
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    await using file = await open(path, "r");
    if (!(await file.stat()).isFile()) throw refuse("it is no file");
    bytes = new Uint8Array(most + 1);
    const { bytesRead } = await file.read(bytes, 0, most + 1, 0);
    bytes = bytes.slice(0, bytesRead);
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    throw refuse(READ_REFUSALS[codeOf(cause)] ?? causeOf(cause), cause);
  }
  if (bytes.length <= most) return bytes;
  throw refuse(`it has more than ${most} bytes`);
}

/** Why a file cannot be read. */
const READ_REFUSALS: Record<string, string> = {
  EACCES: "no permission",
  EISDIR: "it is a folder",
  ENOENT: "no such file",
};

/** Removes a file if it is there. */
export async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true });
}

/** Tells what stands at a path, links followed. */
export async function kindOfPath(path: string): Promise<PathKind | undefined> {
  try {
    const stats = await stat(path);
    await access(path, constants.R_OK);
    if (stats.isDirectory()) return "folder";
    if (stats.isFIFO()) return "fifo";
    if (stats.isSocket()) return "socket";
    return stats.isFile() ? "file" : "device";
  } catch (cause) {
    const code = codeOf(cause);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    const why = code === "EACCES" ? "no permission" : code;
    throw new ConfigError(`Cannot read "${path}": ${why}`, {
      exitCode: code === "EACCES" ? 77 : 66,
      cause,
    });
  }
}
