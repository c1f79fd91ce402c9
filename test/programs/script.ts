/**
 * Scripts of this folder as processes of their own, under the runtime of the
 * tests.
 *
 * @module
 */

import process from "node:process";
import { fileURLToPath } from "node:url";

/** What there is; each says in its own words what it does. */
export type ScriptName =
  | "count_descriptors.ts"
  | "hold_fifo.ts"
  | "hold_group.ts"
  | "say_clock.ts"
  | "send_garbage.ts"
  | "spawn_forever.ts"
  | "write_stdout.ts";

/** Tells the words that start a script. */
export function scriptCommand(
  name: ScriptName,
  ...args: string[]
): [string, ...string[]] {
  const path = fileURLToPath(new URL(name, import.meta.url));
  return "Deno" in globalThis
    ? [process.execPath, "run", "-A", "--no-lock", path, ...args]
    : [process.execPath, path, ...args];
}
