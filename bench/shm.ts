/**
 * How a frame gets from one process to another: shared memory beside a FIFO, a
 * queue of Python's multiprocessing, and GStreamer's shmsink; and what readers
 * cost the agent.
 *
 *     deno run -A bench/shm.ts [--seconds N] [--sizes WxH,...]
 *       [--binary FILE] [--check] [--smoke] [--markdown]
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Verdict } from "./budgets.ts";
import { Children } from "./children.ts";
import { measureAgent } from "./shm_agent.ts";
import { type HandOver, WAYS } from "./shm_ways.ts";
import { formatVerdicts, layOut } from "./table.ts";
import { readTree } from "./proc.ts";

/** How long programs may take to start and to say what they saw. */
const LIMIT_MS = 30_000;

/** Readers of one writer. */
const READERS = [0, 1, 4, 8];

/** What the hand-over is measured at: pictures a second for each size. */
const FORMATS = [["640x480", 30], ["1280x720", 60], ["1920x1080", 60]] as const;

const MAIN = fileURLToPath(new URL("../agent/main.ts", import.meta.url));

/** One line of the first table. */
interface Row {
  readonly size: string;
  readonly fps: number;
  readonly way: string;
  readonly readers: number;
  /** Of the worst reader, in ms; absent without readers. */
  readonly p50?: number;
  readonly p99?: number;
  /** Frames that each reader saw a second. */
  readonly seen?: number;
  /** Of a core. */
  readonly writer: number;
}

if (import.meta.main) {
  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => interrupted.abort(new Error(`Got ${signal}`)));
  }
  process.exit(await main(interrupted.signal));
}

async function main(signal: AbortSignal): Promise<number> {
  const { values } = parseArgs({
    options: {
      seconds: { type: "string", default: "10" },
      sizes: { type: "string" },
      binary: { type: "string" },
      check: { type: "boolean", default: false },
      smoke: { type: "boolean", default: false },
      markdown: { type: "boolean", default: false },
    },
  });
  const { check, smoke, markdown } = values;
  const seconds = smoke ? 1 : Number(values.seconds);
  const rows: Row[] = [];
  const sizes = smoke ? [FORMATS[0][0]] : values.sizes?.split(",");
  for (const [size, fps] of FORMATS) {
    if (sizes !== undefined && !sizes.includes(size)) continue;
    for (const way of WAYS) {
      const counts = way.many ? smoke ? [0, 1] : READERS : [1];
      for (const readers of counts) {
        process.stderr.write(`${size} ${way.name}, ${readers} readers\n`);
        const turn = { size, fps, seconds, signal };
        rows.push(await measure(way, readers, turn));
      }
    }
  }
  const agent = await measureAgent(smoke ? [1] : READERS, {
    camagent: values.binary === undefined
      ? [process.execPath, "run", "-A", MAIN]
      : [resolve(values.binary)],
    seconds,
    signal,
  });
  const verdicts = check ? [...judge(rows), ...agent.verdicts] : [];
  const tables = [handOverTable(rows), agent.table];
  process.stdout.write(
    `${describeMachine()}\n\n` +
      tables.map((table) => `${layOut(table, markdown)}\n`).join("") +
      formatVerdicts(verdicts),
  );
  return verdicts.every(({ met }) => met) ? 0 : 1;
}

/** How one way is measured. */
interface Turn {
  readonly size: string;
  readonly fps: number;
  readonly seconds: number;
  readonly signal: AbortSignal;
}

async function measure(
  way: HandOver,
  readers: number,
  { size, fps, seconds, signal }: Turn,
): Promise<Row> {
  const folder = mkdtempSync(join(tmpdir(), "camagent-bench-"));
  await using children = new Children(signal);
  using _ = {
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
  const place = await way.prepare(folder);
  const reports: { frames: number; p50: number; p99: number }[] = [];
  const all = Promise.withResolvers<void>();
  const onLine = (line: string) => {
    if (!line.startsWith("{")) return;
    reports.push(JSON.parse(line));
    if (reports.length === readers) all.resolve();
  };
  // A queue is in one program with its reader.
  const pid = children.start({
    name: `${way.name} writer`,
    command: way.writer(place, size, fps, seconds),
    onLine,
  });
  if (way.reader !== undefined) {
    for (let reader = 0; reader < readers; reader++) {
      const command = way.reader(place, size, seconds);
      children.start({ name: `${way.name} reader`, command, onLine });
    }
  }
  // Until everybody has started.
  await children.pause(1500);
  const before = costOf(pid);
  const since = performance.now();
  await children.pause(seconds * 1000);
  const writer = (costOf(pid) - before) * 1000 / (performance.now() - since);
  if (readers === 0) return { size, fps, way: way.title, readers, writer };
  await children.until("the readers", all.promise, LIMIT_MS);
  return {
    ...{ size, fps, way: way.title, readers, writer },
    p50: Math.max(...reports.map(({ p50 }) => p50)),
    p99: Math.max(...reports.map(({ p99 }) => p99)),
    seen: Math.min(...reports.map(({ frames }) => frames)) / seconds,
  };
}

function costOf(pid: number): number {
  return readTree(pid)[0]?.ownSeconds ?? NaN;
}

function handOverTable(rows: readonly Row[]): string[][] {
  return [
    ["pictures", "way", "readers", "p50 ms", "p99 ms", "seen", "writer %"],
    ...rows.map(({ size, fps, way, readers, p50, p99, seen, writer }) => [
      `${size} at ${fps}`,
      way,
      `${readers}`,
      p50?.toFixed(2) ?? "",
      p99?.toFixed(2) ?? "",
      seen?.toFixed(1) ?? "",
      (100 * writer).toFixed(1),
    ]),
  ];
}

/** Shared memory with one reader: who has a view, and how late. */
function judge(rows: readonly Row[]): Verdict[] {
  const one = rows.filter(({ way, readers }) =>
    way === WAYS[0]!.title && readers === 1
  );
  return one.flatMap(({ size, p50 = Infinity, p99 = Infinity }) => {
    const most = (what: string, value: number, limit: number): Verdict => ({
      ...{ size, what, value, limit },
      bound: "most",
      met: value <= limit,
    });
    return [
      most("shared memory: p50 to a view, ms", p50, 0.3),
      most("shared memory: p99 to a view, ms", p99, 2),
    ];
  });
}

/** A figure without its machine and its day says nothing. */
function describeMachine(): string {
  const { stdout } = spawnSync("uname", ["-r"], { encoding: "utf8" });
  const day = new Date().toISOString().slice(0, 10);
  const script = fileURLToPath(import.meta.url).split("/").at(-1);
  return `${day}, ${cpus().length} x ${cpus()[0]?.model}, Linux ` +
    `${stdout.trim()}: ${script} ${process.argv.slice(2).join(" ")}`.trimEnd();
}
