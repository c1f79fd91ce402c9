/**
 * {@link ./reader.ts} for shared memory: looks at the stamp in place.
 *
 *     deno run -A bench/shm_reader.ts NAME
 *
 * @module
 */

import { writeSync } from "node:fs";
import process from "node:process";
import { openFrames } from "../readers/typescript/camagent.ts";
import { now } from "./clock.ts";
import { formatSighting, WAITING } from "./reader.ts";
import { readStamp } from "./stamp.ts";

if (import.meta.main) {
  const [name = ""] = process.argv.slice(2);
  using frames = openFrames(name, { copy: false });
  writeSync(1, `${WAITING}\n`);
  for await (const { data, width, height, isWhole } of frames) {
    const readAt = now();
    const stamp = readStamp(data, width, height);
    const whole = isWhole() ? stamp : undefined;
    writeSync(1, `${formatSighting({ readAt, stamp: whole })}\n`);
  }
}
