/**
 * What a child process is told and nobody else may read.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { Secret } from "../plugin/runtime.ts";
import { libc, O_CLOEXEC } from "./libc.ts";

/**
 * What a pipe holds at the least (pipe(7)): it is written before anybody reads.
 */
const MOST_BYTES = 4096;

/**
 * Puts bytes into a pipe without a name in any folder, so that nothing is left
 * behind whoever dies. Only processes of our own user reach it, through `/proc`.
 *
 * @throws {RangeError} If there are more bytes than a pipe is sure to hold.
 */
export function openSecret(bytes: Uint8Array<ArrayBuffer>): Secret {
  if (bytes.length > MOST_BYTES) {
    throw new RangeError(`A secret has more than ${MOST_BYTES} bytes`);
  }
  const ends = new Int32Array(2);
  if (libc?.pipe2(new Uint8Array(ends.buffer), O_CLOEXEC) !== 0) {
    return secretFile(bytes);
  }
  const [readEnd = -1, writeEnd = -1] = ends;
  libc.write(writeEnd, bytes, bytes.length);
  libc.close(writeEnd);
  let open = true;
  return {
    path: `/proc/${process.pid}/fd/${readEnd}`,
    [Symbol.dispose]() {
      if (open) libc?.close(readEnd);
      open = false;
    },
  };
}

/** The same, for systems without a C library that we know. */
function secretFile(bytes: Uint8Array<ArrayBuffer>): Secret {
  const path = join(tmpdir(), `camagent-${randomBytes(12).toString("hex")}`);
  // "wx": never through a link that somebody put there.
  writeFileSync(path, bytes, { mode: 0o600, flag: "wx" });
  return { path, [Symbol.dispose]: () => rmSync(path, { force: true }) };
}
