/**
 * Which decoder a pipeline takes, and which it has had enough of.
 *
 * @module
 */

import type { Decoders, NamedDecoder } from "../ffmpeg/decoders.ts";
import {
  type DecoderMethod,
  isSoftware,
  methodName,
  SOFTWARE,
  SOFTWARE_NAME,
} from "../ffmpeg/decoder_method.ts";
import { MOST_HELD } from "../ffmpeg/decoder_trial.ts";
import { type Codec, isStreamCodec, type StreamCodec } from "../media/codec.ts";
import type { Logger } from "../plugin/context.ts";
import { toError } from "../watchdog/failure.ts";
import type { StreamInfo } from "./stream_info.ts";

/** Takes the decoder with the youngest frames. */
export const AUTO = "auto";

/** What a choice is made from. */
export interface DecoderChoiceOptions {
  /** The decoders of this machine. */
  readonly decoders: Pick<Decoders, "find" | "best" | "held" | "survey">;
  /** `auto`, `software` or a name of FFmpeg's. */
  readonly wish: string;
  /** Where it says why it takes another one. */
  readonly log: Logger;
  /** Ends what is under way. */
  readonly signal: AbortSignal;
}

/** What is to decode a stream. */
export interface ChosenDecoder {
  /** How FFmpeg is told. */
  readonly method: DecoderMethod;
  /** Pictures that it may keep to itself, besides those put in order. */
  readonly held: number;
}

/** Chooses for all decoders of a pipeline. */
export class DecoderChoice {
  readonly #options: DecoderChoiceOptions;
  /** What has failed, and what was said of it: `h264 vaapi`. */
  readonly #refused = new Set<string>();
  readonly #surveyed = new Set<Codec>();
  readonly #decodes = new Map<Codec, boolean>();
  #named: Promise<NamedDecoder> | undefined;
  #surveying: Promise<void> = Promise.resolve();
  #news = new AbortController();

  /** Asks nobody yet. */
  constructor(options: DecoderChoiceOptions) {
    this.#options = options;
  }

  /** Aborts when a decoder has turned out to be better than software. */
  get news(): AbortSignal {
    return this.#news.signal;
  }

  /**
   * Chooses.
   *
   * @throws {ConfigError} If FFmpeg has no decoder of the name that was given.
   * @throws {ProcessError} If FFmpeg is missing, or fails.
   */
  async choose(stream: StreamInfo): Promise<ChosenDecoder> {
    const { decoders } = this.#options;
    const { codec } = stream;
    const method = await this.#methodFor(stream);
    if (isSoftware(method)) return { method, held: 0 };
    return { method, held: await decoders.held(codec, method) ?? MOST_HELD };
  }

  /** Has software decode a codec from now on, for as long as this runs. */
  refuse(codec: Codec, method: DecoderMethod, why: string): void {
    const key = keyOf(codec, method);
    if (this.#refused.has(key)) return;
    this.#refused.add(key);
    this.#options.log.warn(
      `"${methodName(method)}" does not decode this ${codec}, ` +
        `software does: ${why}`,
    );
  }

  /**
   * Measures what there is for a stream's codec, unless that is known, while
   * software decodes. Returns at once; {@linkcode news} tells what comes of it.
   */
  survey(stream: StreamInfo): void {
    const { codec, lossy } = stream;
    const { wish } = this.#options;
    if (wish !== AUTO || lossy || !isStreamCodec(codec)) return;
    if (this.#surveyed.has(codec)) return;
    this.#surveyed.add(codec);
    this.#surveying = this.#surveying.then(() => this.#survey(codec, stream));
  }

  /** Waits for what is under way, once the signal has aborted. */
  async close(): Promise<void> {
    await this.#surveying;
  }

  async #survey(codec: StreamCodec, stream: StreamInfo): Promise<void> {
    const { decoders, log, signal } = this.#options;
    try {
      const verdicts = await decoders.survey(codec, signal);
      if (verdicts.length === 0) return;
      log.info(`has tried ${verdicts.length} decoders of ${codec}`);
      if (isSoftware(await decoders.best(stream, signal))) return;
      const before = this.#news;
      this.#news = new AbortController();
      before.abort(new DOMException("Decoders were tried", "AbortError"));
    } catch (error) {
      if (signal.aborted) return;
      log.warn(`Cannot try decoders: ${toError(error).message}`);
    }
  }

  async #methodFor(stream: StreamInfo): Promise<DecoderMethod> {
    const { decoders, wish, signal } = this.#options;
    const { codec } = stream;
    if (wish === SOFTWARE_NAME) return SOFTWARE;
    // What is missing in a picture only FFmpeg's own decoder tells.
    if (wish === AUTO && stream.lossy) return SOFTWARE;
    const method = wish === AUTO
      ? await decoders.best(stream, signal)
      : await this.#namedFor(codec);
    return this.#refused.has(keyOf(codec, method)) ? SOFTWARE : method;
  }

  async #namedFor(codec: Codec): Promise<DecoderMethod> {
    const named = await this.#find();
    const decodes = this.#decodes.get(codec) ?? await named.decodes(codec);
    this.#decodes.set(codec, decodes);
    if (decodes) return named.method;
    this.refuse(codec, named.method, "it is for something else");
    return SOFTWARE;
  }

  #find(): Promise<NamedDecoder> {
    const { decoders, wish, signal } = this.#options;
    this.#named ??= decoders.find(wish, signal).catch((error) => {
      this.#named = undefined;
      throw error;
    });
    return this.#named;
  }
}

function keyOf(codec: Codec, method: DecoderMethod): string {
  return `${codec} ${methodName(method)}`;
}
