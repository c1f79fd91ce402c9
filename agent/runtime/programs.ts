/**
 * Programs on PATH.
 *
 * @module
 */

import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join, sep } from "node:path";
import process from "node:process";

/**
 * Finds a program as the shell would, so that "not found" is known before
 * anything is started.
 *
 * @param path Folders to look in.
 * @default {process.env.PATH}
 * @returns Its path, or `undefined`.
 */
export function findProgram(
  command: string,
  path: string = process.env.PATH ?? "",
): string | undefined {
  if (command.includes(sep)) return isProgram(command) ? command : undefined;
  const suffixes = process.platform === "win32" ? [".exe", ".cmd"] : [""];
  return path.split(delimiter).filter(Boolean)
    .flatMap((folder) => suffixes.map((end) => join(folder, command + end)))
    .find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
