/**
 * The pipe through which a decoder hands over raw frames.
 *
 * @module
 */

import * as fs from "node:fs";
import process from "node:process";
import { intBytes, libc, O_CLOEXEC } from "./libc.ts";

/** fcntl(2): the capacity of a pipe. */
const F_SETPIPE_SZ = 1031;

/** ioctl(2): how many bytes can be read without waiting. */
const FIONREAD = 0x541b;

/**
 * 1 MiB, the most an ordinary user may have. Measured at 1080p30: reading
 * costs 7 to 9 % of a core instead of 16 to 19 at the default 64 KiB.
 */
const CAPACITY = 1 << 20;

/** A frame pipe of the kernel's, which can be asked what is in it. */
export interface KernelPipe extends FramePipe {
  /** The end to read, for those who can wait for it in another way. */
  readonly descriptor: number;
  /** What another process opens that is to read in our place. */
  readonly readerPath: string;
  /**
   * Reads what is there, without waiting.
   *
   * @returns How many bytes were read; 0 if there is nothing.
   */
  readNow(view: Uint8Array<ArrayBuffer>): number;
}

/** A pipe that a child process writes frames to. */
export interface FramePipe extends Disposable {
  /** What the child opens for writing, in FFmpeg's words. */
  readonly path: string;
  /** Takes what the child wrote to its stdout, where `path` is just that. */
  readonly push?: (chunk: Uint8Array<ArrayBuffer>) => void;
  /**
   * Reads at least one byte into the view; blocks a thread of the runtime's
   * file pool, never the event loop.
   *
   * @returns How many bytes were read; 0 after {@linkcode FramePipe.end} once
   * everything is read, and once disposed.
   */
  read(view: Uint8Array<ArrayBuffer>): Promise<number>;
  /** Ends a pending read; to be called when the child is gone. */
  end(): void;
}

/**
 * Makes a pipe that has no name in any folder, so that nothing is left behind
 * whoever dies: the child opens it through `/proc`.
 *
 * @returns The pipe, or `undefined` where there is no `/proc` or no libc.
 */
export function openFramePipe(): KernelPipe | undefined {
  const ends = new Int32Array(2);
  if (libc?.pipe2(new Uint8Array(ends.buffer), O_CLOEXEC) !== 0) {
    return undefined;
  }
  const [readEnd = -1, writeEnd = -1] = ends;
  const path = `/proc/${process.pid}/fd/${writeEnd}`;
  let file: number;
  try {
    // Deno's file functions know descriptors that they opened themselves.
    file = fs.openSync(`/proc/self/fd/${readEnd}`, "r");
  } catch {
    libc.close(writeEnd);
    libc.close(readEnd);
    return undefined;
  }
  libc.fcntl(writeEnd, F_SETPIPE_SZ, CAPACITY);
  let [writable, reading, disposed] = [true, false, false];

  const closeFile = () => {
    if (disposed && !reading) fs.closeSync(file);
  };
  const end = () => {
    if (writable) libc?.close(writeEnd);
    writable = false;
  };
  const waiting = intBytes(0);
  return {
    path,
    descriptor: readEnd,
    readerPath: `/proc/${process.pid}/fd/${readEnd}`,
    end,
    readNow(view) {
      if (disposed || libc?.ioctl(readEnd, FIONREAD, waiting) !== 0) return 0;
      const [bytes = 0] = new Int32Array(waiting.buffer);
      const count = Math.min(bytes, view.length);
      return count && fs.readSync(file, view, 0, count, null);
    },
    read(view) {
      if (disposed) return Promise.resolve(0);
      reading = true;
      return new Promise((resolve, reject) => {
        fs.read(file, view, 0, view.length, null, (error, count) => {
          reading = false;
          closeFile();
          if (error) reject(error);
          else resolve(count);
        });
      });
    },
    [Symbol.dispose]() {
      if (disposed) return;
      end();
      disposed = true;
      libc?.close(readEnd);
      closeFile();
    },
  };
}

/**
 * Makes a pipe out of the child's stdout, for systems without `/proc`. Slower:
 * every chunk is copied once more.
 */
export function chunkPipe(): FramePipe {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let [ended, wake] = [false, () => {}];
  const end = () => {
    ended = true;
    wake();
  };
  return {
    path: "pipe:1",
    push(chunk) {
      if (ended) return;
      chunks.push(chunk.slice());
      wake();
    },
    end,
    async read(view) {
      while (chunks.length === 0 && !ended) {
        await new Promise<void>((resolve) => wake = resolve);
      }
      const chunk = chunks.shift();
      if (chunk === undefined) return 0;
      const part = chunk.subarray(0, view.length);
      view.set(part);
      if (part.length < chunk.length) {
        chunks.unshift(chunk.subarray(part.length));
      }
      return part.length;
    },
    [Symbol.dispose]() {
      chunks.length = 0;
      end();
    },
  };
}
