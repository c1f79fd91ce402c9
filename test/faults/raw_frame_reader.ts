/**
 * Reads raw frames from a FIFO as another program would, and goes away in the
 * middle of one when told to. Reading is left to a child (`cat`), because a
 * read of ours that waits for a writer cannot be given up.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { clock } from "../../agent/runtime/clock.ts";
import { frameBytes, packedFormat } from "../../agent/media/frame.ts";
import type { Milliseconds } from "../../agent/media/time.ts";

/** How a reader is started. */
export interface RawFrameReaderOptions {
  /** The FIFO; it need not have a writer yet. */
  path: string;
  /** Picture width in pixels. */
  width: number;
  /** Picture height in pixels. */
  height: number;
  /** Reads exactly so many bytes from the FIFO, and goes. */
  leaveAfter?: number;
}

/** One whole frame. */
export interface RawFrame {
  /** `width * height * 3` bytes, rgb24; owned by whoever gets it. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** When its last byte was read here. */
  readonly arrivedAt: Milliseconds;
  /** Counts the frames of this reader from 0. */
  readonly index: number;
}

/**
 * A reader that runs. Iterating is what reads: while nobody does, child and
 * pipe take some more before the FIFO fills up behind them (measured: 190 kB
 * under Deno 2.9.6, 340 kB under Bun 1.4.5). `freeze()` takes nothing more.
 */
export class RawFrameReader
  implements AsyncIterable<RawFrame>, AsyncDisposable {
  /** Process number of the child that holds the FIFO open. */
  readonly pid: number;
  /** Bytes that arrived here so far. */
  bytes = 0;
  /** Bytes of a frame. */
  readonly frameBytes: number;
  readonly #path: string;
  readonly #child: ChildProcess;
  readonly #exited: Promise<number | null>;
  readonly #stderr: Uint8Array[] = [];
  #killAfter = Infinity;
  #disposed = false;

  /** Starts reading. */
  constructor({ path, width, height, leaveAfter }: RawFrameReaderOptions) {
    this.frameBytes = frameBytes(packedFormat(width, height, "rgb24"));
    this.#path = path;
    const [command, args] = leaveAfter === undefined
      ? ["cat", ["--", path]] as const
      : ["head", ["-c", String(leaveAfter), "--", path]] as const;
    this.#child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    this.#child.stderr!.on("data", (chunk) => this.#stderr.push(chunk));
    this.#exited = new Promise((resolve, reject) => {
      this.#child.once("error", reject);
      this.#child.once("exit", resolve);
    });
    this.pid = this.#child.pid ?? -1;
  }

  /** Bytes of a frame that has begun; at the end, of one that never came. */
  get partialBytes(): number {
    return this.bytes % this.frameBytes;
  }

  /**
   * Yields whole frames until the writer ends or the reader is killed.
   *
   * @throws {Error} If the path cannot be read.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<RawFrame, void> {
    let data = new Uint8Array(this.frameBytes);
    for await (const chunk of this.#chunks()) {
      for (let at = 0; at < chunk.length;) {
        const from = this.partialBytes;
        const part = chunk.subarray(at, at + this.frameBytes - from);
        data.set(part, from);
        at += part.length;
        this.bytes += part.length;
        if (this.partialBytes !== 0) continue;
        const index = this.bytes / this.frameBytes - 1;
        yield { data, arrivedAt: clock.now(), index };
        data = new Uint8Array(this.frameBytes);
      }
      if (this.bytes >= this.#killAfter) this.kill();
    }
    const code = await this.#exited;
    if (code) {
      const reason = Buffer.concat(this.#stderr).toString().trim();
      throw new Error(`Cannot read "${this.#path}": ${reason}`);
    }
  }

  /** Ends the child as `kill -9` does, wherever in a frame it is. */
  kill(): void {
    this.#signal("SIGKILL");
  }

  /** Kills the child once so many bytes have arrived here; it is ahead. */
  killAfter(bytes: number): void {
    this.#killAfter = bytes;
    if (this.bytes >= bytes) this.kill();
  }

  /** Stops the child, which keeps the FIFO open and reads nothing. */
  freeze(): void {
    this.#signal("SIGSTOP");
  }

  /** Has a frozen child go on. */
  thaw(): void {
    this.#signal("SIGCONT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    this.kill();
    await this.#exited;
    this.#child.stdout!.destroy();
    this.#child.stderr!.destroy();
  }

  /** Not `child.kill()`: under Deno 2.9.6 only its first signal is sent. */
  #signal(name: NodeJS.Signals): void {
    const { exitCode, signalCode } = this.#child;
    if (exitCode === null && signalCode === null) process.kill(this.pid, name);
  }

  async *#chunks(): AsyncGenerator<Uint8Array> {
    try {
      yield* this.#child.stdout! as AsyncIterable<Uint8Array>;
    } catch (error) {
      // Disposing closes the stream under whoever still reads it.
      if (!this.#disposed) throw error;
    }
  }
}
