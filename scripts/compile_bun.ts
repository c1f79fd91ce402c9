/**
 * `bun build --compile`: its base binaries come from where npm packages do.
 *
 * @module
 */

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { bunCommand } from "./bun.ts";
import type { Build } from "./build.ts";

/**
 * Builds with Bun.
 *
 * @throws {Error} With what Bun said.
 */
export async function compileWithBun(
  { entry, output, scratch, forPi }: Build,
): Promise<void> {
  const [bun, ...words] = bunCommand();
  await promisify(execFile)(bun, [
    ...words,
    "build",
    "--compile",
    // Parsed beforehand: measured 40 instead of 110 ms of CPU to the start of
    // main, which the first picture waits for. Bytecode has no top-level await
    // but in this format.
    "--bytecode",
    "--format=esm",
    // Else whoever owns the current folder runs code in the agent.
    "--no-compile-autoload-bunfig",
    "--no-compile-autoload-dotenv",
    ...(forPi ? ["--target=bun-linux-arm64"] : []),
    `--outfile=${output}`,
    entry,
  ], {
    // What Bun leaves behind when it fails is removed with the folder.
    cwd: scratch,
  });
}
