/**
 * The camera: a picture every so often, and what may happen to it.
 *
 * @module
 */

import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { clock } from "../../../agent/runtime/clock.ts";
import { encode, libcamera, note, say } from "./messages.ts";
import { isAtLeast, type Play } from "./scenario.ts";
import type { Output, Stdio } from "./stdio.ts";

/** Where metadata is written behind the picture, and not ahead of it. */
const LATE_METADATA = [1, 8] as const;

/** The three files of an `Output`, opened in its order. */
export interface Files {
  output: Output;
  pts: Stdio | undefined;
  metadata: ((text: string) => void) | undefined;
  flush: boolean;
}

/**
 * Delivers pictures.
 *
 * @param limit Milliseconds until it ends by itself; 0 for never.
 * @returns The exit code.
 */
export async function deliver(
  play: Play,
  { frames, fps }: { frames: Uint8Array<ArrayBuffer>[]; fps: number },
  limit: number,
  { output, pts, metadata, flush }: Files,
): Promise<number> {
  let [interrupted, first] = [false, 0];
  process.on("SIGINT", () => {
    if (play.scenario === "ignore-sigint") return;
    say("Received signal 2");
    interrupted = true;
  });
  const writesEarly = !isAtLeast(play.version, LATE_METADATA);
  const startedAt = clock.now();
  for (let index = 0;; index++) {
    await happening(play, index);
    // A picture takes its time from the sensor to the encoder's output.
    const sensorAt = startedAt + index * 1000 / fps;
    const dueAt = sensorAt + play.encodeMs;
    await delay(Math.max(0, dueAt - clock.now() - 2));
    while (clock.now() < dueAt);
    if (interrupted) return 0;
    if (limit > 0 && clock.now() - startedAt > limit) {
      say(`Halting: reached timeout of ${limit} milliseconds.`);
      return 0;
    }
    const sensorNs = Math.round(sensorAt * 1e6);
    const block = `SensorTimestamp=${sensorNs}\nExposureTime=9994\n\n`;
    if (writesEarly) metadata?.(block);
    const writtenAt = clock.now();
    await output.write(frames[index % frames.length]!);
    const us = Math.round(sensorAt * 1000);
    first ||= us;
    const ago = us - first;
    const rest = `${ago % 1000}`.padStart(3, "0");
    pts?.write(encode(`${Math.floor(ago / 1000)}.${rest}\n`), flush);
    if (!writesEarly) metadata?.(block);
    note(play, { frame: index, sensorAt, writtenAt });
  }
}

/** What the scenario has in store before a frame. */
async function happening(play: Play, index: number): Promise<void> {
  if (index < play.after) return;
  switch (play.scenario) {
    case "die-after":
      return void process.kill(process.pid, "SIGSEGV");
    case "exit-after":
      return void process.exit(0);
    case "freeze-after":
      return await new Promise(() => setInterval(() => {}, 60_000));
    case "stall-after":
      return await stall();
  }
}

/** For ever; SIGINT is not looked at. */
async function stall(): Promise<never> {
  process.on("SIGINT", () => {});
  while (true) {
    await delay(1000);
    libcamera(
      "WARN",
      "V4L2 v4l2_videodevice.cpp:2095",
      "/dev/video0[18:cap]: Dequeue timer of 1000000.00us has expired!",
    );
    const place = "RPI pipeline_base.cpp:1373";
    libcamera("ERROR", place, "Camera frontend has timed out!");
    libcamera(
      "ERROR",
      place,
      "Please check that your camera sensor connector is attached securely.",
    );
    libcamera(
      "ERROR",
      place,
      "Alternatively, try another cable and/or sensor.",
    );
    say("ERROR: Device timeout detected, attempting a restart!!!");
  }
}
