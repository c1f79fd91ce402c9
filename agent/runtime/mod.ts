/**
 * The machine, under Deno and under Bun. No other folder names either.
 *
 * @module
 */

import process from "node:process";
import { setImmediate } from "node:timers";
import type { Runtime } from "../plugin/runtime.ts";
import { claim } from "./claim.ts";
import { openPipe } from "./child_pipe.ts";
import { clock } from "./clock.ts";
import { openFifo } from "./fifo.ts";
import { kindOfPath, readFile, removeFile, replaceFile } from "./files.ts";
import { libc } from "./libc.ts";
import { spawnChild } from "./process.ts";
import { findProgram } from "./programs.ts";
import { usersOf } from "./users.ts";
import { listVideoDevices } from "./video_devices.ts";
import { openSecret } from "./secret.ts";
import { openSharedMemory } from "./shared_memory.ts";
import { writeStdout } from "./stdout.ts";
import { dialTcp, listenTcp } from "./tcp.ts";
import { openUdp, resolveHost } from "./udp.ts";

/** The real machine. */
export const runtime: Runtime = {
  ...clock,
  pid: process.pid,
  turn: () => new Promise((resolve) => setImmediate(resolve)),
  kindOfPath,
  readFile,
  replaceFile,
  removeFile,
  hasProgram: (command) => findProgram(command) !== undefined,
  usersOf,
  listVideoDevices: () => Promise.resolve(listVideoDevices()),
  spawn: spawnChild,
  openPipe,
  openSecret,
  dialTcp,
  listenTcp,
  resolveHost,
  openUdp,
  openFifo,
  openSharedMemory,
  // Where there is no libc, nothing can be shared that would be worth it.
  claim: (name) => libc ? claim(libc, name) : { [Symbol.dispose]() {} },
  writeStdout,
};
