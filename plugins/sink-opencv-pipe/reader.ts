/**
 * One reader of a named pipe.
 *
 * @module
 */

import type { FifoWriter, Milliseconds, Runtime } from "../../mod.ts";

/**
 * How long a frame's memory is lent out. A reader that takes longer gets the
 * rest from a copy, so that it holds up neither decoder nor other readers.
 */
const LEND_MS = 5;

/**
 * A reader that is at work empties the pipe within microseconds: waiting for
 * it in turns of the event loop costs no latency, for so long at the most.
 */
const SPIN_MS = 2;

/** Pauses after that: short at first, longer for a reader that is busy. */
const SHORT_PAUSE = 1 as Milliseconds;
const LONG_PAUSE = 4 as Milliseconds;
const BUSY_MS = 100;

/** How long a frame that was begun may take when the sink closes. */
const FINISH = 200 as Milliseconds;

/**
 * Gives one reader whole frames: a frame is begun only once the reader has
 * taken everything before it, and what was begun is finished.
 */
export class Reader implements Disposable {
  readonly #writer: FifoWriter;
  readonly #runtime: Runtime;
  readonly #closed = new AbortController();
  #rest: Promise<void> | undefined;
  #failure: unknown;

  /** @param writer Belongs to the reader from here on. */
  constructor(writer: FifoWriter, runtime: Runtime) {
    this.#writer = writer;
    this.#runtime = runtime;
  }

  /**
   * Writes a frame, unless the reader is not ready for it.
   *
   * @returns Whether it was written or will be.
   * @throws {StreamError} If the reader is gone.
   */
  async write(data: Uint8Array<ArrayBuffer>): Promise<boolean> {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#rest !== undefined || this.#writer.pending() > 0) return false;
    const done = await this.#flush(data, LEND_MS);
    if (done < data.length) this.#rest = this.#flushRest(data.slice(done));
    return true;
  }

  /** Waits a moment for the end of a frame that was begun. */
  async finish(): Promise<void> {
    if (this.#rest === undefined) return;
    const done = new AbortController();
    const tooLong = this.#runtime.sleep(FINISH, done.signal).catch(() => {});
    await Promise.race([this.#rest, tooLong]);
    done.abort();
  }

  [Symbol.dispose](): void {
    this.#closed.abort();
    this.#writer[Symbol.dispose]();
  }

  /** Never rejects: the next frame asks how it went. */
  async #flushRest(data: Uint8Array<ArrayBuffer>): Promise<void> {
    try {
      await this.#flush(data, Infinity);
    } catch (error) {
      this.#failure = error;
    } finally {
      this.#rest = undefined;
    }
  }

  /** Writes until all is written or the time is up; returns how far it got. */
  async #flush(
    data: Uint8Array<ArrayBuffer>,
    limitMs: number,
  ): Promise<number> {
    const since = this.#runtime.now();
    let done = 0;
    let progressAt = since;
    while (!this.#closed.signal.aborted) {
      const count = this.#writer.write(data.subarray(done));
      done += count;
      const now = this.#runtime.now();
      if (done === data.length || now - since >= limitMs) return done;
      if (count > 0) progressAt = now;
      await this.#pause(now - progressAt);
    }
    return done;
  }

  async #pause(idleMs: number): Promise<void> {
    if (idleMs < SPIN_MS) return await this.#runtime.turn();
    const pause = idleMs < BUSY_MS ? SHORT_PAUSE : LONG_PAUSE;
    await this.#runtime.sleep(pause, this.#closed.signal).catch(() => {});
  }
}
