/**
 * Opens shared memory again and again, and lets go of it: says how often it is
 * mapped then, and that what is held is there still.
 *
 *     let_go.ts NAME
 *
 * Needs a garbage collector that can be asked: Deno with
 * `--v8-flags=--expose-gc`, or Bun.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import process from "node:process";
import { openFrames } from "../../readers/typescript/camagent.ts";

const [name = ""] = process.argv.slice(2);

/** What the two runtimes call it. */
const { gc, Bun } = globalThis as unknown as {
  gc?: () => void;
  Bun?: { gc(now: boolean): void };
};

async function collect(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) {
    if (Bun) Bun.gc(true);
    else gc!();
    // What was waited for is over only later.
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

async function look(): Promise<Uint8Array> {
  using frames = openFrames(name, { copy: false });
  return (await frames.next()).data;
}

function mappings(): number {
  return readFileSync("/proc/self/maps", "utf8").split(`camagent-${name}`)
    .length - 1;
}

let held = await look();
for (let time = 0; time < 20; time++) held = (await look()).subarray(1);
await collect();
const sum = held.reduce((sum, byte) => sum + byte, 0);
process.stdout.write(`${mappings()} mapped, ${sum > 0}\n`);
