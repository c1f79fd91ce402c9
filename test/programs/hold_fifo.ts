/**
 * Opens the FIFO that the first argument names, prints "ready" or why not, and
 * holds it until stdin ends.
 *
 * @module
 */

import process from "node:process";
import { runtime } from "../../agent/runtime/mod.ts";

const path = process.argv[2]!;
try {
  const fifo = await runtime.openFifo({ path, mode: 0o600 });
  process.stdout.write("ready\n");
  process.stdin.on("data", () => {});
  await new Promise((resolve) => process.stdin.on("end", resolve));
  await fifo[Symbol.asyncDispose]();
} catch (error) {
  process.stdout.write(`${error}\n`);
}
