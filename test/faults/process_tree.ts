/**
 * Who is alive on this machine, as /proc tells it. A zombie counts as dead: it
 * runs nothing, and the machine's first process may be slow to reap it.
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import { until } from "./deadline.ts";

/** A process that is alive. */
export interface ProcessEntry {
  /** Its number. */
  readonly pid: number;
  /** Its parent's. */
  readonly parent: number;
  /** Its process group's. */
  readonly group: number;
  /** Its arguments, the program first; the name for a thread of the kernel. */
  readonly command: readonly string[];
}

/** SIGKILL acts at once, but a process that writes a core takes its time. */
const KILL_DEADLINE_MS = 5000;

/** Lists every process that is alive. */
export function livingProcesses(): ProcessEntry[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => processEntry(Number(name)))
    .filter((entry) => entry !== undefined);
}

/** Tells whether a process is there and no zombie. */
export function isAlive(pid: number): boolean {
  return processEntry(pid) !== undefined;
}

/** Lists the children of a process, their children, and so on. */
export function descendantsOf(pid: number): ProcessEntry[] {
  const all = livingProcesses();
  const found: ProcessEntry[] = [];
  let parents = [pid];
  while (parents.length > 0) {
    const children = all.filter(({ parent }) => parents.includes(parent));
    found.push(...children);
    parents = children.map((child) => child.pid);
  }
  return found;
}

/** Lists the members of a process group. */
export function groupMembers(group: number): ProcessEntry[] {
  return livingProcesses().filter((entry) => entry.group === group);
}

/**
 * Lists the processes, other than ourselves, whose environment or arguments
 * carry the marker: children inherit the one however they are orphaned.
 */
export function orphansOf(marker: string): ProcessEntry[] {
  return livingProcesses().filter(({ pid, command }) =>
    pid !== process.pid &&
    (command.some((argument) => argument.includes(marker)) ||
      (read(pid, "environ") ?? "").includes(marker))
  );
}

/** Counts the open descriptors of a process; `undefined` if it is gone. */
export function openDescriptors(pid: number): number | undefined {
  try {
    const count = readdirSync(`/proc/${pid}/fd`).length;
    // The listing itself holds one open.
    return pid === process.pid ? count - 1 : count;
  } catch {
    return undefined;
  }
}

/** Tells a process's resident memory in bytes; `undefined` if it is gone. */
export function residentBytes(pid: number): number | undefined {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(read(pid, "status") ?? "")?.[1];
  return kibibytes === undefined ? undefined : 1024 * Number(kibibytes);
}

/**
 * Kills a process, its descendants, and the group it leads, and waits until
 * all are dead.
 *
 * @returns Whom it killed.
 */
export async function killTree(pid: number): Promise<number[]> {
  if (pid <= 1 || pid === process.pid) {
    throw new RangeError(`Cannot kill process ${pid}: not ours to kill`);
  }
  const found = new Set<number>();
  // Stopped processes start no others: ask until there is nobody new.
  for (let before = -1; before !== found.size;) {
    before = found.size;
    const tree = [...descendantsOf(pid), ...groupMembers(pid)];
    for (const member of [pid, ...tree.map((entry) => entry.pid)]) {
      if (isAlive(member) && signal(member, "SIGSTOP")) found.add(member);
    }
  }
  for (const member of found) signal(member, "SIGKILL");
  const gone = () => ![...found].some(isAlive);
  await until(KILL_DEADLINE_MS, `end of process ${pid}`, gone);
  return [...found];
}

/** proc(5): the name in brackets may hold anything, brackets too. */
function processEntry(pid: number): ProcessEntry | undefined {
  const stat = read(pid, "stat");
  if (stat === undefined) return undefined;
  const end = stat.lastIndexOf(")");
  const name = stat.slice(stat.indexOf("(") + 1, end);
  const [state, parent, group] = stat.slice(end + 2).split(" ");
  if (state === "Z" || state === "X") return undefined;
  const cmdline = read(pid, "cmdline")?.split("\0").slice(0, -1) ?? [];
  const command = cmdline.length > 0 ? cmdline : [name];
  return { pid, parent: Number(parent), group: Number(group), command };
}

function read(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return undefined; // Gone by now, or not ours to read.
  }
}

function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false; // Gone by now.
  }
}
