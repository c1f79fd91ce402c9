/**
 * Child processes that never outlive the benchmark.
 *
 * @module
 */

import { spawn } from "node:child_process";
import process from "node:process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { type ProcessUsage, readProcess, readTree } from "./proc.ts";

/** How long a child may take to end when asked to. */
const GRACE_MS = 2000;
/** How many of its last words are kept for the message. */
const TAIL_LINES = 10;

/** How a program is started. */
export interface ChildOptions {
  /** What it is called in messages. */
  name: string;
  /** The program and its arguments. */
  command: readonly string[];
  /** Is called with every line it writes to stdout. */
  onLine?: (line: string) => void;
}

/** Children that live and die together. */
export class Children implements AsyncDisposable {
  /** By process id; the promise settles when it has ended. */
  readonly #running = new Map<number, Promise<void>>();
  readonly #broken = Promise.withResolvers<never>();
  readonly #disposal = new AbortController();

  /** From now on every wait fails when `signal` aborts. */
  constructor(signal: AbortSignal) {
    // It is no accident where nobody waits.
    this.#broken.promise.catch(() => {});
    const abandon = () => this.#broken.reject(signal.reason);
    if (signal.aborted) abandon();
    signal.addEventListener("abort", abandon, {
      signal: this.#disposal.signal,
    });
  }

  /**
   * Starts a program. From now on every wait fails when it ends.
   *
   * @returns Its process id.
   * @throws {Error} If it cannot be started.
   */
  start({ name, command, onLine = () => {} }: ChildOptions): number {
    // The kernel ends it even where the benchmark itself is killed.
    const child = spawn("setpriv", ["--pdeathsig", "KILL", ...command], {
      detached: true,
      env: { ...process.env, NO_COLOR: "1" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const tail: string[] = [];
    forEachLine(child.stdout, onLine);
    forEachLine(child.stderr, (line) => {
      tail.push(line);
      if (tail.length > TAIL_LINES) tail.shift();
    });
    const ended = Promise.withResolvers<void>();
    child.on("error", (error) => this.#broken.reject(error));
    child.on("close", (code, signal) => {
      const words = [`"${name}" ended (${signal ?? code})`, ...tail];
      this.#broken.reject(new Error(words.join("\n  ")));
      ended.resolve();
    });
    if (child.pid === undefined) {
      throw new Error(`Cannot start "${name}": is setpriv installed?`);
    }
    this.#running.set(child.pid, ended.promise);
    return child.pid;
  }

  /**
   * Waits for something.
   *
   * @throws {Error} If it takes too long, a child ends, or the user gives up.
   */
  async until<T>(what: string, wait: Promise<T>, limitMs: number): Promise<T> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      late.reject(new Error(`Waited ${limitMs / 1000} s for ${what}`));
    }, limitMs);
    try {
      return await Promise.race([wait, late.promise, this.#broken.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Lets time pass.
   *
   * @throws {Error} If a child ends, or the user gives up.
   */
  async pause(ms: number): Promise<void> {
    const over = Promise.withResolvers<void>();
    const timer = setTimeout(over.resolve, ms);
    try {
      await Promise.race([over.promise, this.#broken.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends the children and whatever they have started. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposal.abort();
    const pids = [...this.#running.keys()];
    const descendants = pids.flatMap(readTree);
    const ended = Promise.all(this.#running.values());
    for (const pid of pids) kill(-pid, "SIGTERM");
    await settledWithin(ended, GRACE_MS);
    for (const pid of pids) kill(-pid, "SIGKILL");
    for (const one of descendants.filter(isAlive)) kill(one.pid, "SIGKILL");
    await settledWithin(ended, GRACE_MS);
  }
}

function forEachLine(input: Readable, onLine: (line: string) => void): void {
  createInterface({ input }).on("line", onLine);
}

async function settledWithin(
  wait: Promise<unknown>,
  limitMs: number,
): Promise<void> {
  const over = Promise.withResolvers<void>();
  const timer = setTimeout(over.resolve, limitMs);
  await Promise.race([wait, over.promise]);
  clearTimeout(timer);
}

/** @param target A process, or a whole group where it is negative. */
function kill(target: number, signal: NodeJS.Signals): void {
  try {
    process.kill(target, signal);
  } catch {
    // It has ended by itself.
  }
}

function isAlive({ pid, startedAt }: ProcessUsage): boolean {
  return readProcess(pid)?.startedAt === startedAt;
}
