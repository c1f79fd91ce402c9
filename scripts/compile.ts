/**
 * Builds the program as one file: `deno task compile [--target pi]`.
 *
 * @module
 */

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { parseArgs, promisify } from "node:util";
import { VERSION } from "../agent/cli/version.ts";
import type { Build } from "./build.ts";
import { compileWithBun } from "./compile_bun.ts";
import { compileWithDeno } from "./compile_deno.ts";
import { loadSegments, PI_5_PAGE, sharedPage } from "./elf.ts";

const ROOT = dirname(import.meta.dirname!);
const DIST = join(ROOT, "dist");

/** Emulation is slow, but not that slow. */
const START_TIMEOUT_MS = 60_000;

/** Debian's qemu-user-static, and libc6-arm64-cross for the C library. */
const EMULATOR = [
  "/usr/bin/qemu-aarch64-static",
  "-L",
  "/usr/aarch64-linux-gnu",
] as const;

try {
  const { values } = parseArgs({ options: { target: { type: "string" } } });
  if (values.target !== undefined && values.target !== "pi") {
    throw new Error(`Cannot compile for "${values.target}": there is "pi"`);
  }
  await compile(values.target === "pi");
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}

async function compile(forPi: boolean): Promise<void> {
  const file = forPi ? "camagent-linux-arm64" : "camagent";
  await mkdir(DIST, { recursive: true });
  const scratch = await mkdtemp(join(DIST, ".compile-"));
  try {
    const output = join(scratch, file);
    const entry = join(ROOT, "agent/main.ts");
    const build: Build = { entry, output, scratch, forPi };
    const why = await compileWithDeno(build);
    if (why !== undefined) {
      process.stderr.write(`${why}: building with Bun instead\n`);
      await compileWithBun(build);
    }
    if (forPi || process.arch === "arm64") await checkPages(output);
    const answer = await start(output, forPi);
    const megabytes = Math.round((await stat(output)).size / 1e6);
    await rename(output, join(DIST, file));
    process.stdout.write(`dist/${file}, ${megabytes} MB: ${answer}\n`);
  } finally {
    await rm(scratch, { recursive: true });
  }
}

/** On a page that two parts share, a Raspberry Pi 5 ends the program. */
async function checkPages(file: string): Promise<void> {
  if (process.platform !== "linux") return;
  const segments = loadSegments(await readFile(file));
  const shared = sharedPage(segments, PI_5_PAGE);
  if (shared === undefined) return;
  const at = shared[1].address.toString(16);
  throw new Error(`Two parts share the 16 KiB page of 0x${at}: "${file}"`);
}

/** A file that exists is no program yet: it has to say who it is. */
async function start(file: string, forPi: boolean): Promise<string> {
  const isNative = !forPi ||
    (process.arch === "arm64" && process.platform === "linux");
  if (
    !isNative && !EMULATOR.every((part) => part === "-L" || existsSync(part))
  ) {
    return "not run here, which takes qemu-user-static and libc6-arm64-cross";
  }
  const [program, ...args] = [...(isNative ? [] : EMULATOR), file, "--version"];
  const { stdout } = await promisify(execFile)(program!, args, {
    // It must not depend on the folder it was built in.
    cwd: tmpdir(),
    timeout: START_TIMEOUT_MS,
    killSignal: "SIGKILL",
  });
  const answer = stdout.trim();
  if (answer.startsWith(`camagent ${VERSION} (`)) return answer;
  throw new Error(`"${file} --version" answered "${answer}"`);
}
