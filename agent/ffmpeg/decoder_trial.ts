/**
 * Trying a decoder out: whether it works, and what it costs.
 *
 * @module
 */

import { ProcessError, StreamError } from "../errors.ts";
import type { StreamCodec } from "../media/codec.ts";
import { frameBytes } from "../media/frame.ts";
import { Quantiles } from "../media/meter.ts";
import { type Milliseconds, ms } from "../media/time.ts";
import type { Runtime } from "../plugin/runtime.ts";
import { toError } from "../watchdog/failure.ts";
import { pause } from "../watchdog/pause.ts";
import { formatDuration } from "../watchdog/status.ts";
import { type DecodedFrame, Decoder } from "./decoder.ts";
import type { FfmpegContext } from "./decoder_list.ts";
import type { DecoderMethod } from "./decoder_method.ts";
import { firstCauseIn } from "./exit_error.ts";
import { CLIP_FORMAT, clipPictures, looksLike } from "./trial_clip.ts";

/**
 * Pictures that are fed while no frame comes: as many as H.264 allows a
 * decoder to keep (ITU-T H.264, A.3.1).
 */
export const MOST_HELD = 16;

/** Pictures whose time is taken, once frames come. */
const TIMED = 24;

/**
 * The first frame takes 60 to 120 ms in software here; loading the driver of a
 * graphics card takes seconds.
 */
const START_MS = 5000;

/**
 * FFmpeg tries Intel's decoders with every picture anew where there is no such
 * hardware, and complains as often (5.1.9).
 */
const MOST_COMPLAINTS = 2;

/**
 * Silence after which a decoder waits for more. Software takes 3 to 15 ms for
 * a picture of the clip here.
 */
const QUIET_MS = 250;

/** USER_HZ, the same on every Linux architecture we run on (proc(5)). */
const MS_PER_TICK = 10;

/** A line of `/proc/<pid>/stat` has 52 numbers. */
const MAX_STAT_BYTES = 4096;

/** What a decoder that works has shown. */
export interface WorkingDecoder {
  readonly works: true;
  /** Pictures that it keeps to itself until more of them are fed. */
  readonly held: number;
  /** From a picture of 1920x1080 to a frame; half took less. */
  readonly msPerPicture: number;
  /** Time of the processor for each; absent where the system does not tell. */
  readonly cpuMsPerPicture?: number | undefined;
}

/** Why a decoder does not work. */
export interface FailingDecoder {
  readonly works: false;
  /** One line. */
  readonly why: string;
}

/** What came of a trial. */
export type TrialResult = WorkingDecoder | FailingDecoder;

/**
 * Has the clip of a codec decoded, picture by picture: each is fed when a
 * frame has come, or none comes.
 *
 * @throws The signal's reason.
 * @throws {ProcessError} "not-found" if there is no FFmpeg.
 */
export async function tryDecoder(
  codec: StreamCodec,
  method: DecoderMethod,
  { runtime, signal }: FfmpegContext,
): Promise<TrialResult> {
  const { pixelFormat } = CLIP_FORMAT;
  const output = { codec, ...method, pixelFormat, untagged: "bt601" } as const;
  const pictures = clipPictures(codec);
  const decoder = await Decoder.start(output, { runtime, signal });
  const trial = new Trial(decoder, pictures, runtime);
  try {
    return await trial.run();
  } catch (error) {
    signal.throwIfAborted();
    await decoder[Symbol.asyncDispose]();
    return { works: false, why: await reasonOf(toError(error), decoder) };
  } finally {
    await decoder[Symbol.asyncDispose]();
    await trial.settled();
  }
}

/** What FFmpeg has said says more than that it ended, or was silent. */
async function reasonOf(error: Error, { failed }: Decoder): Promise<string> {
  if (error instanceof StreamError && error.failure === "undecodable") {
    return error.message;
  }
  const end: unknown = await failed.catch((error) => error);
  const tail = end instanceof ProcessError ? end.stderrTail : [];
  return firstCauseIn(tail) ?? error.message;
}

