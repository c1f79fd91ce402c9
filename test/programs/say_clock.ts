/**
 * Answers every byte on stdin with what this process takes the time and the
 * boot for.
 *
 * @module
 */

import process from "node:process";
import { bootTag } from "../../agent/runtime/boot.ts";
import { clock } from "../../agent/runtime/clock.ts";

process.stdin.on("data", () => {
  const answer = { now: clock.now(), wallClock: clock.wallClock(), bootTag };
  process.stdout.write(`${JSON.stringify(answer)}\n`);
});
process.stdin.on("end", () => process.exit(0));
