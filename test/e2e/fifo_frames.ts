/**
 * A reader of a FIFO that can be killed, and what it got.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { Frames } from "./frames.ts";

/** `cat` on a FIFO: it blocks on our behalf. */
export class FifoFrames implements AsyncDisposable {
  /** What came out. */
  readonly frames: Frames;
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown>;

  /** Opens the FIFO, which must exist. */
  constructor(path: string, bytes: number) {
    this.#child = spawn("cat", [path], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#exit = new Promise((resolve) => this.#child.once("exit", resolve));
    this.frames = new Frames(this.#child.stdout!, bytes);
  }

  /** Resolves when the FIFO has ended, or the reader was killed. */
  get ended(): Promise<unknown> {
    return this.#exit;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      try {
        process.kill(this.#child.pid!, "SIGKILL");
      } catch (error) {
        // It has ended, and its exit event is still on the way.
        if ((error as { code?: unknown }).code !== "ESRCH") throw error;
      }
    }
    await this.#exit;
    this.#child.stdout!.destroy();
  }
}
