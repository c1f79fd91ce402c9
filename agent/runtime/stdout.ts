/**
 * This process's stdout, for frames.
 *
 * @module
 */

import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { StreamError } from "../errors.ts";
import { causeOf, codeOf } from "./system_error.ts";

/** Another process may have made the stream non-blocking: it is full then. */
const FULL_MS = 2;

/** Writes all of `bytes`; resolves when the system has taken them. */
export async function writeStdout(
  bytes: Uint8Array<ArrayBuffer>,
): Promise<void> {
  try {
    await ("Deno" in globalThis ? writeDeno(bytes) : writeStream(bytes));
  } catch (cause) {
    const left = codeOf(cause) === "EPIPE";
    const why = left ? "its reader left" : causeOf(cause);
    const message = `Cannot write to stdout: ${why}`;
    throw new StreamError(left ? "ended" : "lost", message, { cause });
  }
}

/** Node's `process.stdout` blocks Deno's event loop on a full pipe. */
async function writeDeno(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    try {
      done += await Deno.stdout.write(bytes.subarray(done));
    } catch (error) {
      if (codeOf(error) !== "EAGAIN") throw error;
      await delay(FULL_MS);
    }
  }
}

function writeStream(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const { stdout } = process;
  // Without a listener a closed pipe is an uncaught exception.
  if (stdout.listenerCount("error") === 0) stdout.on("error", () => {});
  return new Promise((resolve, reject) => {
    stdout.write(bytes, (error) => error ? reject(error) : resolve());
  });
}
