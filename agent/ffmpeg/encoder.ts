/**
 * FFmpeg as a source of access units.
 *
 * @module
 */

import { ConfigError, StreamError } from "../errors.ts";
import { concat } from "../media/bytes.ts";
import { FlvError, FlvReader, type FlvUnit } from "../media/flv.ts";
import { type Milliseconds, ms, us } from "../media/time.ts";
import { isEntry } from "../media/unit_queue.ts";
import type {
  EmitAccessUnit,
  EncoderJob,
  VideoSettings,
} from "../plugin/source.ts";
import { encoderArgs, tellsCapture } from "./encoder_args.ts";
import { type ChoiceContext, chooseEncoder } from "./encoder_choice.ts";
import { exitError } from "./exit_error.ts";

/**
 * A picture that seems to be older, or younger than that, is so because the
 * wall clock was set: encoding takes milliseconds.
 */
const MAX_AGO_MS = 10_000;
const MIN_AGO_MS = -1_000;

/** What FFmpeg says of a name that it does not know. */
const UNKNOWN = /^(\[vost#0:0 @ 0x[\da-f]+\] )?Unknown encoder '/;

/** Runs FFmpeg until its input ends or `signal` aborts. */
export async function encode(
  job: EncoderJob,
  settings: VideoSettings,
  emit: EmitAccessUnit,
  context: ChoiceContext,
): Promise<void> {
  const { runtime, signal } = context;
  if (signal.aborted) return;
  const encoder = await chooseEncoder(job, settings, context).catch((error) => {
    if (signal.aborted) return undefined;
    throw error;
  });
  if (encoder === undefined || signal.aborted) return;
  const video = { ...settings, encoder };
  const isMonotonic = job.time === "monotonic";
  /** What pictures have their times of, in microseconds. */
  const readClock = () =>
    isMonotonic ? Math.round(1000 * runtime.now()) : runtime.wallClock();
  // FFmpeg begins at 0 with what is older than that: it is to seem too old.
  const timeBase = readClock() - (isMonotonic ? 1000 * MAX_AGO_MS : 0);
  const args = encoderArgs(job, video, timeBase);
  const isTimed = tellsCapture(job, video);
  const reader = new FlvReader();
  let parameterSets = new Uint8Array();
  let lastPts = -Infinity;
  let broken: Error | undefined;
  const stop = new AbortController();

  function take(unit: FlvUnit): void {
    const { keyframe, recoveryPoint } = unit;
    // FLV counts milliseconds: two that were late together share one.
    const pts = us(Math.max(unit.pts, lastPts + 1));
    lastPts = pts;
    parameterSets = unit.parameterSets ?? parameterSets;
    const capturedAt = isTimed ? captureTime(pts) : undefined;
    emit({
      // FLV has the parameter sets once, at its beginning.
      data: isEntry(unit) ? concat(parameterSets, unit.data) : unit.data,
      pts,
      ...(capturedAt !== undefined && { capturedAt }),
      keyframe,
      recoveryPoint,
      damaged: false,
    });
  }

  /** The wall clock, which FFmpeg has read, may be set at any time. */
  function captureTime(pts: number): Milliseconds | undefined {
    const ago = (readClock() - timeBase - pts) / 1000;
    if (ago < MIN_AGO_MS && !isMonotonic) {
      // Until it is as late again, all pictures would have the same time.
      throw new StreamError("lost", "The clock was set back");
    }
    // An input that has another clock than it should.
    if (ago > MAX_AGO_MS || ago < MIN_AGO_MS) return undefined;
    return ms(runtime.now() - Math.max(0, ago));
  }

  await using child = await runtime.spawn({
    command: "ffmpeg",
    args,
    signal: AbortSignal.any([signal, stop.signal]),
    onStdout(chunk) {
      if (broken) return;
      try {
        for (const unit of reader.push(chunk)) take(unit);
      } catch (error) {
        broken = error instanceof FlvError
          ? new StreamError("undecodable", "Cannot read FFmpeg's output", {
            cause: error,
          })
          : error as Error;
        stop.abort(broken);
      }
    },
  });
  const exit = await child.exit;
  if (signal.aborted) return;
  if (broken) throw broken;
  if (exit.code === 0) return;
  const unknown = exit.stderrTail.find((line) => UNKNOWN.test(line));
  if (unknown === undefined) throw exitError(["ffmpeg", ...args], exit);
  throw new ConfigError(
    `Cannot use encoder "${video.encoder}": this FFmpeg has none of that name`,
  );
}
