/**
 * This process's stdout, for frames.
 *
 * @module
 */

import process from "node:process";
import { StreamError } from "../errors.ts";

/** Writes all of `bytes`; resolves when the system has taken them. */
export async function writeStdout(
  bytes: Uint8Array<ArrayBuffer>,
): Promise<void> {
  try {
    await ("Deno" in globalThis ? writeDeno(bytes) : writeStream(bytes));
  } catch (cause) {
    throw new StreamError("ended", "Cannot write to stdout: its reader left", {
      cause,
    });
  }
}

/** Node's `process.stdout` blocks Deno's event loop on a full pipe. */
async function writeDeno(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    done += await Deno.stdout.write(bytes.subarray(done));
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
