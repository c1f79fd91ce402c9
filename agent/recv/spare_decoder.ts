/**
 * A decoder that waits, for the day the one at work is lost.
 *
 * @module
 */

import { Decoder } from "../ffmpeg/decoder.ts";
import { type DecoderOutput, isSameDecoder } from "../ffmpeg/decoder_args.ts";
import type { Runtime } from "../plugin/runtime.ts";

/** How long one that died while it waited is not followed by another. */
const RETRY_MS = 5000;

/** What waits. */
interface Waiting {
  readonly output: DecoderOutput;
  /** Absent if it could not be started. */
  readonly decoder: Promise<Decoder | undefined>;
  isReady: boolean;
}

/**
 * Keeps one FFmpeg that has been started and reads from its pipe. It costs no
 * CPU, and 9 MB of memory beyond what it shares with the one at work (measured,
 * FFmpeg 5.1.9).
 */
export class SpareDecoder implements AsyncDisposable {
  readonly #runtime: Runtime;
  #ended = false;
  /** What is being ended. */
  readonly #ending = new Set<Promise<void>>();
  #waiting: Waiting | undefined;
  #retryAt = -Infinity;

  /** Starts nothing yet. */
  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** Whether one waits that could begin at once. */
  get isReady(): boolean {
    return this.#waiting?.isReady ?? false;
  }

  /** Has one wait that does this, unless it does. Cheap enough for each frame. */
  prepare(output: DecoderOutput): void {
    const now = this.#runtime.now();
    if (this.#ended || now < this.#retryAt) return;
    const before = this.#waiting;
    if (before !== undefined) {
      if (before.output === output) return;
      if (isSameDecoder(before.output, output)) return;
      this.#end(before);
    }
    const waiting = { output, decoder: this.#start(output), isReady: false };
    this.#waiting = waiting;
    void waiting.decoder.then((decoder) => {
      waiting.isReady = decoder !== undefined;
      const lost = () => this.#lose(waiting);
      if (decoder === undefined) lost();
      else decoder.failed.catch(lost);
    });
  }

  /**
   * Hands it over; one that does something else is ended.
   *
   * @returns `undefined` if none waits that does this. It belongs to the caller.
   */
  async take(output: DecoderOutput): Promise<Decoder | undefined> {
    const waiting = this.#waiting;
    if (waiting === undefined) return undefined;
    this.#waiting = undefined;
    if (isSameDecoder(waiting.output, output)) return await waiting.decoder;
    this.#end(waiting);
    return undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    if (this.#waiting) this.#end(this.#waiting);
    await Promise.all(this.#ending);
  }

  async #start(output: DecoderOutput): Promise<Decoder | undefined> {
    // Whoever takes it ends it.
    const { signal } = new AbortController();
    try {
      return await Decoder.start(output, { runtime: this.#runtime, signal });
    } catch {
      // The one at work says so when its turn comes.
      return undefined;
    }
  }

  /** It is gone, before or after it was handed over. */
  #lose(waiting: Waiting): void {
    waiting.isReady = false;
    if (this.#waiting !== waiting) return;
    this.#retryAt = this.#runtime.now() + RETRY_MS;
    this.#end(waiting);
  }

  #end(waiting: Waiting): void {
    if (this.#waiting === waiting) this.#waiting = undefined;
    const ending = waiting.decoder.then(async (decoder) => {
      await decoder?.[Symbol.asyncDispose]();
      this.#ending.delete(ending);
    });
    this.#ending.add(ending);
  }
}
