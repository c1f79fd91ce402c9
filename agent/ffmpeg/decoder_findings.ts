/**
 * What has been found out about the decoders of this machine.
 *
 * @module
 */

import type { Codec } from "../media/codec.ts";
import type { CacheFile } from "../runtime/cache_file.ts";
import {
  type Findings,
  isSameHardware,
  readFindings,
  writeFindings,
} from "./decoder_cache.ts";
import { type FfmpegContext, ffmpegVersion } from "./decoder_list.ts";
import { type DecoderMethod, isSoftware, SOFTWARE } from "./decoder_method.ts";
import {
  bestMethod,
  covers,
  type DecoderTask,
  resultOf,
  type Verdict,
} from "./decoder_verdict.ts";

/** What is known of a machine without FFmpeg. */
export interface MachineFacts {
  /** The kernel's release. */
  readonly kernel: string;
  /** Lists the devices that may decode. */
  devices(): string[];
  /** Where verdicts are kept. */
  readonly cache: CacheFile;
}

/** Verdicts of earlier trials, as far as they hold here. Never fails. */
export class DecoderFindings {
  readonly #facts: MachineFacts;
  #findings: Promise<Findings | undefined> | undefined;
  #version: string | undefined;

  /** Reads nothing yet. */
  constructor(facts: MachineFacts) {
    this.#facts = facts;
  }

  /**
   * Picks the decoder with the youngest frames; software where nothing has been
   * measured. Takes 40 ms, once, if that is another one.
   */
  async best(
    task: DecoderTask,
    context: FfmpegContext,
  ): Promise<DecoderMethod> {
    const { verdicts = [] } = await this.#read() ?? {};
    const method = bestMethod(verdicts, task);
    const isKnown = isSoftware(method) || await this.#holds(context);
    return isKnown ? method : SOFTWARE;
  }

  /** How many pictures a decoder keeps to itself, where that is known. */
  async held(
    codec: Codec,
    method: DecoderMethod,
  ): Promise<number | undefined> {
    const { verdicts = [] } = await this.#read() ?? {};
    const result = resultOf(verdicts, codec, method);
    return result?.works ? result.held : undefined;
  }

  /** Tells whether the decoders of a codec have been tried here. */
  async cover(codec: Codec, context: FfmpegContext): Promise<boolean> {
    const { verdicts = [] } = await this.#read() ?? {};
    return covers(verdicts, codec) && await this.#holds(context);
  }

  /** Adds verdicts to those that hold here, in place of older ones. */
  async add(
    fresh: readonly Verdict[],
    context: FfmpegContext,
  ): Promise<void> {
    const { kernel, devices, cache } = this.#facts;
    const isOld = ({ codec }: Verdict) => !covers(fresh, codec);
    const { verdicts = [] } = await this.#read() ?? {};
    const kept = await this.#holds(context) ? verdicts.filter(isOld) : [];
    this.#version = await ffmpegVersion(context);
    const findings: Findings = {
      ffmpeg: this.#version,
      kernel,
      devices: devices(),
      verdicts: [...kept, ...fresh],
    };
    this.#findings = Promise.resolve(findings);
    await writeFindings(cache, findings);
  }

  /** What was found with this kernel and these devices. */
  #read(): Promise<Findings | undefined> {
    const { kernel, devices, cache } = this.#facts;
    this.#findings ??= readFindings(cache).then((findings) => {
      const here = { kernel, devices: devices() };
      return findings && isSameHardware(findings, here) ? findings : undefined;
    });
    return this.#findings;
  }

  /** Tells whether they are of this FFmpeg, which takes 40 ms to say. */
  async #holds(context: FfmpegContext): Promise<boolean> {
    const findings = await this.#read();
    if (findings === undefined) return false;
    this.#version ??= await ffmpegVersion(context).catch(() => undefined);
    return this.#version === findings.ffmpeg;
  }
}
