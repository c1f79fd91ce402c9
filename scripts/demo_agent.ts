/**
 * One camagent of the demo, in a process of its own.
 *
 * @module
 */

import { join } from "node:path";
import process from "node:process";
import type { ChildExit } from "../agent/plugin/runtime.ts";
import { runtime } from "../agent/runtime/mod.ts";

/** Warnings that a failure shows. */
const TAIL_LINES = 4;

/** A process that says once a second how it goes. */
export class DemoAgent<Status> implements AsyncDisposable {
  /** Rejects when the process ends. */
  readonly ended: Promise<never>;
  readonly #stop = new AbortController();
  readonly #exit: Promise<ChildExit>;
  readonly #log: string[] = [];
  #next = Promise.withResolvers<Status>();

  /** Starts `camagent` with these words. */
  constructor(...words: readonly string[]) {
    const main = join(import.meta.dirname!, "../agent/main.ts");
    const exit = runtime.spawn({
      command: process.execPath,
      args: ["run", "-A", main, ...words, "--json=stderr"],
      signal: this.#stop.signal,
      onStderrLine: (line) => this.#read(line),
    }).then((child) => child.exit);
    this.#exit = exit;
    this.ended = exit.then(({ code, signal }) => {
      const how = `camagent ${words.join(" ")} ended with ${signal ?? code}`;
      throw new Error([how, ...this.#log].join("\n  "));
    });
    this.ended.catch(() => {});
  }

  /** Its last warnings, one line each. */
  get log(): readonly string[] {
    return this.#log;
  }

  /**
   * Waits for its next status.
   *
   * @throws {Error} If it ends first.
   */
  async status(): Promise<Status> {
    return await Promise.race([this.#next.promise, this.ended]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#exit.catch(() => {});
  }

  #read(line: string): void {
    const said = parse(line);
    if (said?.type === "status") {
      this.#next.resolve(said as Status);
      this.#next = Promise.withResolvers();
      return;
    }
    // That all goes well is in the status.
    if (said?.level === "info") return;
    const text = said === undefined
      ? line
      : `${said.component}: ${said.message}`;
    this.#log.push(text);
    if (this.#log.length > TAIL_LINES) this.#log.shift();
  }
}

/** Errors of the command line are no JSON. */
function parse(line: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
