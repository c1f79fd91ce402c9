/**
 * What the operator and the service manager are told at the end.
 *
 * @module
 */

import {
  ConfigError,
  GaveUpError,
  ProcessError,
  StreamError,
} from "../errors.ts";
import { oneLine, redactText } from "./text.ts";
import { versionLine } from "./version.ts";

/**
 * Exit codes; where none is ours, those of sysexits.h. A service manager need
 * not restart after 64, 66, 73 and 77: only the user can mend those.
 */
export const ExitCode = {
  /** Ended as asked: by SIGTERM, by the end of the input or of stdout. */
  ok: 0,
  /** The command line is wrong. */
  usage: 64,
  /** The stream is no video. */
  data: 65,
  /** FFmpeg is missing, or `--max-retries` is used up. */
  unavailable: 69,
  /** A bug. */
  software: 70,
  /** Ctrl-C in a terminal, as shells expect it. */
  interrupted: 130,
} as const;

/** How to get the programs that camagent starts. */
const PACKAGES: Record<string, string> = {
  ffmpeg: "ffmpeg",
  ffprobe: "ffmpeg",
  "rpicam-vid": "rpicam-apps-lite",
};

/** The end of a run that failed. */
export interface Ending {
  /** For the shell. */
  code: number;
  /** For stderr. */
  message: string;
}

/** Says in one line what failed; of a bug also where. */
export function endingOf(error: unknown): Ending {
  const ending = (code: number, why: string): Ending => {
    return { code, message: `camagent: ${oneLine(why)}` };
  };
  if (error instanceof ConfigError) {
    return ending(error.exitCode, error.message);
  }
  if (error instanceof GaveUpError) {
    return ending(ExitCode.unavailable, error.message);
  }
  if (error instanceof ProcessError) {
    return ending(ExitCode.unavailable, error.message + advice(error));
  }
  if (error instanceof StreamError) {
    const isData = error.failure === "undecodable";
    return ending(isData ? ExitCode.data : ExitCode.unavailable, error.message);
  }
  return { code: ExitCode.software, message: bug(error) };
}

function advice(error: ProcessError): string {
  const [program = ""] = error.command;
  const name = PACKAGES[program];
  if (error.reason !== "not-found" || name === undefined) {
    const last = error.stderrTail.at(-1);
    return last === undefined ? "" : ` (${last})`;
  }
  return `; install it with "sudo apt install ${name}"`;
}

function bug(error: unknown): string {
  const stack = error instanceof Error && error.stack || String(error);
  return [
    `camagent: This is a bug: ${oneLine(String(error))}`,
    redactText(stack),
    `Please report it with these lines and the command: ${versionLine()}`,
  ].join("\n");
}
