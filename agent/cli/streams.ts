/**
 * This process's text streams, and who looks at them.
 *
 * @module
 */

import { fstatSync } from "node:fs";
import process from "node:process";
import { writeStderr } from "../runtime/stderr.ts";

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
