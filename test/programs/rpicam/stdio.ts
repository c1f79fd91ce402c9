/**
 * Files as the C library buffers them.
 *
 * @module
 */

import { openSync, writeSync } from "node:fs";

/** What it keeps of a file until it has more, or is flushed. */
const STDIO_BYTES = 4096;

/** Ended by an exception in the encoder's thread. */
export class Terminated extends Error {}

/** A `FILE` of the C library, fully buffered. */
export class Stdio {
  readonly #open: () => number;
  #fd: number | undefined;
  #kept = new Uint8Array();

  /** @param open Called when the first byte is written. */
  constructor(open: () => number) {
    this.#open = open;
  }

  /** @throws {Terminated} If nobody reads any more. */
  write(bytes: Uint8Array, flush: boolean): void {
    const all = new Uint8Array(this.#kept.length + bytes.length);
    all.set(this.#kept);
    all.set(bytes, this.#kept.length);
    const whole = flush ? all.length : all.length - all.length % STDIO_BYTES;
    this.#kept = all.slice(whole);
    try {
      this.#fd ??= this.#open();
      for (let at = 0; at < whole;) {
        at += writeSync(this.#fd, all, at, whole - at);
      }
    } catch (cause) {
      throw new Terminated("failed to write output bytes", { cause });
    }
  }
}

/** Takes frames. */
export interface Output {
  /** Takes one frame. */
  write(frame: Uint8Array): Promise<void>;
}

/** Writes to stdout or to a file, opened when the first frame comes. */
export function fileOutput(target: string, flush: boolean): Output {
  const stdio = new Stdio(
    target === "-" ? () => 1 : () => openSync(target, "w"),
  );
  return {
    write(frame) {
      stdio.write(frame, flush);
      return Promise.resolve();
    },
  };
}
