/**
 * This process's stderr, for words.
 *
 * @module
 */

import { write } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

/** Another process may have made the stream non-blocking: it is full then. */
const FULL_MS = 20;

/**
 * Writes to stderr without holding the event loop up, however long a pager or
 * a terminal stands still. Never to be called again before it settles.
 */
export async function writeStderr(text: string): Promise<void> {
  let rest: Uint8Array = new TextEncoder().encode(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(await writeSome(rest));
    } catch (error) {
      const isFull = error instanceof Error && "code" in error &&
        error.code === "EAGAIN";
      if (!isFull) throw error;
      await delay(FULL_MS);
    }
  }
}

function writeSome(bytes: Uint8Array): Promise<number> {
  // Node's `fs.write` blocks Deno's event loop here, `process.stderr` both.
  if ("Deno" in globalThis) return Deno.stderr.write(bytes);
  return new Promise((resolve, reject) => {
    write(2, bytes, (error, count) => error ? reject(error) : resolve(count));
  });
}
