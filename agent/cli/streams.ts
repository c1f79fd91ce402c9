/**
 * This process's text streams, and who looks at them.
 *
 * @module
 */

import { fstatSync, write } from "node:fs";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";

/** What surrounds a command. */
export interface Streams {
  /** Environment variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether a person started us by hand. */
  readonly isInteractive: boolean;
  /** Whether stdout is a screen. */
  readonly isStdoutTerminal: boolean;
  /** Whether stderr is a screen. */
  readonly isStderrTerminal: boolean;
  /** Whether stderr is the systemd journal. */
  readonly isJournal: boolean;
  /** Width of the screen on stderr. */
  columns(): number | undefined;
  /** Writes to stderr without holding anything up. */
  writeStderr(text: string): Promise<void>;
}

/** The streams of this process. */
export function processStreams(): Streams {
  const { env, stdin, stdout, stderr } = process;
  return {
    env,
    isInteractive: stdin.isTTY === true,
    isStdoutTerminal: stdout.isTTY === true,
    isStderrTerminal: stderr.isTTY === true,
    isJournal: isJournal(env.JOURNAL_STREAM),
    columns: () => stderr.columns,
    writeStderr,
  };
}

/** systemd.exec(5): the variable is inherited, so compare it with stderr. */
function isJournal(variable: string | undefined): boolean {
  if (variable === undefined) return false;
  const { dev, ino } = fstatSync(2);
  return variable === `${dev}:${ino}`;
}

/**
 * `process.stderr` blocks the event loop while a pager or a terminal stands
 * still; a write of the thread pool blocks one thread.
 */
async function writeStderr(text: string): Promise<void> {
  let rest: Uint8Array = new TextEncoder().encode(text);
  while (rest.length > 0) {
    const count = await writeSome(rest);
    if (count === 0) await delay(FULL_MS);
    rest = rest.subarray(count);
  }
}

/** A stream that another process made non-blocking is tried again. */
const FULL_MS = 20;

function writeSome(bytes: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    write(2, bytes, (error, count) => {
      if (error === null) resolve(count);
      else if (error.code === "EAGAIN") resolve(0);
      else reject(error);
    });
  });
}

/**
 * Whether to use colors: as told, else as https://no-color.org and
 * https://force-color.org say, else on a screen that can.
 */
export function wantsColor(
  when: "auto" | "always" | "never",
  { env, isStderrTerminal }: Pick<Streams, "env" | "isStderrTerminal">,
): boolean {
  if (when !== "auto") return when === "always";
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== "0";
  return isStderrTerminal && env.TERM !== "dumb";
}
