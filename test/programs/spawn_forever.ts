/**
 * Starts the program "forever" as the agent starts its children, prints its
 * number, and waits to be killed.
 *
 * @module
 */

import process from "node:process";
import { runtime } from "../../agent/runtime/mod.ts";
import { programPath } from "./mod.ts";

const child = await runtime.spawn({
  command: programPath("forever"),
  args: [],
  signal: new AbortController().signal,
});
process.stdout.write(`${child.pid}\n`);
await child.exit;
