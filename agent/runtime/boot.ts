/**
 * Which boot of which machine this is.
 *
 * @module
 */

import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { libc } from "./libc.ts";

/** Digits of {@linkcode bootTag}. */
const DIGITS = 16;

/**
 * 16 hexadecimal digits, the same in all processes whose monotonic clocks can
 * be compared, and in no others. Hashed: the boot id itself is nobody's
 * business.
 */
export const bootTag: string = readBootTag();

function readBootTag(): string {
  try {
    // Without libc the clock is this process's own.
    if (libc === undefined) throw new Error("No clock to compare");
    const id = readFileSync("/proc/sys/kernel/random/boot_id", "latin1");
    const hash = createHash("sha256").update(`camagent ${id.trim()}`);
    return hash.digest("hex").slice(0, DIGITS);
  } catch {
    return randomBytes(DIGITS / 2).toString("hex");
  }
}
