/**
 * The real machine, as if it were a Raspberry Pi with cameras.
 *
 * @module
 */

import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { Runtime } from "../../agent/plugin/runtime.ts";
import { runtime } from "../../agent/runtime/mod.ts";
import { programPath } from "./mod.ts";

/** What the stand-in plays; see `rpicam/scenario.ts`. */
export type RpicamEnv = Partial<
  Record<
    | "RPICAM_MODEL"
    | "RPICAM_VERSION"
    | "RPICAM_LITE"
    | "RPICAM_CAMERAS"
    | "RPICAM_SCENARIO"
    | "RPICAM_ENCODE_MS"
    | "RPICAM_PICTURE"
    | "RPICAM_LOG",
    string
  >
>;

/** A line of `RPICAM_LOG`: a start, or a frame. */
export interface RpicamNote {
  /** Of a start: the arguments. */
  readonly args?: readonly string[];
  /** Of a start: its process. */
  readonly pid?: number;
  /** Of a frame: its number, from 0. */
  readonly frame?: number;
  /** Of a frame: when the sensor took it, in milliseconds since boot. */
  readonly sensorAt?: number;
  /** Of a frame: when its first byte was written. */
  readonly writtenAt?: number;
}

/** What runs the stand-in: the runtime of the tests. */
export const RPICAM_RUNTIME = "Deno" in globalThis
  ? `${process.execPath} run -A --no-lock`
  : process.execPath;

/** A folder with rpicam-vid in it. Disposing removes it. */
export class RpicamMachine implements Disposable {
  /** For the PATH of an agent, and what the stand-in is told. */
  readonly env: Record<string, string>;
  /** For plugins. */
  readonly runtime: Runtime;
  readonly #folder: string;
  readonly #names: readonly string[];

  /** @param names What the program is called here. */
  constructor(env: RpicamEnv = {}, names: readonly string[] = ["rpicam-vid"]) {
    this.#folder = mkdtempSync(join(tmpdir(), "camagent-rpicam-"));
    this.#names = names;
    for (const name of names) {
      symlinkSync(programPath("rpicam-vid"), join(this.#folder, name));
    }
    this.env = {
      RPICAM_LOG: join(this.#folder, "log"),
      RPICAM_RUNTIME,
      PATH: `${this.#folder}:${process.env.PATH}`,
      ...env,
    };
    this.runtime = this.#wrap();
  }

  /** Where a file of the scenario may stand. */
  file(name: string): string {
    return join(this.#folder, name);
  }

  /** What the stand-in has noted so far. */
  notes(): RpicamNote[] {
    let text = "";
    try {
      text = readFileSync(this.env.RPICAM_LOG!, "utf8");
    } catch {
      return []; // It was not started yet.
    }
    const lines = text.split("\n").slice(0, -1);
    return lines.map((line) => JSON.parse(line));
  }

  /** The arguments of each start so far. */
  starts(): (readonly string[])[] {
    return this.notes().flatMap(({ args }) => args ? [args] : []);
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }

  #wrap(): Runtime {
    const words = Object.entries(this.env).map(([key, text]) =>
      `${key}=${text}`
    );
    const isOurs = (command: string) => /^(rpicam|libcamera)-/.test(command);
    return {
      ...runtime,
      hasProgram: (command) =>
        isOurs(command)
          ? this.#names.includes(command)
          : runtime.hasProgram(command),
      spawn: (options) => {
        const { command, args } = options;
        if (!isOurs(command)) return runtime.spawn(options);
        const path = join(this.#folder, command);
        return runtime.spawn({
          ...options,
          command: "env",
          args: [...words, path, ...args],
        });
      },
    };
  }
}
