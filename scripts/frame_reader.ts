/**
 * Reads frames from the agent's named pipe, as any program would.
 *
 * @module
 */

import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";

/** What the file beside the pipe says of the frames. */
export interface PipeFormat {
  readonly width: number;
  readonly height: number;
  /** Bytes of one frame. */
  readonly frameBytes: number;
}

const LOOK_MS = 50;

/** Waits until the agent knows the format. */
export async function pipeFormat(
  pipe: string,
  signal: AbortSignal,
): Promise<PipeFormat> {
  while (true) {
    const text = await readFile(`${pipe}.json`, "utf8").catch(() => undefined);
    if (text !== undefined) return JSON.parse(text);
    await delay(LOOK_MS, undefined, { signal });
  }
}

/** Counts the frames of a pipe, and keeps the last one. */
export class FrameReader {
  /** Whole frames read so far. */
  count = 0;
  #filling: Uint8Array;
  #whole: Uint8Array;
  #filled = 0;

  /** @param frameBytes Bytes of one frame. */
  constructor(frameBytes: number) {
    this.#filling = new Uint8Array(frameBytes);
    this.#whole = new Uint8Array(frameBytes);
  }

  /** The last whole frame; black before the first. */
  get last(): Uint8Array {
    return this.#whole;
  }

  /** Takes the next bytes of the pipe. */
  push(chunk: Uint8Array): void {
    while (chunk.length > 0) {
      const part = chunk.subarray(0, this.#filling.length - this.#filled);
      this.#filling.set(part, this.#filled);
      this.#filled += part.length;
      chunk = chunk.subarray(part.length);
      if (this.#filled < this.#filling.length) return;
      [this.#filling, this.#whole] = [this.#whole, this.#filling];
      this.#filled = 0;
      this.count++;
    }
  }

  /** Reads until the agent closes the pipe. */
  async read(pipe: string): Promise<void> {
    for await (const chunk of createReadStream(pipe)) this.push(chunk);
  }
}
