/**
 * Finds Bun, which the project never installs.
 *
 * @module
 */

import { spawnSync } from "node:child_process";

/** The version that everything here is tested with. */
export const BUN_VERSION = "1.4.5";

/**
 * Returns the words that start Bun: the one on PATH, if it is of the right
 * version, else the one that npm keeps in its cache.
 *
 * @throws {Error} If there is neither Bun nor npm.
 */
export function bunCommand(): readonly [string, ...string[]] {
  if (versionOf("bun") === BUN_VERSION) return ["bun"];
  if (versionOf("npx") !== undefined) {
    return ["npx", "-y", `bun@${BUN_VERSION}`];
  }
  throw new Error(
    `Cannot start Bun: put bun ${BUN_VERSION} on PATH, or install npm`,
  );
}

function versionOf(program: string): string | undefined {
  const { error, stdout } = spawnSync(program, ["--version"], {
    encoding: "utf8",
  });
  return error === undefined ? stdout.trim() : undefined;
}
