/**
 * FFmpeg as a source of access units.
 *
 * @module
 */

import { ProcessError, StreamError } from "../errors.ts";
import { FlvError, FlvReader, type FlvUnit } from "../media/flv.ts";
import { concat } from "../media/bytes.ts";
import { ms } from "../media/time.ts";
import type { ChildExit, Runtime } from "../plugin/runtime.ts";
import type {
  EmitAccessUnit,
  EncoderJob,
  VideoSettings,
} from "../plugin/source.ts";
import { encoderArgs } from "./encoder_args.ts";

/** Runs FFmpeg until its input ends or `signal` aborts. */
export async function encode(
  job: EncoderJob,
  video: VideoSettings,
  emit: EmitAccessUnit,
  { runtime, signal }: { runtime: Runtime; signal: AbortSignal },
): Promise<void> {
  const timeBase = runtime.wallClock();
  const args = encoderArgs(job, video, timeBase);
  const reader = new FlvReader();
  let parameterSets = new Uint8Array();
  let broken: Error | undefined;
  const stop = new AbortController();
  const ending = AbortSignal.any([signal, stop.signal]);

  function take(unit: FlvUnit): void {
    const { pts, keyframe, recoveryPoint } = unit;
    parameterSets = unit.parameterSets ?? parameterSets;
    // FLV has the parameter sets once, at its beginning.
    const data = keyframe ? concat(parameterSets, unit.data) : unit.data;
    const live = job.time === "now" && !job.copy;
    // How long ago, by the clock that FFmpeg read: it may be set meanwhile.
    const ago = (runtime.wallClock() - timeBase - pts) / 1000;
    emit({
      data,
      pts,
      ...(live && { capturedAt: ms(runtime.now() - ago) }),
      keyframe,
      recoveryPoint,
      damaged: false,
    });
  }

  await using child = await runtime.spawn({
    command: "ffmpeg",
    args,
    signal: ending,
    onStdout(chunk) {
      if (broken) return;
      try {
        for (const unit of reader.push(chunk)) take(unit);
      } catch (error) {
        if (!(error instanceof FlvError)) throw error;
        broken = new StreamError("undecodable", `Cannot read FFmpeg's output`, {
          cause: error,
        });
        stop.abort(broken);
      }
    },
  });
  const exit = await child.exit;
  if (signal.aborted) return;
  if (broken) throw broken;
  if (exit.code !== 0) throw exitError(["ffmpeg", ...args], exit);
}

/** What FFmpeg said last is why it failed. */
export function exitError(
  command: readonly string[],
  exit: ChildExit,
): ProcessError {
  const { code, signal, forced, stderrTail } = exit;
  const how = signal ? `was killed by ${signal}` : `exited with ${code}`;
  const why = stderrTail.length > 0 ? `: ${stderrTail.at(-1)}` : "";
  return new ProcessError(`${command[0]} ${how}${why}`, {
    command,
    reason: signal ? "killed" : "exited",
    exitCode: code ?? undefined,
    signal: signal ?? undefined,
    forced,
    stderrTail,
  });
}
