/**
 * An encoder that gets no more pictures than it can take in time.
 *
 * @module
 */

import { StreamError } from "../errors.ts";
import { encode } from "../ffmpeg/encoder.ts";
import { type Milliseconds, ms } from "../media/time.ts";
import type { Logger } from "../plugin/context.ts";
import type { Runtime } from "../plugin/runtime.ts";
import type {
  EmitAccessUnit,
  EncoderJob,
  VideoSettings,
} from "../plugin/source.ts";
import { formatDuration } from "../watchdog/status.ts";
import type { EncoderPace } from "./encoder_pace.ts";

/** What it works with. */
export interface PacedContext {
  readonly runtime: Runtime;
  readonly signal: AbortSignal;
  readonly log: Logger;
  readonly video: VideoSettings;
  /** Of the source, for as long as that is wanted. */
  readonly pace: EncoderPace;
}

/**
 * Runs FFmpeg until its input ends or `signal` aborts. What it reads out of the
 * memory of a camera's driver has waited there where the encoder is too slow:
 * about a second, for ever.
 *
 * @throws {StreamError} If it is to get fewer or more pictures from here on:
 * with the next start it does.
 */
export async function encodeInTime(
  job: EncoderJob,
  emit: EmitAccessUnit,
  context: PacedContext,
): Promise<void> {
  const { runtime, signal, log, video, pace } = context;
  // Other times do not tell how long a picture has waited to be read.
  if (job.copy || job.time !== "monotonic") {
    return await encode(job, video, emit, context);
  }
  const { step } = pace;
  const changed = new AbortController();
  let age = ms(0);
  let told = false;
  const judge = (capturedAt: Milliseconds) => {
    const now = runtime.now();
    age = ms(now - capturedAt);
    if (pace.isToChange(capturedAt, now)) return changed.abort();
    if (told || !pace.isOverwhelmed) return;
    told = true;
    log.warn(
      `pictures are ${formatDuration(age)} old: the encoder is too slow; ` +
        "choose a smaller picture (?size=)",
    );
  };
  pace.begin(runtime.now());
  await encode(everyNth(job, step), slowed(video, step), (unit) => {
    emit(unit);
    const isJudged = unit.capturedAt !== undefined && !changed.signal.aborted;
    if (isJudged) judge(unit.capturedAt);
  }, { ...context, signal: AbortSignal.any([signal, changed.signal]) });
  if (signal.aborted || !changed.signal.aborted) return;
  const rates = `${rateOf(job.fps / pace.step)} of ${rateOf(job.fps)} pictures`;
  throw pace.step > step
    ? new StreamError(
      "stalled",
      `Pictures were ${formatDuration(age)} old: the encoder is too slow, ` +
        `and gets ${rates} a second`,
    )
    : new StreamError(
      "ended",
      `The encoder keeps up, and gets ${rates} a second`,
    );
}

/** Has one picture in so many encoded, before anything else is done with it. */
function everyNth(job: EncoderJob, step: number): EncoderJob {
  if (step === 1) return job;
  const filters = [`framestep=${step}`, ...job.filters ?? []];
  return { ...job, fps: job.fps / step, filters };
}

/** Keyframes stay as far apart as they were. */
function slowed(settings: VideoSettings, step: number): VideoSettings {
  const { gop, ...video } = settings;
  if (gop === undefined) return settings;
  return { ...video, gop: Math.max(1, Math.round(gop / step)) };
}

function rateOf(fps: number): number {
  return Math.round(fps * 10) / 10;
}
