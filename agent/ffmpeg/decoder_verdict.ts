/**
 * Which decoder is best, by what trials have shown.
 *
 * @module
 */

import type { Codec, StreamCodec } from "../media/codec.ts";
import {
  type DecoderMethod,
  isSoftware,
  methodName,
  SOFTWARE,
} from "./decoder_method.ts";
import type { TrialResult } from "./decoder_trial.ts";
import { CLIP_FORMAT } from "./trial_clip.ts";

/** One decoder, and what came of its trial. */
export interface Verdict {
  /** What it was to decode. */
  readonly codec: StreamCodec;
  /** What was tried. */
  readonly method: DecoderMethod;
  /** What came of it. */
  readonly result: TrialResult;
}

/** What is to be decoded. */
export interface DecoderTask {
  /** How its pictures are coded. */
  readonly codec: Codec;
  /** Picture width in pixels; 0 if nobody knows yet. */
  readonly width: number;
  /** Picture height in pixels; 0 if nobody knows yet. */
  readonly height: number;
  /** Pictures a second, where the stream says so. */
  readonly fps?: number;
}

/** What cameras send unless they are told otherwise. */
const USUAL = { width: 640, height: 480, fps: 30 };

/**
 * How much younger than those of software frames have to be: trials of one
 * decoder differ by as much.
 */
const CLEARLY = 0.8;

/**
 * How old frames would be, in milliseconds after the arrival of their picture:
 * what is held comes a picture later, and the rest grows with the picture.
 *
 * @returns `Infinity` if it would not keep up.
 */
export function expectedAge(result: TrialResult, task: DecoderTask): number {
  if (!result.works) return Infinity;
  const interval = 1000 / (task.fps ?? USUAL.fps);
  const time = result.msPerPicture * area(task) / area(CLIP_FORMAT);
  return time > interval ? Infinity : result.held * interval + time;
}

/**
 * Picks the decoder with the youngest frames: software, unless another one is
 * clearly better. Where none keeps up, the fastest.
 */
export function bestMethod(
  verdicts: readonly Verdict[],
  task: DecoderTask,
): DecoderMethod {
  const working = verdicts.filter(({ codec, result }) =>
    codec === task.codec && result.works
  );
  const age = ({ method, result }: Verdict) =>
    expectedAge(result, task) * (isSoftware(method) ? CLEARLY : 1);
  const [first] = working.toSorted((a, b) =>
    // Of two that never come to an end neither is older.
    (age(a) - age(b) || 0) || timeOf(a.result) - timeOf(b.result)
  );
  return first?.method ?? SOFTWARE;
}

/** Tells whether anything has come of measuring a codec. */
export function covers(verdicts: readonly Verdict[], codec: Codec): boolean {
  return verdicts.some((verdict) => verdict.codec === codec);
}

/** Finds what came of one trial. */
export function resultOf(
  verdicts: readonly Verdict[],
  codec: Codec,
  method: DecoderMethod,
): TrialResult | undefined {
  return verdicts.find((verdict) =>
    verdict.codec === codec &&
    methodName(verdict.method) === methodName(method)
  )?.result;
}

function timeOf(result: TrialResult): number {
  return result.works ? result.msPerPicture : Infinity;
}

function area({ width, height }: { width: number; height: number }): number {
  return width * height || USUAL.width * USUAL.height;
}
