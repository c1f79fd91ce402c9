/**
 * The program under test, as a process: from source under the runtime of the
 * tests, or the compiled binary that `CAMAGENT_BIN` names.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import { basename, join } from "node:path";
import process from "node:process";
import type { RecvStatus } from "../../agent/recv/status.ts";
import type { SendStatus } from "../../agent/send/status.ts";
import { Bell } from "../faults/bell.ts";
import { until } from "../faults/deadline.ts";
import { livingProcesses } from "../faults/process_tree.ts";

const ROOT = join(import.meta.dirname!, "../..");

/** The words that start the program. */
export function camagent(): [string, ...string[]] {
  const binary = process.env.CAMAGENT_BIN;
  if (binary) return [join(ROOT, binary)];
  const main = join(ROOT, "agent/main.ts");
  return "Deno" in globalThis
    ? [process.execPath, "run", "-A", "--no-lock", main]
    : [process.execPath, main];
}

/** How it ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** One running program. */
export class Agent<Status> implements AsyncDisposable {
  /** Everything it wrote to stderr that is no status. */
  readonly log: string[] = [];
  /** How it goes, as it last said. */
  status: Status | undefined;
  /** When it ended, and how. */
  readonly exit: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #bell = new Bell();
  #rest = "";
  #ended: Exit | undefined;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stderr!.on("data", (chunk) => this.#read(String(chunk)));
    this.exit = new Promise((resolve) => {
      child.on("exit", (code, signal) => {
        this.#ended = { code, signal };
        this.#bell.ring();
        resolve(this.#ended);
      });
    });
  }

  /** Starts `camagent send`. */
  static send(...args: string[]): Agent<SendStatus> {
    return Agent.start(["send", ...args, "--json=stderr"]);
  }

  /** Starts `camagent recv`. */
  static recv(...args: string[]): Agent<RecvStatus> {
    return Agent.start(["recv", ...args, "--json=stderr"]);
  }

  /** Starts any command. */
  static start<Status>(
    args: string[],
    options: {
      cwd?: string;
      env?: Record<string, string>;
      /** Words in front, of a program that becomes the agent. */
      through?: readonly string[];
    } = {},
  ): Agent<Status> {
    const words = [...options.through ?? [], ...camagent()];
    const [program, ...rest] = words as [string, ...string[]];
    return new Agent(spawn(program, [...rest, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
    }));
  }

  /** Its process id. */
  get pid(): number {
    return this.#child.pid!;
  }

  /** What it writes to stdout. */
  get stdout(): NodeJS.ReadableStream {
    return this.#child.stdout!;
  }

  /** Closes our end of what it writes to stdout. */
  closeStdout(): void {
    this.#child.stdout!.destroy();
  }

  /** Waits until a sender listens. */
  async port(this: Agent<SendStatus>): Promise<number> {
    const status = await this.says(({ outputs }) => !!outputs[0]?.port);
    return status.outputs[0]!.port!;
  }

  /** The processes that it has started. */
  children(program: string): number[] {
    return livingProcesses()
      .filter(({ parent }) => parent === this.pid)
      .filter(({ command: [path = ""] }) => basename(path) === program)
      .map(({ pid }) => pid);
  }

  /** Sends a signal to it alone. */
  kill(signal: NodeJS.Signals): void {
    // Deno reports a child as killed by what its own kill() sent.
    process.kill(this.pid, signal);
  }

  /** Waits until it says what is wanted. */
  async says(
    wanted: (status: Status) => boolean,
    ms = 10_000,
  ): Promise<Status> {
    return await this.#until(
      ms,
      "status",
      () => this.status && wanted(this.status) ? this.status : undefined,
    );
  }

  /** Waits for a line of its log. */
  async logs(wanted: RegExp, ms = 10_000): Promise<RegExpExecArray> {
    return await this.#until(ms, `line ${wanted}`, () => {
      for (const line of this.log) {
        const match = wanted.exec(line);
        if (match) return match;
      }
      return undefined;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ended) this.kill("SIGTERM");
    const killer = setTimeout(() => this.kill("SIGKILL"), 4000);
    await this.exit;
    clearTimeout(killer);
    this.#child.stdout!.destroy();
    this.#child.stderr!.destroy();
  }

  async #until<T>(
    ms: number,
    what: string,
    look: () => T | undefined,
  ): Promise<T> {
    try {
      return await until(ms, what, () => {
        const found = look();
        if (found === undefined && this.#ended) {
          throw new Error(`Ended with ${JSON.stringify(this.#ended)}`);
        }
        return found;
      });
    } catch (cause) {
      const log = this.log.slice(-20).join("\n");
      throw new Error(`${cause}\n${log}\n${JSON.stringify(this.status)}`, {
        cause,
      });
    }
  }

  #read(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop()!;
    for (const line of lines) {
      const object = line.startsWith("{") ? JSON.parse(line) : undefined;
      if (object?.type === "status") this.status = object;
      else this.log.push(line);
    }
    this.#bell.ring();
  }
}
