/**
 * What readers of shared memory cost the agent that writes it.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import type { Verdict } from "./budgets.ts";
import { ROWS } from "./pipelines.ts";
import { readTree } from "./proc.ts";
import { type Format, Rig } from "./rig.ts";
import { WAYS } from "./shm_ways.ts";

/** A table, and what it is held to. */
export interface AgentResult {
  readonly table: string[][];
  readonly verdicts: readonly Verdict[];
}

/** What a Raspberry Pi's camera is most often set to. */
const FORMAT: Format = { width: 1920, height: 1080, fps: 30, bitrate: 8e6 };

/** Until decoder and readers have started. */
const WARM_UP_MS = 4000;

/** How it is measured. */
export interface AgentOptions {
  /** The words that start camagent. */
  readonly camagent: readonly string[];
  /** How long, for each number of readers. */
  readonly seconds: number;
  /** Ends it early. */
  readonly signal: AbortSignal;
}

/** One line of the table. */
interface Row {
  readonly readers: number;
  /** Of a core, the agent alone. */
  readonly cpu: number;
  /** Memory of its own, in MB: without what it shares. */
  readonly ownMb: number;
  /** What it shares, in MB. */
  readonly sharedMb: number;
}

/** Measures a receiver at 1080p30 with so many readers at a time. */
export async function measureAgent(
  readers: readonly number[],
  options: AgentOptions,
): Promise<AgentResult> {
  const rows: Row[] = [];
  for (const count of readers) {
    process.stderr.write(`1920x1080 agent, ${count} readers\n`);
    rows.push(await measure(count, options));
  }
  const percent = (cpu: number) => (100 * cpu).toFixed(1);
  return {
    table: [
      ["pictures", "who", "readers", "agent %", "own MB", "shared MB"],
      ...rows.map(({ readers, cpu, ownMb, sharedMb }) => [
        "1920x1080 at 30",
        "camagent recv, tcp to shm",
        `${readers}`,
        percent(cpu),
        ownMb.toFixed(0),
        sharedMb.toFixed(0),
      ]),
    ],
    verdicts: judge(rows),
  };
}

async function measure(
  readers: number,
  { camagent, seconds, signal }: AgentOptions,
): Promise<Row> {
  await using rig = await Rig.open(FORMAT, camagent, signal);
  const { children, link } = rig;
  const row = ROWS.find(({ name }) => name === "shm")!;
  rig.startSource();
  await rig.startSender(row);
  const command = row.receive(link);
  const pid = children.start({ name: "receiver", command });
  const size = `${link.width}x${link.height}`;
  for (let reader = 0; reader < readers; reader++) {
    const command = WAYS[0]!.reader!(link.segment, size, seconds);
    children.start({ name: "reader", command });
  }
  await children.pause(WARM_UP_MS);
  const before = readTree(pid)[0]!.ownSeconds;
  const since = performance.now();
  await children.pause(seconds * 1000);
  const used = readTree(pid)[0]!.ownSeconds - before;
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const memory = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) / 1e3;
  const sharedMb = memory("RssShmem");
  return {
    readers,
    cpu: used * 1000 / (performance.now() - since),
    ownMb: memory("VmRSS") - sharedMb,
    sharedMb,
  };
}

function judge(rows: readonly Row[]): Verdict[] {
  const most = (what: string, value: number, limit: number): Verdict => ({
    ...{ size: "1920x1080", what, value, limit },
    bound: "most",
    met: value <= limit,
  });
  const none = rows.find(({ readers }) => readers === 0);
  return rows.flatMap((row) => {
    const { readers, cpu, ownMb } = row;
    if (readers === 4) {
      return [
        most("agent with 4 readers, % of a core", 100 * cpu, 15),
        most("agent with 4 readers, MB beside the ring", ownMb, 100),
      ];
    }
    if (readers !== 8 || none === undefined) return [];
    const more = 100 * (cpu - none.cpu);
    return [most("8 readers more than none, % of a core", more, 2)];
  });
}
