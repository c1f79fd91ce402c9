/**
 * What the benchmark is asked for.
 *
 * @module
 */

import { resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { ConfigError } from "../agent/errors.ts";
import { type Row, ROWS } from "./pipelines.ts";
import type { Format } from "./rig.ts";

/** A checked command line. */
export interface Options {
  readonly formats: readonly Format[];
  readonly rows: readonly Row[];
  /** How long frames are counted per row, over all rounds. */
  readonly seconds: number;
  /** The words that start camagent. */
  readonly camagent: readonly string[];
  /** Measure joins instead of ages. */
  readonly firstFrame: boolean;
  /** Fail when a budget is missed. */
  readonly check: boolean;
  readonly output: "text" | "markdown" | "json";
}

/** What `--help` prints. */
export const USAGE = `\
Measures how old frames are when another process has them.

  deno run -A bench/latency.ts [options]

  --seconds N        counted per row, after a warm-up (60)
  --sizes WxH,...    (640x480,1280x720,1920x1080)
  --rows NAME,...    of ${ROWS.map(({ name }) => name).join(", ")} (all)
  --binary FILE      the compiled camagent instead of agent/main.ts
  --runtime NAME     deno or bun: what runs agent/main.ts (deno)
  --first-frame      measure joins of a running sender instead
  --check            compare with the budgets; exit 1 if one is missed
  --smoke            3 s per row at 640x480: does every row deliver?
  --markdown         print the table as Markdown
  --json             print everything as JSON
`;

const FPS = 30;
const MAIN = fileURLToPath(new URL("../agent/main.ts", import.meta.url));

/**
 * Reads the command line.
 *
 * @throws {ConfigError} If it asks for something that is not there.
 * @returns `undefined` if it asks for help.
 */
export function parseOptions(args: readonly string[]): Options | undefined {
  const { values } = parse(args);
  if (values.help) return undefined;
  if (values.binary !== undefined && values.runtime !== undefined) {
    throw new ConfigError('Cannot use both "--binary" and "--runtime"');
  }
  if (values.markdown && values.json) {
    throw new ConfigError('Cannot print both "--markdown" and "--json"');
  }
  const sizes = values.smoke ? "640x480" : values.sizes;
  return {
    formats: sizes.split(",").map(parseSize),
    rows: parseRows(values.rows, values["first-frame"]),
    seconds: values.smoke ? 3 : parseSeconds(values.seconds),
    camagent: values.binary === undefined
      ? runtimeCommand(values.runtime ?? "deno")
      : [resolve(values.binary)],
    firstFrame: values["first-frame"],
    check: values.check && !values.smoke,
    output: values.json ? "json" : values.markdown ? "markdown" : "text",
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        "seconds": { type: "string", default: "60" },
        "sizes": { type: "string", default: "640x480,1280x720,1920x1080" },
        "rows": { type: "string" },
        "binary": { type: "string" },
        "runtime": { type: "string" },
        "first-frame": { type: "boolean", default: false },
        "check": { type: "boolean", default: false },
        "smoke": { type: "boolean", default: false },
        "markdown": { type: "boolean", default: false },
        "json": { type: "boolean", default: false },
        "help": { type: "boolean", default: false },
      },
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(`Cannot read the command line: ${reason}`, { cause });
  }
}

function parseSize(text: string): Format {
  const [, width, height] = /^(\d+)x(\d+)$/.exec(text)?.map(Number) ?? [];
  if (!width || !height || width % 2 || height % 2) {
    throw new ConfigError(`Cannot use size "${text}": want even WxH`);
  }
  return { width, height, fps: FPS, bitrate: bitrateOf(height) };
}

/** What `bitrate=auto` means to the agent, in bit/s. */
function bitrateOf(height: number): number {
  if (height <= 480) return 2e6;
  return height <= 720 ? 4e6 : 8e6;
}

function parseRows(text: string | undefined, rejoin: boolean): Row[] {
  const able = ROWS.filter((row) => row.rejoin || !rejoin);
  return text === undefined ? able : text.split(",").map((name) => {
    const row = able.find((row) => row.name === name);
    if (row !== undefined) return row;
    const names = able.map(({ name }) => `"${name}"`).join(", ");
    throw new ConfigError(`Cannot run row "${name}": want one of ${names}`);
  });
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (seconds > 0 && seconds < 3600) return seconds;
  throw new ConfigError(`Cannot count for "${text}" seconds`);
}

function runtimeCommand(name: string): string[] {
  if (name === "deno") return [process.execPath, "run", "-A", MAIN];
  if (name === "bun") return ["bun", MAIN];
  throw new ConfigError(`Cannot use runtime "${name}": want "deno" or "bun"`);
}
