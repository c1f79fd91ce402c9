/**
 * What the kernel says about processes and ports.
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";

/** One process, as far as the benchmark cares. */
export interface ProcessUsage {
  readonly pid: number;
  readonly parent: number;
  /** Ticks since boot; tells a process from a later one of the same id. */
  readonly startedAt: number;
  /** User and system time so far, in s. */
  readonly ownSeconds: number;
  /** The same of its children that have ended and been waited for. */
  readonly waitedSeconds: number;
  /** Resident memory in MB, pages shared with others included. */
  readonly residentMb: number;
}

/** USER_HZ, the same on every Linux architecture we run on. proc(5). */
const TICKS_PER_SECOND = 100;
/** x86-64; only the memory column depends on it. */
const PAGE_BYTES = 4096;
/** State of a process that has ended. proc(5). */
const ZOMBIE = "Z";
/** TCP_LISTEN of linux/tcp_states.h, as /proc/net/tcp prints it. */
const LISTENING = "0A";

/** Reads a process; `undefined` if it is gone or only waits to be reaped. */
export function readProcess(pid: number): ProcessUsage | undefined {
  let line: string;
  try {
    line = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return undefined;
  }
  // The second field is a name that may hold spaces and parentheses.
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  if (fields[0] === ZOMBIE) return undefined;
  const field = (number: number) => Number(fields[number - 3]);
  return {
    pid,
    parent: field(4),
    startedAt: field(22),
    ownSeconds: (field(14) + field(15)) / TICKS_PER_SECOND,
    waitedSeconds: (field(16) + field(17)) / TICKS_PER_SECOND,
    residentMb: field(24) * PAGE_BYTES / 1e6,
  };
}

/** Reads a process and all that descend from it, itself first. */
export function readTree(pid: number): ProcessUsage[] {
  const all = readdirSync("/proc").map(Number).filter(Number.isInteger)
    .map(readProcess).filter((process) => process !== undefined);
  const tree = all.filter((process) => process.pid === pid);
  for (const { pid } of tree) {
    tree.push(...all.filter((process) => process.parent === pid));
  }
  return tree;
}

/**
 * Says whether somebody listens on a TCP port. Not by connecting: FFmpeg
 * serves the first connection only.
 */
export function isListening(port: number): boolean {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return ["/proc/net/tcp", "/proc/net/tcp6"].some((path) =>
    readFileSync(path, "utf8").split("\n").some((line) => {
      const [, local = "", , state] = line.trim().split(/\s+/);
      return local.endsWith(suffix) && state === LISTENING;
    })
  );
}