/** One decoder, and the clip. */
class Trial {
  readonly #decoder: Decoder;
  readonly #pictures: readonly Uint8Array<ArrayBuffer>[];
  readonly #runtime: Runtime;
  readonly #frame = new Uint8Array(frameBytes(CLIP_FORMAT));
  #fed = 0;
  #read = 0;
  #feeding = Promise.resolve();
  #reading: Promise<DecodedFrame> | undefined;

  constructor(
    decoder: Decoder,
    pictures: readonly Uint8Array<ArrayBuffer>[],
    runtime: Runtime,
  ) {
    this.#decoder = decoder;
    this.#pictures = pictures;
    this.#runtime = runtime;
  }

  /** Waits for what is under way, once the decoder is gone. */
  async settled(): Promise<void> {
    await Promise.allSettled([this.#feeding, this.#reading]);
  }

  async run(): Promise<WorkingDecoder> {
    await this.#start();
    await this.#rest();
    const cpuBefore = await this.#cpuTicks();
    const times = new Quantiles();
    for (let i = 0; i < TIMED; i++) {
      const fedAt = this.#feed();
      const readAt = await this.#next();
      if (readAt !== undefined) times.add(readAt - fedAt);
    }
    const cpuAfter = await this.#cpuTicks();
    await this.#rest();
    const cpuMs = (cpuAfter - cpuBefore) * MS_PER_TICK / TIMED;
    return {
      works: true,
      held: this.#fed - this.#read,
      msPerPicture: tenths(times.read(0.5)?.[0] ?? QUIET_MS),
      ...(!Number.isNaN(cpuMs) && { cpuMsPerPicture: tenths(cpuMs) }),
    };
  }

  /** Until the first frame. */
  async #start(): Promise<void> {
    const { now } = this.#runtime;
    const startedAt = now();
    while (this.#read === 0) {
      const waitedMs = now() - startedAt;
      const isHopeless = this.#decoder.complaints > MOST_COMPLAINTS;
      if (isHopeless || waitedMs >= START_MS) {
        const waited = formatDuration(ms(waitedMs));
        throw new StreamError("stalled", `no frame within ${waited}`);
      }
      if (this.#fed < MOST_HELD) this.#feed();
      await this.#next();
    }
  }

  /** Until everything has come that comes without more pictures. */
  async #rest(): Promise<void> {
    while (await this.#next() !== undefined);
  }

  #feed(): Milliseconds {
    const { width, height } = CLIP_FORMAT;
    const number = this.#fed++;
    const picture = this.#pictures[number % this.#pictures.length]!;
    const fedAt = this.#runtime.now();
    const feed = () => this.#decoder.feed(picture, number, { width, height });
    // Who reads frames hears of it; one that hangs need not take it.
    this.#feeding = this.#feeding.then(feed).catch(() => {});
    return fedAt;
  }

  /**
   * Reads a frame.
   *
   * @returns When it had come; `undefined` if none comes.
   */
  async #next(): Promise<Milliseconds | undefined> {
    this.#reading ??= this.#decoder.readFrame(this.#frame);
    const read = new AbortController();
    const quiet = pause(this.#runtime, QUIET_MS, read.signal);
    let frame: DecodedFrame | boolean;
    try {
      frame = await Promise.race([this.#reading, quiet]);
    } finally {
      read.abort();
    }
    if (typeof frame === "boolean") return undefined;
    const readAt = this.#runtime.now();
    this.#reading = undefined;
    this.#read++;
    this.#check(frame);
    return readAt;
  }

  #check({ pts }: DecodedFrame): void {
    const isKnown = pts >= 0 && pts < this.#fed && this.#read <= this.#fed;
    const number = pts % this.#pictures.length;
    if (isKnown && looksLike(this.#frame, number)) return;
    const why = isKnown ? "wrong pictures" : "frames of no known picture";
    throw new StreamError("undecodable", why);
  }

  /** What FFmpeg has taken so far; NaN where the system does not tell. */
  async #cpuTicks(): Promise<number> {
    const path = `/proc/${this.#decoder.pid}/stat`;
    try {
      const bytes = await this.#runtime.readFile(path, MAX_STAT_BYTES);
      const text = new TextDecoder().decode(bytes);
      // The second field is a name that may hold spaces and parentheses.
      const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
      return Number(fields[11]) + Number(fields[12]);
    } catch {
      return NaN;
    }
  }
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
