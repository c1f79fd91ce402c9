/**
 * This process's stdout, and whoever reads it.
 *
 * @module
 */

import { StreamError } from "../../agent/errors.ts";
import { concat } from "../../agent/media/bytes.ts";
import { settle } from "./clock.ts";
import { Gate } from "./gate.ts";

/** What came out of stdout. */
export class FakeStdout {
  readonly #changed = new Gate();
  #parts: Uint8Array<ArrayBuffer>[] = [];
  #paused = false;
  #closed = false;

  /** Everything that was read. */
  get received(): Uint8Array<ArrayBuffer> {
    return concat(...this.#parts);
  }

  /** The reader stays, but reads no more. */
  pause(): void {
    this.#paused = true;
  }

  /** The reader goes on. */
  resume(): void {
    this.#paused = false;
    this.#changed.ring();
  }

  /** The reader leaves. */
  close(): void {
    this.#closed = true;
    this.#changed.ring();
  }

  /** Reads late: whoever does not wait loses what it has borrowed. */
  async write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await settle();
    while (this.#paused && !this.#closed) await this.#changed.wait();
    if (this.#closed) {
      throw new StreamError("ended", "Cannot write to stdout: its reader left");
    }
    this.#parts.push(bytes.slice());
  }
}
