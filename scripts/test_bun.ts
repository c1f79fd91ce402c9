/**
 * Runs the tests under Bun: `deno task test:bun [<part of a path>...]`.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { dirname } from "node:path";
import process from "node:process";
import { bunCommand } from "./bun.ts";

/** Bun's own limit of 5 s is for unit tests; Deno has none. */
const TIMEOUT_MS = 120_000;

const [bun, ...words] = bunCommand();
const { status } = spawnSync(bun, [
  ...words,
  "test",
  `--timeout=${TIMEOUT_MS}`,
  // They need foreign programs: deno task test:peers.
  "--path-ignore-patterns=test/peers/**",
  ...process.argv.slice(2),
], { cwd: dirname(import.meta.dirname!), stdio: "inherit" });
process.exit(status ?? 1);
