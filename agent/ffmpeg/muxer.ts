/**
 * FFmpeg as a muxer: access units in, containers and protocols out, nothing
 * encoded anew.
 *
 * @module
 */

import { StreamError } from "../errors.ts";
import { concat } from "../media/bytes.ts";
import { ACCESS_UNIT_DELIMITER } from "../media/delimiter.ts";
import { ivfFileHeader, ivfFrameHeader } from "../media/ivf.ts";
import { type PictureSize, pictureSizeOf } from "../media/sps.ts";
import { ms } from "../media/time.ts";
import { isEntry } from "../media/unit_queue.ts";
import type { ChildExit, ChildProcess, Runtime } from "../plugin/runtime.ts";
import type { Muxer, MuxerJob, WireUnit } from "../plugin/transport.ts";
import { exitError } from "./exit_error.ts";
import { MuxerLog } from "./muxer_log.ts";

/** How long FFmpeg may take for one step: as a viewer that does not read. */
const PATIENCE_MS = ms(5000);

/**
 * What comes in. Nothing is probed: FFmpeg takes the parameter sets out of the
 * first unit, and opens the output before it asks for the second one.
 */
const INPUT: readonly string[] = [
  ...["-hide_banner", "-nostdin", "-nostats", "-loglevel", "level+info"],
  ...["-probesize", "32", "-analyzeduration", "0"],
  ...["-protocol_whitelist", "pipe", "-f", "ivf", "-i", "pipe:0"],
  // FFmpeg takes fewer units for keyframes than may begin a stream.
  ...["-map", "0:v:0", "-c", "copy", "-copyinkf"],
];

/** What a muxer needs around it. */
export interface MuxerSurroundings {
  /** The machine. */
  readonly runtime: Runtime;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/**
 * Starts FFmpeg.
 *
 * @throws {ProcessError} "not-found" if there is none.
 */
export async function openMuxer(
  job: MuxerJob,
  { runtime, signal }: MuxerSurroundings,
): Promise<Muxer> {
  const log = new MuxerLog(job);
  const { secrets = {} } = job;
  const secret = Object.keys(secrets).length > 0
    ? runtime.openSecret(presetOf(secrets))
    : undefined;
  try {
    const child = await runtime.spawn({
      command: "ffmpeg",
      args: [
        ...INPUT,
        ...(secret ? ["-fpre", secret.path] : []),
        ...job.output,
      ],
      signal,
      stdin: true,
      onStderrLine: (line) => log.take(line),
    });
    // It has been read once the output is open.
    void Promise.race([log.opened, child.exit])
      .then(() => secret?.[Symbol.dispose]());
    return new FfmpegMuxer(child, log, { runtime, signal });
  } catch (error) {
    secret?.[Symbol.dispose]();
    throw error;
  }
}

/** A preset file of FFmpeg's: a name and a value a line. */
function presetOf(
  secrets: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const lines = Object.entries(secrets).map(([name, value]) => {
    if (/[\r\n\0]/.test(value)) throw new TypeError("A secret has two lines");
    return `${name}=${value}\n`;
  });
  return new TextEncoder().encode(lines.join(""));
}

class FfmpegMuxer implements Muxer {
  readonly failed: Promise<never>;
  readonly #child: ChildProcess;
  readonly #log: MuxerLog;
  readonly #runtime: Runtime;
  readonly #signal: AbortSignal;
  #size: PictureSize | undefined;
  /** What is taken from the units' times. */
  #base = 0;
  #last = { pts: 0, at: ms(0) };

  constructor(
    child: ChildProcess,
    log: MuxerLog,
    { runtime, signal }: MuxerSurroundings,
  ) {
    this.#child = child;
    this.#log = log;
    this.#runtime = runtime;
    this.#signal = signal;
    this.failed = child.exit.then((exit): never => {
      throw this.#failureOf(exit);
    });
    // Whoever writes hears of it.
    this.failed.catch(() => {});
  }

  async write(unit: WireUnit): Promise<void> {
    const size = isEntry(unit) ? pictureSizeOf(unit.data) : undefined;
    const data = withoutNextDelimiter(unit.data);
    if (this.#size !== undefined) {
      if (size && !isSame(size, this.#size)) {
        throw new StreamError("lost", "The pictures have another size now");
      }
      const pts = this.#timeOf(unit);
      return await this.#put(concat(ivfFrameHeader(data.length, pts), data));
    }
    if (size === undefined) {
      throw new StreamError("undecodable", "The stream begins in the middle");
    }
    this.#size = size;
    this.#base = unit.pts;
    this.#last = { pts: unit.pts, at: this.#runtime.now() };
    const timebase = { num: 1, den: 1_000_000 };
    const header = ivfFileHeader({ fourcc: "H264", ...size, timebase });
    await this.#put(concat(header, ivfFrameHeader(data.length, 0), data));
    await this.#soon(this.#log.opened, "did not open");
  }

  async end(): Promise<void> {
    this.#child.endInput();
    const exit = await this.#soon(this.#child.exit, "is not complete");
    if (exit.code !== 0) throw this.#failureOf(exit);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child[Symbol.asyncDispose]();
  }

  /** A source that was started anew counts from the beginning. */
  #timeOf({ pts }: WireUnit): number {
    const now = this.#runtime.now();
    if (pts <= this.#last.pts) {
      const pause = Math.max(1, Math.round((now - this.#last.at) * 1000));
      this.#base = pts - (this.#last.pts - this.#base) - pause;
    }
    this.#last = { pts, at: now };
    return pts - this.#base;
  }

  async #put(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const writing = this.#child.write(bytes)
      // What it died of says more than that it no longer reads.
      .catch(() => this.failed);
    await this.#soon(writing, "takes nothing");
  }

  /** Waits, but not for ever, and not for one that is gone. */
  async #soon<T>(what: Promise<T>, why: string): Promise<T> {
    const over = new AbortController();
    const late = this.#runtime.sleep(PATIENCE_MS, over.signal).then(() => {
      throw new StreamError(
        "stalled",
        `The output ${why} within ${PATIENCE_MS / 1000} s`,
      );
    });
    late.catch(() => {});
    try {
      return await Promise.race([what, this.failed, late]);
    } finally {
      over.abort();
    }
  }

  #failureOf(exit: ChildExit): unknown {
    if (this.#signal.aborted) return this.#signal.reason;
    if (exit.code === 0) {
      return new StreamError("ended", "ffmpeg ended by itself");
    }
    return exitError(["ffmpeg"], { ...exit, stderrTail: this.#log.lines });
  }
}

function isSame(a: PictureSize, b: PictureSize): boolean {
  return a.width === b.width && a.height === b.height;
}

/** In a container every unit stands by itself. */
function withoutNextDelimiter(
  data: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  const at = data.length - ACCESS_UNIT_DELIMITER.length;
  const ends = ACCESS_UNIT_DELIMITER.every((byte, i) => data[at + i] === byte);
  return ends ? data.subarray(0, at) : data;
}
