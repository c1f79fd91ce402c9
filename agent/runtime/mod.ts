/**
 * The machine, under Deno and under Bun. No other folder names either.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import type { Runtime } from "../plugin/runtime.ts";
import { clock } from "./clock.ts";
import { openFifo } from "./fifo.ts";
import { kindOfPath, readFile, removeFile, replaceFile } from "./files.ts";
import { spawnChild } from "./process.ts";
import { openSecret } from "./secret.ts";
import { writeStdout } from "./stdout.ts";
import { dialTcp, listenTcp } from "./tcp.ts";
import { openUdp, resolveHost } from "./udp.ts";

/** The real machine. */
export const runtime: Runtime = {
  ...clock,
  turn: () => new Promise((resolve) => setImmediate(resolve)),
  kindOfPath,
  readFile,
  replaceFile,
  removeFile,
  spawn: spawnChild,
  openSecret,
  dialTcp,
  listenTcp,
  resolveHost,
  openUdp,
  openFifo,
  writeStdout,
};
