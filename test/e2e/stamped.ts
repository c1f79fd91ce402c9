/**
 * Stamped pictures through the whole product: a camera and a reader, each a
 * process of its own, as the benchmark has them.
 *
 * @module
 */

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { parseSighting, type Sighting, WAITING } from "../../bench/reader.ts";
import { until } from "../faults/deadline.ts";

const BENCH = join(import.meta.dirname!, "../../bench");

/** The size of all stamped pictures here, at 30 a second. */
export const [WIDTH, HEIGHT] = [640, 480];

/** Writes stamped pictures into a new FIFO until it is disposed of. */
export class Camera implements AsyncDisposable {
  /** The FIFO. */
  readonly path: string;
  /** The address of the source that reads them. */
  readonly address: string;
  readonly #child: ChildProcess;

  /** @param folder Where the FIFO is to stand. */
  constructor(folder: string) {
    const path = this.path = join(folder, "camera");
    execFileSync("mkfifo", [path]);
    const size = `${WIDTH}x${HEIGHT}`;
    this.address = `ffmpeg:${path}?format=rawvideo&size=${size}&fps=30`;
    this.#child = run("source.ts", path, WIDTH, HEIGHT, 30);
    this.#child.stdout!.resume();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await kill(this.#child);
  }
}

/** A frame that was seen: its age, its number, when it was read. */
export interface Seen {
  /** Microseconds of CLOCK_MONOTONIC. */
  readonly at: number;
  /** Milliseconds since the camera had it. */
  readonly age: number;
  /** Counts the camera's pictures. */
  readonly counter: number;
}

/** Reads a FIFO and keeps what it sees. */
export class Reader implements AsyncDisposable {
  /** Every frame so far whose stamp was whole. */
  readonly seen: Seen[] = [];
  /** Frames whose stamp was not. */
  damaged = 0;
  readonly #child: ChildProcess;
  #rest = "";

  /** @param pauseMs How long it works on each frame. */
  constructor(path: string, pauseMs = 0) {
    this.#child = run("reader.ts", path, WIDTH, HEIGHT, pauseMs);
    this.#child.stdout!.on("data", (chunk) => this.#read(String(chunk)));
  }

  /** Its process id. */
  get pid(): number {
    return this.#child.pid!;
  }

  /** Waits until it has seen so many frames. */
  async reach(count: number, ms = 15_000): Promise<void> {
    await until(ms, `frame ${count}`, () => this.seen.length >= count);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await kill(this.#child);
  }

  #read(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop()!;
    for (const line of lines.filter((line) => line !== WAITING)) {
      this.#take(parseSighting(line));
    }
  }

  #take({ readAt, stamp }: Sighting): void {
    if (stamp === undefined) {
      this.damaged++;
      return;
    }
    const age = (readAt - stamp.time) / 1000;
    this.seen.push({ at: readAt, age, counter: stamp.counter });
  }
}

function run(script: string, ...args: (string | number)[]): ChildProcess {
  const file = join(BENCH, script);
  const words = "Deno" in globalThis
    ? ["run", "-A", "--no-lock", file]
    : [file];
  return spawn(process.execPath, [...words, ...args.map(String)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    process.kill(child.pid!, "SIGKILL");
    await ended;
  }
  child.stdout!.destroy();
}
