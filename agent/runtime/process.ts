/**
 * Child processes that never outlive us, never block on a full stderr, and
 * end when they are told to.
 *
 * @module
 */

import { type ChildProcess as NodeChild, spawn } from "node:child_process";
import { realpathSync } from "node:fs";
import { basename } from "node:path";
import process from "node:process";
import { ProcessError, StreamError } from "../errors.ts";
import { LineReader } from "../media/lines.ts";
import type {
  ChildExit,
  ChildProcess,
  SpawnOptions,
} from "../plugin/runtime.ts";
import { findProgram } from "./programs.ts";

/**
 * From the first signal to SIGKILL. An FFmpeg blocked on a full pipe ignores the
 * first.
 */
const KILL_GRACE_MS = 1000;

/**
 * How long output may follow the exit: a grandchild that holds the pipe open
 * must not hide that the child is gone.
 */
const DRAIN_MS = 300;

/** Lines of stderr that errors show. */
const TAIL_LINES = 100;

/** Starts a child process. */
export async function spawnChild(options: SpawnOptions): Promise<ChildProcess> {
  const { command, args, signal } = options;
  signal.throwIfAborted();
  const program = findProgram(command);
  if (program === undefined) {
    throw new ProcessError(`Cannot start "${command}": not found on PATH`, {
      command: [command, ...args],
      reason: "not-found",
    });
  }
  const [first, ...rest] = [...guard(), program, ...args];
  try {
    const child = spawn(first!, rest, {
      // A process group of its own, so that grandchildren die as well.
      detached: process.platform !== "win32",
      stdio: [options.stdin ? "pipe" : "ignore", "pipe", "pipe"],
      // FFREPORT would write our addresses, passwords included, to a file.
      env: { ...process.env, FFREPORT: undefined, AV_LOG_FORCE_NOCOLOR: "1" },
    });
    await started(child);
    return new Child(child, options);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ProcessError(`Cannot start "${command}": ${why}`, {
      command: [command, ...args],
      // It is there: too many processes or descriptors, which may pass.
      reason: "exited",
      cause,
    });
  }
}

/**
 * Children outlive a killed parent in Deno and Bun alike; setpriv(1), part of
 * util-linux, has the kernel kill them. BusyBox has one that cannot.
 */
function guard(): string[] {
  if (process.platform !== "linux") return [];
  // PATH may name no more than where FFmpeg is.
  const setpriv = findProgram("setpriv") ?? findProgram("/usr/bin/setpriv");
  if (!setpriv || basename(realpathSync(setpriv)) !== "setpriv") return [];
  return [setpriv, "--pdeathsig", "KILL", "--"];
}

function started(child: NodeChild): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
}

class Child implements ChildProcess {
  readonly pid: number;
  readonly exit: Promise<ChildExit>;
  readonly #child: NodeChild;
  readonly #command: string;
  readonly #firstSignal: "SIGINT" | "SIGTERM" | "SIGKILL";
  #gone = false;
  #forced = false;
  #killTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(child: NodeChild, options: SpawnOptions) {
    this.#child = child;
    this.#command = options.command;
    this.#firstSignal = options.firstSignal ?? "SIGTERM";
    this.pid = child.pid!;
    const tail: string[] = [];
    const lines = new LineReader((line) => {
      if (options.onStderrLine?.(line) === true) return;
      tail.push(line);
      if (tail.length > TAIL_LINES) tail.shift();
    });
    child.stdout!.on("data", (chunk) => options.onStdout?.(chunk));
    child.stderr!.on("data", (chunk) => lines.push(chunk));
    child.on("error", () => {});
    // A child that died closes its stdin; write() reports it, if anybody asks.
    child.stdin?.on("error", () => {});
    const stop = () => this.#stop();
    options.signal.addEventListener("abort", stop, { once: true });
    this.exit = this.#ended().then(({ code, signal }) => {
      options.signal.removeEventListener("abort", stop);
      lines.end();
      return { code, signal, forced: this.#forced, stderrTail: tail };
    });
    // Aborted between the start and this line: no event will come.
    if (options.signal.aborted) stop();
  }

  write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    return new Promise((resolve, reject) => {
      const lost = (cause?: Error | null) => {
        const message = `Cannot write to ${this.#command}: it no longer reads`;
        reject(new StreamError("lost", message, { cause }));
      };
      if (this.#gone || !this.#child.stdin?.writable) return lost();
      this.#child.stdin.write(
        bytes,
        (error) => error ? lost(error) : resolve(),
      );
    });
  }

  endInput(): void {
    this.#child.stdin?.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop();
    await this.exit;
  }

  #stop(): void {
    if (this.#gone || this.#killTimer !== undefined) return;
    // An FFmpeg that waits for input heeds SIGTERM only once that ends.
    this.#child.stdin?.destroy();
    this.#kill(this.#firstSignal);
    this.#killTimer = setTimeout(() => {
      this.#forced = true;
      this.#kill("SIGKILL");
    }, KILL_GRACE_MS);
  }

  /** To the whole group; where there is none, to the child alone. */
  #kill(signal: "SIGINT" | "SIGTERM" | "SIGKILL"): void {
    try {
      process.kill(-this.pid, signal);
    } catch {
      // This system has no groups, or the child has just died. Once it is
      // reaped, its number may be somebody else's.
      if (!this.#gone) this.#child.kill(signal);
    }
  }

  async #ended(): Promise<Pick<ChildExit, "code" | "signal">> {
    const child = this.#child;
    const drained = new Promise<void>((resolve) => child.on("close", resolve));
    const end = await new Promise<Pick<ChildExit, "code" | "signal">>(
      (resolve) => {
        child.on("exit", (code, signal) => resolve({ code, signal }));
      },
    );
    this.#gone = true;
    clearTimeout(this.#killTimer);
    // Whom it left behind. A group's number is not given away before its last
    // member is gone, and not again within the microseconds since.
    this.#kill("SIGKILL");
    await settledWithin(drained, DRAIN_MS);
    child.stdin?.destroy();
    child.stdout!.destroy();
    child.stderr!.destroy();
    return end;
  }
}

async function settledWithin(
  promise: Promise<void>,
  milliseconds: number,
): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([promise, timeout]);
  clearTimeout(timer);
}
