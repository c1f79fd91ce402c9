/**
 * Somebody else's program that talks to ours.
 *
 * @module
 */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import process from "node:process";
import { findProgram } from "../../agent/runtime/programs.ts";
import { until } from "../faults/deadline.ts";

/** How long any of them may take. */
const DEADLINE_MS = 20_000;

/** One running program. */
export class Program implements AsyncDisposable {
  /** What it wrote to stdout and stderr; `\r` ends a line as well. */
  readonly lines: string[] = [];
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #gone: Promise<void>;
  #rest = "";

  /**
   * Starts it.
   *
   * @param env Added to our own environment.
   * @param stdout Whether that is lines, or left to be read as it comes.
   * @throws {Error} If it is not there; the tests need it.
   */
  constructor(
    [name = "", ...args]: readonly string[],
    env: Readonly<Record<string, string>> = {},
    stdout: "lines" | "bytes" = "lines",
  ) {
    const program = findProgram(name);
    if (program === undefined) throw new Error(`"${name}" is not installed`);
    this.#name = name;
    this.#child = spawn(program, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...env },
    });
    const read = (chunk: unknown) => this.#read(String(chunk));
    if (stdout === "lines") this.#child.stdout!.on("data", read);
    this.#child.stderr!.on("data", read);
    this.#gone = new Promise((resolve) => {
      this.#child.on("close", () => resolve());
    });
  }

  /** Its stdout, for whoever wants bytes. */
  get stdout(): NodeJS.ReadableStream {
    return this.#child.stdout!;
  }

  /** Waits for so many lines that match. */
  async says(
    wanted: RegExp,
    count = 1,
    ms = DEADLINE_MS,
  ): Promise<string[]> {
    return await this.#until(ms, `${count} lines ${wanted}`, () => {
      const found = this.lines.filter((line) => wanted.test(line));
      if (found.length >= count) return found;
      if (this.#code() === undefined) return undefined;
      throw new Error(`"${this.#name}" ended with ${this.#code()}`);
    });
  }

  /** Waits for its end; returns its exit code, or the signal that ended it. */
  async end(): Promise<string> {
    return await this.#until(DEADLINE_MS, "end", () => this.#code());
  }

  /** Sends a signal to it. */
  kill(signal: NodeJS.Signals): void {
    process.kill(this.#child.pid!, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#code() === undefined) this.kill("SIGKILL");
    this.#child.stdout!.destroy();
    await this.#gone;
  }

  async #until<T>(
    ms: number,
    what: string,
    look: () => T | undefined,
  ): Promise<T> {
    try {
      return await until(ms, what, look);
    } catch (cause) {
      const lines = this.lines.slice(-20).join("\n");
      throw new Error(`${cause}\n${lines}`, { cause });
    }
  }

  #code(): string | undefined {
    const { exitCode, signalCode } = this.#child;
    return signalCode ?? exitCode?.toString();
  }

  #read(text: string): void {
    const lines = (this.#rest + text).split(/[\r\n]+/);
    this.#rest = lines.pop()!;
    this.lines.push(...lines);
  }
}

/**
 * Finds a Python that has a module. The system's own comes last, since it has
 * what Debian's packages bring whatever the PATH says.
 *
 * @throws {Error} If there is none.
 */
export function pythonWith(module: string): string {
  for (const python of ["python3", "/usr/bin/python3"]) {
    const { status } = spawnSync(python, ["-c", `import ${module}`], {
      stdio: "ignore",
    });
    if (status === 0) return python;
  }
  throw new Error(`No python3 has the module "${module}"`);
}
