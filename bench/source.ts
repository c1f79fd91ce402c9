/**
 * A camera made of software: writes stamped pictures at a fixed rate.
 *
 *     deno run -A bench/source.ts PATH WIDTH HEIGHT FPS
 *
 * @module
 */

import { openSync, writeSync } from "node:fs";
import process from "node:process";
import { now } from "./clock.ts";
import { drawScene } from "./scene.ts";
import { writeStamp } from "./stamp.ts";

const asleep = new Int32Array(new SharedArrayBuffer(4));

if (import.meta.main) {
  const [path = "", ...numbers] = process.argv.slice(2);
  const [width = 0, height = 0, fps = 0] = numbers.map(Number);
  try {
    film(path, width, height, fps);
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    // The encoder has ended, and with it this camera's work.
    if (error.code !== "EPIPE") throw error;
  }
}

/** Writes until the encoder closes the pipe. Blocks: it has nothing else. */
function film(path: string, width: number, height: number, fps: number): void {
  const scene = drawScene(width, height);
  const period = 1e6 / fps;
  const pipe = openSync(path, "w");
  let due: number = now();
  for (let counter = 0;; counter++) {
    sleepUntil(due);
    const picture = scene[counter % scene.length]!;
    writeStamp(picture, width, height, { counter, time: now() });
    writeWhole(pipe, picture);
    // A camera whose encoder does not take its picture skips, never queues.
    const late = Math.max(0, Math.floor((now() - due) / period));
    due += (late + 1) * period;
  }
}

function sleepUntil(due: number): void {
  const ms = (due - now()) / 1000;
  if (ms > 0) Atomics.wait(asleep, 0, 0, ms);
}

function writeWhole(pipe: number, bytes: Uint8Array): void {
  let offset = 0;
  while (offset < bytes.length) {
    offset += writeSync(pipe, bytes, offset, bytes.length - offset);
  }
}
