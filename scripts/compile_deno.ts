/**
 * `deno compile`: needs the base binary "denort" of exactly this version, from
 * `DENORT_BIN`, Deno's cache or Deno's download host.
 *
 * @module
 */

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import type { Build } from "./build.ts";
import { alignEnd, LARGEST_PAGE } from "./elf.ts";
import { unzip } from "./zip.ts";

const execute = promisify(execFile);

const ARM64 = "aarch64-unknown-linux-gnu";

/** For some 40 MB, where the download host answers at all. */
const DOWNLOAD_TIMEOUT_MS = 30_000;

/** With a base at hand; a Raspberry Pi is slow. */
const BUILD_TIMEOUT_MS = 300_000;

/**
 * Builds with Deno.
 *
 * @returns What is missing, in half a sentence, if it cannot be done here.
 * @throws {Error} With what Deno said.
 */
export async function compileWithDeno(
  build: Build,
): Promise<string | undefined> {
  const version = process.versions.deno;
  if (version === undefined) return "Not started by Deno";
  const isArm64 = build.forPi ||
    (process.platform === "linux" && process.arch === "arm64");
  try {
    const base = isArm64 ? await alignedBase(build, version) : undefined;
    const target = isArm64 ? ["--target", ARM64] : [];
    await deno([...target, "-o", build.output, build.entry], base);
    return undefined;
  } catch (cause) {
    if (!isBaseMissing(cause)) throw cause;
    return `No denort ${version} in DENORT_BIN, Deno's cache or its ` +
      "download host";
  }
}

/** Makes a base binary behind which there is a page for the payload. */
async function alignedBase(build: Build, version: string): Promise<string> {
  const base = await readBase(build, version);
  alignEnd(base, LARGEST_PAGE);
  const path = join(build.scratch, "denort");
  await writeFile(path, base);
  await chmod(path, 0o755);
  return path;
}

async function readBase(
  { scratch }: Build,
  version: string,
): Promise<Uint8Array> {
  const given = process.env.DENORT_BIN;
  if (given !== undefined) return await readFile(given);
  const { stdout } = await execute(process.execPath, ["info", "--json"]);
  const { denoDir }: { denoDir: string } = JSON.parse(stdout);
  const name = `denort-${ARM64}.zip`;
  const archive = join(denoDir, "dl", "release", `v${version}`, name);
  if (!existsSync(archive)) {
    // Compiling anything has Deno fetch it.
    const entry = join(scratch, "empty.ts");
    await writeFile(entry, "");
    await deno(["--target", ARM64, "-o", join(scratch, "empty"), entry]);
  }
  return unzip(await readFile(archive), "denort");
}

async function deno(
  args: readonly string[],
  base = process.env.DENORT_BIN,
): Promise<void> {
  await execute(process.execPath, ["compile", "-A", "--no-check", ...args], {
    timeout: base === undefined ? DOWNLOAD_TIMEOUT_MS : BUILD_TIMEOUT_MS,
    killSignal: "SIGKILL",
    env: { ...process.env, ...(base !== undefined && { DENORT_BIN: base }) },
  });
}

/** Nobody answers: Deno says so, or does not come back. */
function isBaseMissing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const isLate = "killed" in error && error.killed === true;
  return isLate || error.message.includes("Setting up base binary");
}
