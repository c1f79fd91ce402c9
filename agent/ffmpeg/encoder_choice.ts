/**
 * What `encoder=auto` stands for on this machine.
 *
 * @module
 */

import { FlvReader } from "../media/flv.ts";
import { ms } from "../media/time.ts";
import type { Logger } from "../plugin/context.ts";
import type { Runtime } from "../plugin/runtime.ts";
import type { EncoderJob, VideoSettings } from "../plugin/source.ts";
import { encoderArgs } from "./encoder_args.ts";

/** Where the kernel says what the encoder of Raspberry Pis up to 4 is. */
const DEVICE = "/sys/class/video4linux/video11/name";
const DEVICE_NAME = "bcm2835-codec-encode";

/** What it takes (raspberrypi/picamera2#753). */
const MOST = { width: 1920, height: 1080 };

const HARDWARE = "h264_v4l2m2m";
const SOFTWARE = "libx264";

/** One second of pictures, which hardware codes in less. */
const TRIAL_SECONDS = 1;
const TRIAL_MS = ms(4000);

/** Of the pictures of a trial, how many have to come out. */
const ENOUGH = 0.9;

/** What was found out, by machine and by what was asked for. */
const found = new WeakMap<Runtime, Map<string, Promise<string>>>();

/** What a choice needs. */
export interface ChoiceContext {
  /** The machine. */
  readonly runtime: Runtime;
  /** Ends the trial. */
  readonly signal: AbortSignal;
  /** Hears what was chosen, where there was a choice. */
  readonly log?: Logger | undefined;
}

/**
 * Chooses an encoder. The hardware of Raspberry Pis up to 4 is tried for a
 * second, once for each size and rate: a driver may be there and not work.
 */
export async function chooseEncoder(
  job: EncoderJob,
  video: VideoSettings,
  context: ChoiceContext,
): Promise<string> {
  const { encoder, intraRefresh } = video;
  if (encoder !== "auto") return encoder;
  const { size: { width, height }, fps } = job;
  const isTooMuch = width > MOST.width || height > MOST.height;
  if (job.copy || intraRefresh || isTooMuch) return SOFTWARE;
  const { runtime } = context;
  const answers = found.get(runtime) ?? new Map<string, Promise<string>>();
  found.set(runtime, answers);
  const key = `${width}x${height}@${fps}`;
  const answer = answers.get(key) ?? find(job, video, context);
  answers.set(key, answer);
  return await answer.catch((error) => {
    // Broken off: it is not known yet.
    answers.delete(key);
    throw error;
  });
}

async function find(
  job: EncoderJob,
  video: VideoSettings,
  context: ChoiceContext,
): Promise<string> {
  const { runtime, log } = context;
  if (!await hasHardware(runtime)) return SOFTWARE;
  const why = await trial(job, video, context);
  log?.info(
    why === undefined
      ? `${HARDWARE} encodes`
      : `${SOFTWARE} encodes: ${HARDWARE} ${why}`,
  );
  return why === undefined ? HARDWARE : SOFTWARE;
}

async function hasHardware(runtime: Runtime): Promise<boolean> {
  try {
    const bytes = await runtime.readFile(DEVICE, 4096);
    return new TextDecoder().decode(bytes).trim() === DEVICE_NAME;
  } catch {
    return false; // There is no such device.
  }
}

/** @returns What went wrong, if anything did. */
async function trial(
  { size, fps }: EncoderJob,
  video: VideoSettings,
  { runtime, signal }: ChoiceContext,
): Promise<string | undefined> {
  const picture = `testsrc2=size=${size.width}x${size.height}:rate=${fps}`;
  const input = ["-t", `${TRIAL_SECONDS}`, "-f", "lavfi", "-i", picture];
  const job: EncoderJob = { input, size, fps, time: "input" };
  const args = encoderArgs(job, { ...video, encoder: HARDWARE }, 0);
  const late = new AbortController();
  const over = new AbortController();
  const timer = runtime.sleep(TRIAL_MS, over.signal)
    .then(() => late.abort(), () => {});
  const reader = new FlvReader();
  let pictures = 0;
  await using child = await runtime.spawn({
    command: "ffmpeg",
    args,
    signal: AbortSignal.any([signal, late.signal]),
    onStdout: (chunk) => pictures += reader.push(chunk).length,
  });
  const { code, stderrTail } = await child.exit;
  over.abort();
  await timer;
  signal.throwIfAborted();
  if (late.signal.aborted) return "takes too long";
  if (code !== 0) return `fails: ${stderrTail.at(-1) ?? `exit code ${code}`}`;
  const wanted = Math.floor(ENOUGH * fps * TRIAL_SECONDS);
  return pictures >= wanted ? undefined : "loses pictures";
}
