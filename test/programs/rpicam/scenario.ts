/**
 * What the stand-in for rpicam-vid plays, told by environment variables:
 *
 * | Variable          | Values                                               |
 * | ----------------- | ---------------------------------------------------- |
 * | `RPICAM_MODEL`    | `vc4` (up to Pi 4; default), `pisp` (Pi 5), `legacy` |
 * |                   | (camera stack of old), `other` (no Pi)               |
 * | `RPICAM_VERSION`  | such as `1.5.0` (default 1.9.0)                      |
 * | `RPICAM_LITE`     | `1`: built without libav                             |
 * | `RPICAM_CAMERAS`  | names with commas (default `imx708`); empty: none    |
 * | `RPICAM_SCENARIO` | one of {@linkcode Scenario}, or a file that has it   |
 * | `RPICAM_PICTURE`  | of FFmpeg's lavfi (default `testsrc2`), or the path  |
 * |                   | of a file with raw frames                            |
 * | `RPICAM_ENCODE_MS`| from the sensor to the first byte (default 15)       |
 * | `RPICAM_LOG`      | a file that gets a line of JSON for each start and,  |
 * |                   | after it, for each frame                             |
 *
 * @module
 */

import { existsSync, readFileSync } from "node:fs";

/** What happens; those with a number do it after so many frames. */
export type Scenario =
  /** It delivers until it is told to end. */
  | "normal"
  /** The camera was unplugged since the list of cameras was made. */
  | "no-camera"
  /** Somebody else has the camera. */
  | "busy"
  /** The sensor stops; the program goes on for ever and heeds no SIGINT. */
  | "stall-after"
  /** It crashes. */
  | "die-after"
  /** It ends as if it had been asked to. */
  | "exit-after"
  /** It is stuck, and says nothing. */
  | "freeze-after"
  /** It takes no notice of SIGINT. */
  | "ignore-sigint"
  /** It takes two seconds to begin. */
  | "slow-start";

/** The machine, and what happens on it. */
export interface Play {
  /** Which chips. */
  model: "vc4" | "pisp" | "legacy" | "other";
  /** Of rpicam-apps. */
  version: readonly number[];
  /** Whether libav is left out. */
  lite: boolean;
  /** Names of the sensors, in the order of the list. */
  cameras: readonly string[];
  /** What happens. */
  scenario: Scenario;
  /** After so many frames. */
  after: number;
  /** From the sensor to the first byte. */
  encodeMs: number;
  /** Gets what happened, a line for each. */
  log: string | undefined;
}

/** Reads the environment. */
export function playOf(env: Record<string, string | undefined>): Play {
  const told = env.RPICAM_SCENARIO ?? "normal";
  const text = existsSync(told) ? readFileSync(told, "utf8").trim() : told;
  const [scenario = "normal", after = "0"] = text.split("=");
  return {
    model: (env.RPICAM_MODEL ?? "vc4") as Play["model"],
    version: (env.RPICAM_VERSION ?? "1.9.0").split(".").map(Number),
    lite: env.RPICAM_LITE === "1",
    cameras: (env.RPICAM_CAMERAS ?? "imx708").split(",").filter(Boolean),
    scenario: scenario as Scenario,
    after: Number(after),
    encodeMs: Number(env.RPICAM_ENCODE_MS ?? 15),
    log: env.RPICAM_LOG,
  };
}

/** Whether a version is this one or a later one. */
export function isAtLeast(
  [major = 0, minor = 0]: readonly number[],
  [wantedMajor, wantedMinor]: readonly [number, number],
): boolean {
  return major > wantedMajor || major === wantedMajor && minor >= wantedMinor;
}
