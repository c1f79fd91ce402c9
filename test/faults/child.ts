/**
 * A child process of a test, with everything it said, that dies with it.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { until, within } from "./deadline.ts";
import { killTree } from "./process_tree.ts";

const DEADLINE_MS = 10_000;

/** How a child ended. */
export interface ChildEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A running child, leader of a process group of its own. */
export class Child implements AsyncDisposable {
  /** Its number. */
  readonly pid: number;
  /** When it is dead, whoever may still hold its output. */
  readonly exited: Promise<ChildEnd>;
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  readonly #stdout: Uint8Array[] = [];
  readonly #stderr: Uint8Array[] = [];

  /** Starts a program; `env` is added to ours. */
  constructor(
    command: string,
    args: readonly string[] = [],
    env: Record<string, string> = {},
  ) {
    this.#child = spawn(command, args, {
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...env },
    });
    this.#child.stdout!.on("data", (chunk) => this.#stdout.push(chunk));
    this.#child.stderr!.on("data", (chunk) => this.#stderr.push(chunk));
    this.exited = new Promise((resolve, reject) => {
      this.#child.once("error", reject);
      this.#child.once("exit", (code, signal) => resolve({ code, signal }));
    });
    this.#closed = new Promise((resolve) => this.#child.once("close", resolve));
    this.pid = this.#child.pid ?? -1;
  }

  /** What it wrote to stdout so far. */
  get stdout(): Buffer {
    return Buffer.concat(this.#stdout);
  }

  /** What it wrote to stderr so far. */
  get stderr(): Buffer {
    return Buffer.concat(this.#stderr);
  }

  /** Waits until it has written `text` to stdout. */
  async says(text: string): Promise<void> {
    await until(DEADLINE_MS, text, () => this.stdout.includes(text));
  }

  /** Waits until its output has ended too, and tells how it ended. */
  async finished(): Promise<ChildEnd> {
    await within(DEADLINE_MS, "end of the output", this.#closed);
    return await this.exited;
  }

  /** Sends it, and nobody else, a signal. */
  kill(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Its group may outlive it, and hold its output open.
    if (this.pid > 0) await killTree(this.pid);
    await this.#closed;
  }
}
