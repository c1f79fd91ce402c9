/**
 * The groups of this machine's users.
 *
 * @module
 */

import { readFile } from "node:fs/promises";

/**
 * Finds a group in `/etc/group` (group(5)).
 *
 * @param name Its name, or its number.
 * @returns Its number; `undefined` if there is none of this name.
 */
export async function groupId(name: string): Promise<number | undefined> {
  if (/^\d{1,9}$/.test(name)) return Number(name);
  const lines = (await readFile("/etc/group", "utf8")).split("\n");
  const fields = lines.map((line) => line.split(":"))
    .find(([group]) => group === name);
  return fields?.[2] === undefined ? undefined : Number(fields[2]);
}
