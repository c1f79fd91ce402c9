/**
 * The age of frames in another process, pipeline by pipeline, next to a floor
 * measured in the same minutes. `--help` says how to run it.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { cpus } from "node:os";
import process from "node:process";
import { ConfigError } from "../agent/errors.ts";
import { judgeAges, judgeFirstFrames, type Verdict } from "./budgets.ts";
import { type Options, parseOptions, USAGE } from "./options.ts";
import { FLOOR } from "./pipelines.ts";
import type { Format } from "./rig.ts";
import { joinRows, type Result, runRows } from "./rounds.ts";
import type { Summary } from "./statistics.ts";
import {
  agesTable,
  firstFramesTable,
  formatVerdicts,
  layOut,
} from "./table.ts";

if (import.meta.main) {
  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => interrupted.abort(new Error(`Got ${signal}`)));
  }
  process.exit(await main(process.argv.slice(2), interrupted.signal));
}

/** @returns The exit code. */
async function main(
  args: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  try {
    const options = parseOptions(args);
    if (options !== undefined) return await bench(options, signal);
    process.stdout.write(USAGE);
    return 0;
  } catch (error) {
    if (signal.aborted) return 130;
    if (!(error instanceof ConfigError)) throw error;
    log(error.message);
    return error.exitCode;
  }
}

async function bench(options: Options, signal: AbortSignal): Promise<number> {
  const results: Result[] = [];
  for (const format of options.formats) {
    const turn = { format, options, signal, log };
    const measured = options.firstFrame ? joinRows(turn) : runRows(turn);
    results.push(...await measured);
  }
  const verdicts = options.check
    ? options.formats.flatMap((format) => judge(format, results))
    : [];
  report(options, results, verdicts);
  if (options.check && verdicts.length === 0) {
    log("Nothing that was measured has a budget");
    return 1;
  }
  const delivered = results.every((one) => one.summary ?? one.firstFrames);
  return delivered && verdicts.every(({ met }) => met) ? 0 : 1;
}

function judge(format: Format, all: readonly Result[]): Verdict[] {
  const results = all.filter((one) => one.format === format);
  const ages = results.flatMap(({ name, summary }) =>
    summary === undefined ? [] : [[name, summary] as const]
  );
  return [
    ...judgeAges(format, Object.fromEntries(ages)),
    ...results.flatMap(({ name, firstFrames }) =>
      firstFrames ? judgeFirstFrames(format, name, firstFrames) : []
    ),
  ];
}

function report(
  { output, firstFrame }: Options,
  results: readonly Result[],
  verdicts: readonly Verdict[],
): void {
  const machine = describeMachine();
  if (output === "json") {
    const everything = { machine, results, verdicts };
    process.stdout.write(`${JSON.stringify(everything, null, 2)}\n`);
    return;
  }
  const floorOf = ({ format, floor = FLOOR }: Result): Summary | undefined =>
    results.find((one) => one.format === format && one.name === floor)?.summary;
  const table = firstFrame
    ? firstFramesTable(results)
    : agesTable(results, floorOf);
  const markdown = output === "markdown";
  process.stdout.write(
    `${machine}\n\n${layOut(table, markdown)}\n${formatVerdicts(verdicts)}`,
  );
}

/** A figure without its machine and its day says nothing. */
function describeMachine(): string {
  const { stdout } = spawnSync("ffmpeg", ["-version"], { encoding: "utf8" });
  const ffmpeg = /^ffmpeg version (\S+)/.exec(stdout)?.[1] ?? "unknown";
  const cores = cpus();
  const day = new Date().toISOString().slice(0, 10);
  return `${day}, ${cores.length} x ${cores[0]?.model}, FFmpeg ${ffmpeg}: ` +
    `latency.ts ${process.argv.slice(2).join(" ")}`.trimEnd();
}

function log(line: string): void {
  process.stderr.write(`${line}\n`);
}
