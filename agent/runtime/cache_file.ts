/**
 * Small files that may be lost at any time.
 *
 * @module
 */

import { mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import process from "node:process";
import { readFile, replaceFile } from "./files.ts";

/** Nothing that we keep comes near it. */
const MAX_BYTES = 1 << 20;

/** What is remembered from one run to the next, as far as that is possible. */
export interface CacheFile {
  /** Reads it; nothing if it cannot be read. */
  read(): Promise<string | undefined>;
  /** Replaces it in one step; returns whether it did. */
  write(text: string): Promise<boolean>;
}

/**
 * Tells where the user's cache is, as the XDG Base Directory Specification
 * says: the variable counts only if it is an absolute path.
 *
 * @param env Environment variables.
 * @default {process.env}
 */
export function cacheFolder(
  env: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const { XDG_CACHE_HOME: given = "" } = env;
  const home = isAbsolute(given) ? given : join(homedir(), ".cache");
  return join(home, "camagent");
}

/**
 * A file in the user's cache.
 *
 * @default {cacheFolder()}
 */
export function cacheFile(name: string, folder = cacheFolder()): CacheFile {
  const path = join(folder, name);
  return {
    async read() {
      try {
        return new TextDecoder().decode(await readFile(path, MAX_BYTES));
      } catch {
        return undefined;
      }
    },
    async write(text) {
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        await replaceFile(path, [new TextEncoder().encode(text)]);
        return true;
      } catch {
        return false;
      }
    },
  };
}
