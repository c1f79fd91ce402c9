/**
 * Why FFmpeg ended.
 *
 * @module
 */

import { ProcessError } from "../errors.ts";
import type { ChildExit } from "../plugin/runtime.ts";

/**
 * What FFmpeg says after the cause, of its own undoing: 5.1.9 three lines,
 * 7.1.5 up to ten.
 */
const AFTERMATH = new RegExp(
  [
    "^Conversion failed!",
    "^Error initializing output stream",
    "^Could not write header for output file",
    "^Failed to set value '.*' for option 'map'",
    "^Error parsing (global options|options for (in|out)put file)",
    "^Error while opening decoder for input stream",
    "^Device setup failed for decoder on input stream",
    "^Error (marking|opening (input|output) files?|reinitializing)\\b",
    "^Failed to inject frame into filter network",
    "^Error while processing the decoded data",
    ": Could not open encoder before EOF",
    ": Error (reinitializing filters|selecting an encoder|sending frames)",
    ": Error while opening encoder - maybe incorrect parameters",
    ": Nothing was written into output file",
    ": Task finished with error code",
    ": Terminating thread with return code",
    ": can't configure (de|en)coder",
  ].join("|"),
);

/**
 * What FFmpeg says of every input that it is not to analyse, of every JPEG,
 * and what it proposes where there is no such stream.
 */
const NOISE = new RegExp(
  [
    ": not enough frames to estimate rate",
    ": EOI missing, emulating",
    "^To ignore this, add a ",
  ].join("|"),
);

/** Which part of FFmpeg says it; the address differs in every run. */
const SPEAKER = /\[([^\]@]+?) @ 0x[0-9a-f]+\] /g;

/** Tells how and why FFmpeg ended. */
export function exitError(
  command: readonly string[],
  exit: ChildExit,
): ProcessError {
  const { code, signal, forced, stderrTail } = exit;
  const how = signal ? `was killed by ${signal}` : `exited with ${code}`;
  const why = signal ? undefined : causeIn(stderrTail);
  const message = `${command[0]} ${how}${why === undefined ? "" : `: ${why}`}`;
  return new ProcessError(message, {
    command,
    reason: signal ? "killed" : "exited",
    exitCode: code ?? undefined,
    signal: signal ?? undefined,
    forced,
    stderrTail,
  });
}

/** The last line that is about the cause, if there is a line at all. */
export function causeIn(stderrTail: readonly string[]): string | undefined {
  const lines = readable(stderrTail);
  return lines.findLast((line) => !AFTERMATH.test(line)) ?? lines.at(-1);
}

/**
 * The first line that is about the cause: where a device is missing the rest
 * comes of it. What says no more than a number is passed over.
 */
export function firstCauseIn(
  stderrTail: readonly string[],
): string | undefined {
  const lines = readable(stderrTail);
  return lines.find((line) => !/^Device creation failed: -?\d+/.test(line)) ??
    lines[0];
}

function readable(stderrTail: readonly string[]): string[] {
  return stderrTail.map((line) => line.replace(SPEAKER, "$1: "))
    .filter((line) => !NOISE.test(line));
}
