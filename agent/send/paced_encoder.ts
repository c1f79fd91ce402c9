/**
 * An encoder that gets no more pictures than it can take in time, and makes no
 * more of them than viewers can take.
 *
 * @module
 */

import { encode } from "../ffmpeg/encoder.ts";
import { autoBitrate } from "../media/bitrate.ts";
import { type Milliseconds, ms } from "../media/time.ts";
import type { Logger } from "../plugin/context.ts";
import type { Runtime } from "../plugin/runtime.ts";
import type {
  EmitAccessUnit,
  EncoderJob,
  VideoSettings,
} from "../plugin/source.ts";
import { formatDuration } from "../watchdog/status.ts";
import type { BitrateControl, ViewerLoad } from "./bitrate_control.ts";
import type { EncoderPace } from "./encoder_pace.ts";

/** What it works with. */
export interface PacedContext {
  readonly runtime: Runtime;
  readonly signal: AbortSignal;
  readonly log: Logger;
  readonly video: VideoSettings;
  /** Both of the source, for as long as that is wanted. */
  readonly pace: EncoderPace;
  readonly bitrate: BitrateControl;
  /** Who watches. */
  viewers(): readonly ViewerLoad[];
  /** The pictures break off; what follows begins with a keyframe. */
  onRestart(): void;
}

/**
 * Runs FFmpeg until its input ends or `signal` aborts. An input that is live is
 * started anew where FFmpeg is to get fewer pictures, or to make fewer bits of
 * them: what it reads out of the memory of a camera's driver has waited there
 * where the encoder is too slow, about a second, for ever.
 */
export async function encodeInTime(
  job: EncoderJob,
  emit: EmitAccessUnit,
  context: PacedContext,
): Promise<void> {
  const { video, signal } = context;
  if (job.copy || !job.live) return await encode(job, video, emit, context);
  while (!await encodeFor(job, emit, context) && !signal.aborted) {
    context.onRestart();
  }
}

/** @returns Whether its input has ended. */
async function encodeFor(
  job: EncoderJob,
  emit: EmitAccessUnit,
  context: PacedContext,
): Promise<boolean> {
  const { runtime, log, video, pace, bitrate, viewers } = context;
  const wanted = video.bitrate ?? autoBitrate(job.size, job.fps);
  const changed = new AbortController();
  const change = (why: string) => {
    log.warn(why);
    changed.abort();
  };
  // Other times do not tell how long a picture has waited to be read.
  const isTimed = job.time === "monotonic";
  let told = false;

  function judgeAge(capturedAt: Milliseconds, now: Milliseconds): void {
    const age = formatDuration(ms(now - capturedAt));
    const { step } = pace;
    if (pace.isToChange(capturedAt, now)) {
      const [fps, of] = [job.fps / pace.step, job.fps].map(oneDecimal);
      change(
        pace.step > step
          ? `pictures are ${age} old: the encoder is too slow; it gets ${fps} ` +
            `of ${of} a second`
          : `the encoder keeps up; it gets ${fps} of ${of} pictures a second`,
      );
    } else if (pace.isOverwhelmed && !told) {
      told = true;
      log.warn(
        `pictures are ${age} old: the encoder is too slow; choose a smaller ` +
          "picture (?size=)",
      );
    }
  }

  function judgeLinks(now: Milliseconds): void {
    const { share } = bitrate;
    if (!bitrate.isToChange(viewers, wanted, now)) return;
    const rate = oneDecimal(bitrate.share * wanted / 1e6);
    change(
      bitrate.share < share
        ? `a viewer's link is too slow; ${rate} Mbit/s from here on (adapt=none ` +
          "drops pictures instead)"
        : `the link keeps up; ${rate} Mbit/s from here on`,
    );
  }

  pace.begin(runtime.now());
  bitrate.begin(runtime.now());
  const settings = {
    ...slowed(video, pace.step),
    bitrate: Math.round(bitrate.share * wanted),
  };
  await encode(everyNth(job, pace.step), settings, (unit) => {
    emit(unit);
    if (changed.signal.aborted) return;
    const now = runtime.now();
    if (isTimed && unit.capturedAt !== undefined) {
      judgeAge(unit.capturedAt, now);
    }
    if (!changed.signal.aborted) judgeLinks(now);
  }, {
    ...context,
    signal: AbortSignal.any([context.signal, changed.signal]),
  });
  return !changed.signal.aborted;
}

/** Has one picture in so many encoded, before anything else is done with it. */
function everyNth(job: EncoderJob, step: number): EncoderJob {
  if (step === 1) return job;
  const filters = [`framestep=${step}`, ...job.filters ?? []];
  return { ...job, fps: job.fps / step, filters };
}

/** Keyframes stay as far apart as they were. */
function slowed(settings: VideoSettings, step: number): VideoSettings {
  const { gop } = settings;
  if (gop === undefined) return settings;
  return { ...settings, gop: Math.max(1, Math.round(gop / step)) };
}

function oneDecimal(value: number): number {
  return Math.round(value * 10) / 10;
}
