/**
 * Reads the source `test:` out of a FIFO, and keeps no picture.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { clock } from "../../agent/runtime/clock.ts";
import { until } from "../faults/deadline.ts";
import { isTestPicture } from "./test_picture.ts";

/** `cat` on a FIFO: it blocks on our behalf. */
export class TestPictureReader implements AsyncDisposable {
  /** When each frame came, in milliseconds of CLOCK_MONOTONIC. */
  readonly times: number[] = [];
  /** Frames that are no test picture, or not in their place. */
  broken = 0;
  readonly #child: ChildProcess;
  readonly #frame: Uint8Array;
  readonly #exit: Promise<unknown>;
  readonly #isWhole: () => boolean;
  #filled = 0;

  /** Opens the FIFO, which must exist; its frames are packed RGB. */
  constructor(path: string, width: number, height: number) {
    this.#frame = new Uint8Array(width * height * 3);
    this.#isWhole = () => isTestPicture(this.#frame, width, height);
    this.#child = spawn("cat", [path], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#child.stdout!.on("data", (chunk: Uint8Array) => this.#take(chunk));
    this.#exit = new Promise((resolve) => this.#child.once("close", resolve));
  }

  /** Bytes of the frame that has begun. */
  get rest(): number {
    return this.#filled;
  }

  /** Resolves when the FIFO has ended, or the reader was killed. */
  get ended(): Promise<unknown> {
    return this.#exit;
  }

  /** Waits until there are so many frames. */
  async reach(count: number, ms = 30_000): Promise<void> {
    const what = () => `frame ${count} (there are ${this.times.length})`;
    await until(ms, what(), () => this.times.length >= count);
  }

  /** Waits for the first frame after a moment. */
  async after(since: number, ms = 30_000): Promise<number> {
    const what = `frame after ${since}`;
    return await until(ms, what, () => this.times.find((at) => at > since));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      process.kill(this.#child.pid!, "SIGKILL");
    }
    await this.#exit;
    this.#child.stdout!.destroy();
  }

  #take(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length;) {
      const part = chunk.subarray(at, at + this.#frame.length - this.#filled);
      this.#frame.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled < this.#frame.length) continue;
      this.times.push(clock.now());
      if (!this.#isWhole()) this.broken++;
      this.#filled = 0;
    }
  }
}
