/**
 * Finds FFmpeg for the demo, and installs it where that is easy and allowed.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import process from "node:process";
import { findProgram } from "../agent/runtime/programs.ts";

const INSTALL = [
  ["apt-get", "update", "-q"],
  ["apt-get", "install", "-y", "-q", "--no-install-recommends", "ffmpeg"],
] as const;

/** What to type where we do not install anything, by a program that is there. */
const COMMANDS = [
  ["apt-get", "sudo apt-get update && sudo apt-get install ffmpeg"],
  ["dnf", "sudo dnf install ffmpeg"],
  ["pacman", "sudo pacman -S ffmpeg"],
  ["apk", "sudo apk add ffmpeg"],
  ["brew", "brew install ffmpeg"],
  ["winget", "winget install ffmpeg"],
] as const;

/**
 * Sees to it that there is an `ffmpeg` on PATH.
 *
 * @param mayInstall Whether Debian's package may be installed.
 * @param say Tells the user what is about to happen; resolves when that is shown.
 * @throws {Error} If there is none, with what to type.
 */
export async function ensureFfmpeg(
  mayInstall: boolean,
  say: (line: string) => Promise<void>,
): Promise<void> {
  if (findProgram("ffmpeg") !== undefined) return;
  const isDebian = existsSync("/etc/debian_version") &&
    findProgram("apt-get") !== undefined;
  const sudo = isDebian && mayInstall ? becomeRoot() : undefined;
  if (sudo === undefined) throw new Error(`FFmpeg is missing; ${advice()}`);
  await say("FFmpeg is missing. Installing Debian's package:");
  for (const command of INSTALL) {
    const [program, ...args] = [...sudo, ...command];
    await say(`$ ${[program, ...args].join(" ")}`);
    const { status } = spawnSync(program!, args, {
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
    if (status !== 0) throw new Error(`That failed; ${advice()}`);
  }
}

/** Never asks for a password. */
function becomeRoot(): string[] | undefined {
  if (process.getuid?.() === 0) return [];
  const { status } = spawnSync("sudo", ["-n", "true"], { stdio: "ignore" });
  return status === 0 ? ["sudo", "-n"] : undefined;
}

function advice(): string {
  const [, command] = COMMANDS.find(([program]) => findProgram(program)) ?? [];
  return command === undefined
    ? "put ffmpeg 5.1 or later on PATH and try again"
    : `type "${command}" and try again`;
}
