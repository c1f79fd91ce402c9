/**
 * The ways to hand frames to another process.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { freshSegment } from "./rig.ts";

/** One way. */
export interface HandOver {
  /** For messages. */
  readonly name: string;
  /** For the table. */
  readonly title: string;
  /** Whether any number of readers may share a writer. */
  readonly many: boolean;
  /** Makes the place where they meet. */
  prepare(folder: string): string | Promise<string>;
  /** The command that writes. */
  writer(place: string, size: string, fps: number, seconds: number): string[];
  /** The command that reads, unless the writer brings its reader along. */
  reader?(place: string, size: string, seconds: number): string[];
}

const WRITER = fileURLToPath(
  new URL("../test/shm/writer.ts", import.meta.url),
);

const PEERS = fileURLToPath(new URL("shm_peers.py", import.meta.url));

/** Debian's own has what Debian's packages bring. */
export const PYTHON = "/usr/bin/python3";

function peer(...words: (string | number)[]): string[] {
  return [PYTHON, PEERS, ...words.map(String)];
}

/** Every way, ours first. */
export const WAYS: readonly HandOver[] = [
  {
    name: "shm",
    title: "camagent's shared memory, to NumPy",
    many: true,
    prepare: freshSegment,
    writer: (name, size, fps) => [
      ...[process.execPath, "run", "-A", WRITER],
      ...[name, size, `${fps}`, "3600", "light"],
    ],
    reader: (name, _, seconds) => peer("shm", name, seconds),
  },
  {
    name: "fifo",
    title: "a FIFO of 1 MiB, to NumPy",
    many: false,
    prepare(folder) {
      const path = join(folder, "fifo");
      spawnSync("mkfifo", [path]);
      return path;
    },
    writer: (path, size, fps) => peer("fifo-writer", path, size, fps),
    reader: (path, size, seconds) => peer("fifo", path, size, seconds),
  },
  {
    name: "queue",
    title: "a queue of Python's multiprocessing",
    many: false,
    prepare: () => "",
    writer: (_, size, fps, seconds) => peer("queue", size, fps, seconds),
  },
  {
    name: "gstreamer",
    title: "GStreamer's shmsink and shmsrc, to NumPy",
    many: false,
    prepare: (folder) => join(folder, "socket"),
    writer: (path, size, fps) => peer("gstreamer-writer", path, size, fps),
    reader: (path, size, seconds) => peer("gstreamer", path, size, seconds),
  },
];
