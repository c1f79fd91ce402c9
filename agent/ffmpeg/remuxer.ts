/**
 * FFmpeg as a demuxer: bytes of any container in, coded pictures out.
 *
 * @module
 */

import { StreamError } from "../errors.ts";
import { MAX_ACCESS_UNIT_BYTES } from "../media/access_unit_splitter.ts";
import { type ContainerUnit, ContainerUnits } from "../media/container_unit.ts";
import { NutReader } from "../media/nut.ts";
import { NutError } from "../media/nut_error.ts";
import type { ChildProcess, Runtime } from "../plugin/runtime.ts";
import { Queue } from "../runtime/queue.ts";
import { exitError } from "./exit_error.ts";
import { remuxerArgs, type RemuxFormat } from "./remuxer_args.ts";

/**
 * Bytes without a picture: two of the largest there may be. It bounds what a
 * container makes FFmpeg keep as well.
 */
const MAX_BARREN_BYTES = 2 * MAX_ACCESS_UNIT_BYTES;

/** Bytes of pictures that nobody has taken: as many. */
const MAX_WAITING_BYTES = 2 * MAX_ACCESS_UNIT_BYTES;

/** What is to be taken apart. */
export interface RemuxerInput {
  /** The container. */
  readonly format: RemuxFormat;
}

/** A demuxer that has been started. Somebody else restarts it. */
export class Remuxer implements AsyncDisposable {
  /** Rejects when FFmpeg is gone, whatever its exit code. */
  readonly failed: Promise<never>;
  /**
   * Pictures as they come out, for one consumer. They end after
   * {@linkcode Remuxer.endInput}; where FFmpeg ends otherwise, or no picture
   * came, they throw what {@linkcode Remuxer.failed} rejects with.
   */
  readonly units: AsyncIterable<ContainerUnit>;
  readonly #child: ChildProcess;
  readonly #output: NutOutput;
  #inputEnded = false;
  #barrenBytes = 0;
  /** Pictures that had come when bytes were counted last. */
  #pictures = 0;

  /**
   * Starts FFmpeg.
   *
   * @throws {ProcessError} "not-found" if there is none.
   */
  static async start(
    { format }: RemuxerInput,
    { runtime, signal }: { runtime: Runtime; signal: AbortSignal },
  ): Promise<Remuxer> {
    const output = new NutOutput();
    const args = remuxerArgs(format);
    const child = await runtime.spawn({
      command: "ffmpeg",
      args,
      signal: AbortSignal.any([signal, output.broken]),
      stdin: true,
      onStdout: (chunk) => output.push(chunk),
    });
    return new Remuxer(child, output, ["ffmpeg", ...args]);
  }

  private constructor(
    child: ChildProcess,
    output: NutOutput,
    command: readonly string[],
  ) {
    this.#child = child;
    this.#output = output;
    this.failed = child.exit.then((exit): never => {
      const { aborted, reason } = output.broken;
      const error = aborted
        ? reason
        : exit.code !== 0
        ? exitError(command, exit)
        : output.pictures > 0
        ? new StreamError("ended", "ffmpeg ended by itself")
        : noPicture();
      const isEnd = this.#inputEnded && exit.code === 0 && output.pictures > 0;
      output.end(isEnd && !aborted ? undefined : error);
      throw error;
    });
    // Whoever is interested attaches a handler of their own.
    this.failed.catch(() => {});
    this.units = output.units();
  }

  /**
   * Feeds the next bytes, borrowed until the promise settles. Waits while
   * 16 MiB of pictures wait to be taken.
   *
   * @returns Resolves when the system has taken them.
   * @throws {StreamError} "undecodable" if 16 MiB held no picture; else what
   * {@linkcode Remuxer.failed} rejects with.
   */
  async write(chunk: Uint8Array<ArrayBuffer>): Promise<void> {
    await Promise.race([this.#output.room(), this.failed]);
    try {
      await this.#child.write(chunk);
    } catch {
      // What it died of says more than that it no longer reads.
      await this.failed;
    }
    this.#barrenBytes += chunk.length;
    if (this.#output.pictures > this.#pictures) this.#barrenBytes = 0;
    this.#pictures = this.#output.pictures;
    if (this.#barrenBytes <= MAX_BARREN_BYTES) return;
    this.#output.fail(noPicture());
    await this.failed;
  }

  /** No more bytes will come: what FFmpeg still has comes out. */
  endInput(): void {
    this.#inputEnded = true;
    this.#child.endInput();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child[Symbol.asyncDispose]();
  }
}

function noPicture(): StreamError {
  return new StreamError("undecodable", "Cannot find a picture in the stream");
}

/** Pictures out of FFmpeg's stdout, as long as that makes sense. */
class NutOutput {
  /** How many have come. */
  pictures = 0;
  readonly #reader = new NutReader();
  readonly #units = new ContainerUnits();
  readonly #queue = new Queue<ContainerUnit>();
  readonly #broken = new AbortController();
  #waitingBytes = 0;
  #wake: (() => void) | undefined;

  /** Aborts with a {@linkcode StreamError} once it makes no sense. */
  get broken(): AbortSignal {
    return this.#broken.signal;
  }

  push(chunk: Uint8Array): void {
    if (this.broken.aborted) return;
    try {
      for (const packet of this.#reader.push(chunk)) {
        const unit = this.#units.convert(packet);
        if (unit === undefined) continue;
        this.pictures++;
        this.#waitingBytes += unit.data.length;
        this.#queue.push(unit);
      }
    } catch (cause) {
      if (!(cause instanceof NutError)) throw cause;
      this.fail(new StreamError("undecodable", cause.message, { cause }));
    }
  }

  fail(error: StreamError): void {
    this.#broken.abort(error);
  }

  /** Nothing more will come. */
  end(error: unknown): void {
    this.#queue.end(error);
  }

  /** Resolves when pictures may come. */
  async room(): Promise<void> {
    while (this.#waitingBytes > MAX_WAITING_BYTES) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  async *units(): AsyncGenerator<ContainerUnit> {
    for await (const unit of this.#queue) {
      this.#waitingBytes -= unit.data.length;
      this.#wake?.();
      yield unit;
    }
  }
}
