/**
 * The decoders of this machine: which there are, and which one is best.
 *
 * @module
 */

import { ConfigError } from "../errors.ts";
import type { Codec, StreamCodec } from "../media/codec.ts";
import { nearestName } from "../plugin/options.ts";
import type { Runtime } from "../plugin/runtime.ts";
import { DecoderFindings, type MachineFacts } from "./decoder_findings.ts";
import { mayWork } from "./decoder_hardware.ts";
import { listDecoders, listHelpers, listHwaccels } from "./decoder_list.ts";
import {
  type DecoderMethod,
  SOFTWARE,
  SOFTWARE_NAME,
} from "./decoder_method.ts";
import { tryDecoder } from "./decoder_trial.ts";
import type { DecoderTask, Verdict } from "./decoder_verdict.ts";

/** The machine, and what of it FFmpeg knows nothing of. */
export interface DecodersOptions extends MachineFacts {
  /** The machine. */
  readonly runtime: Runtime;
}

/** A decoder that the user has named. */
export interface NamedDecoder {
  /** How FFmpeg is told. */
  readonly method: DecoderMethod;
  /** Tells whether it decodes a codec. */
  decodes(codec: Codec): Promise<boolean>;
}

/** Finds, tries and compares decoders. */
export class Decoders {
  readonly #options: DecodersOptions;
  readonly #findings: DecoderFindings;

  /** Looks at nothing yet. */
  constructor(options: DecodersOptions) {
    this.#options = options;
    this.#findings = new DecoderFindings(options);
  }

  /**
   * Finds a decoder by the name that users have for it.
   *
   * @throws {ConfigError} If this FFmpeg has none of that name.
   * @throws {ProcessError} If FFmpeg is missing, or fails.
   */
  async find(name: string, signal: AbortSignal): Promise<NamedDecoder> {
    const context = this.#context(signal);
    const [hwaccels, decoders] = await Promise.all([
      listHwaccels(context),
      listDecoders(context),
    ]);
    if (hwaccels.includes(name)) {
      const decodes = async (codec: Codec) =>
        (await listHelpers(codec, context)).includes(name);
      return { method: { hwaccel: name }, decodes };
    }
    const own = decoders.find((decoder) => decoder.name === name);
    if (own !== undefined) {
      const decodes = (codec: Codec) => Promise.resolve(own.codec === codec);
      return { method: { decoder: name }, decodes };
    }
    const names = decoders.map(({ name }) => name);
    const known = ["auto", SOFTWARE_NAME, ...hwaccels, ...names];
    const near = nearestName(name, known);
    const hint = near === undefined ? "" : ` (did you mean "${near}"?)`;
    throw new ConfigError(
      `Cannot decode: FFmpeg has no decoder "${name}"${hint}; ` +
        '"camagent decoders" lists what works',
    );
  }

  /**
   * Picks the decoder with the youngest frames, by what has been measured on
   * this machine; software where nothing has.
   */
  best(task: DecoderTask, signal: AbortSignal): Promise<DecoderMethod> {
    return this.#findings.best(task, this.#context(signal));
  }

  /** How many pictures a decoder keeps to itself, where that is known. */
  held(codec: Codec, method: DecoderMethod): Promise<number | undefined> {
    return this.#findings.held(codec, method);
  }

  /**
   * Lists the ways to decode a codec: software, and everything of FFmpeg that
   * claims to.
   *
   * @throws {ProcessError} If FFmpeg is missing, or fails.
   */
  async candidates(
    codec: StreamCodec,
    signal: AbortSignal,
  ): Promise<DecoderMethod[]> {
    const context = this.#context(signal);
    const [helpers, decoders] = await Promise.all([
      listHelpers(codec, context),
      listDecoders(context),
    ]);
    const others = decoders
      .filter((decoder) => decoder.codec === codec && decoder.name !== codec);
    return [
      SOFTWARE,
      ...helpers.map((hwaccel) => ({ hwaccel })),
      ...others.map(({ name }) => ({ decoder: name })),
    ];
  }

  /**
   * Tries one decoder.
   *
   * @throws {ProcessError} "not-found" if there is no FFmpeg.
   */
  async measure(
    codec: StreamCodec,
    method: DecoderMethod,
    signal: AbortSignal,
  ): Promise<Verdict> {
    const result = await tryDecoder(codec, method, this.#context(signal));
    return { codec, method, result };
  }

  /**
   * Keeps what was measured, for later runs as well if that is possible.
   *
   * @param verdicts All there are of each codec.
   * @throws {ProcessError} If FFmpeg is missing, or fails.
   */
  async keep(
    verdicts: readonly Verdict[],
    signal: AbortSignal,
  ): Promise<void> {
    await this.#findings.add(verdicts, this.#context(signal));
  }

  /**
   * Measures the decoders of a codec for which there are devices, and keeps
   * what comes of it; unless it has been done before, or there is no device.
   *
   * @returns What was measured; nothing if nothing was.
   * @throws {ProcessError} If FFmpeg is missing, or fails.
   */
  async survey(codec: StreamCodec, signal: AbortSignal): Promise<Verdict[]> {
    const devices = this.#options.devices();
    if (devices.length === 0) return [];
    const context = this.#context(signal);
    if (await this.#findings.cover(codec, context)) return [];
    const [software, ...others] = await this.candidates(codec, signal);
    const worthwhile = others.filter((method) => mayWork(method, devices));
    const verdicts: Verdict[] = [];
    for (const method of [software!, ...worthwhile]) {
      verdicts.push(await this.measure(codec, method, signal));
    }
    await this.keep(verdicts, signal);
    return verdicts;
  }

  #context(signal: AbortSignal) {
    return { runtime: this.#options.runtime, signal };
  }
}
