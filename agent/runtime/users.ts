/**
 * Who has a file open.
 *
 * @module
 */

import { readdir, readFile, readlink } from "node:fs/promises";
import type { ProcessName } from "../plugin/runtime.ts";

/**
 * How long an answer is good for. Looking costs 10 to 40 ms of processor time
 * (300 descriptors, measured), and who waits for a camera asks every 5 s.
 */
const KEPT_MS = 30_000;

const answers = new Map<string, { at: number; users: ProcessName[] }>();

/** The same as {@linkcode findUsers}, as it was half a minute ago at the most. */
export async function usersOf(path: RegExp): Promise<ProcessName[]> {
  const before = answers.get(path.source);
  const now = performance.now();
  if (before !== undefined && now - before.at < KEPT_MS) return before.users;
  const users = await findUsers(path);
  answers.set(path.source, { at: now, users });
  return users;
}

/**
 * Looks through the descriptors of every process.
 *
 * @param path Fits the file's path.
 */
export async function findUsers(path: RegExp): Promise<ProcessName[]> {
  const pids = (await namesIn("/proc")).filter((name) => /^\d+$/.test(name));
  const users: ProcessName[] = [];
  for (const pid of pids) {
    if (!await hasOpen(pid, path)) continue;
    const name = await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "?");
    users.push({ pid: Number(pid), name: name.trim() });
  }
  return users;
}

async function hasOpen(pid: string, path: RegExp): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  for (const descriptor of await namesIn(folder)) {
    const target = await readlink(`${folder}/${descriptor}`).catch(() => "");
    if (path.test(target)) return true;
  }
  return false;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch {
    return []; // It has ended, or is not ours to look into.
  }
}
