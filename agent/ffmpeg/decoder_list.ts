/**
 * Which decoders this FFmpeg has.
 *
 * @module
 */

import { ProcessError } from "../errors.ts";
import { concat } from "../media/bytes.ts";
import type { Codec } from "../media/codec.ts";
import type { Runtime } from "../plugin/runtime.ts";
import { pause } from "../watchdog/pause.ts";
import { exitError } from "./exit_error.ts";

/** FFmpeg answers in 50 ms; a machine that is busy may take a while. */
const ANSWER_MS = 10_000;

/** `ffmpeg -decoders` of 5.1.9 writes 29 kB. */
const MAX_ANSWER_BYTES = 1 << 20;

/** Where FFmpeg runs, and how long somebody cares. */
export interface FfmpegContext {
  /** The machine. */
  readonly runtime: Runtime;
  /** Ends what was started. */
  readonly signal: AbortSignal;
}

/** A decoder of FFmpeg. */
export interface ListedDecoder {
  /** Its name: `h264_v4l2m2m`. */
  readonly name: string;
  /** What it decodes, by FFmpeg's name: `h264`. */
  readonly codec: string;
}

/**
 * Lists the decoders of video.
 *
 * @throws {ProcessError} If FFmpeg is missing, or fails.
 */
export async function listDecoders(
  context: FfmpegContext,
): Promise<ListedDecoder[]> {
  return readDecoders(await ask(context, "-decoders"));
}

/**
 * Lists the kinds of hardware that may help to decode.
 *
 * @throws {ProcessError} If FFmpeg is missing, or fails.
 */
export async function listHwaccels(context: FfmpegContext): Promise<string[]> {
  const [, ...names] = (await ask(context, "-hwaccels")).trim().split(/\s*\n/);
  return names;
}

/**
 * Lists the kinds of hardware that help FFmpeg's own decoder of a codec. With
 * any other it would decode in software and not say so (5.1.9).
 *
 * @throws {ProcessError} If FFmpeg is missing, or fails.
 */
export async function listHelpers(
  codec: Codec,
  context: FfmpegContext,
): Promise<string[]> {
  return readHelpers(await ask(context, "-h", `decoder=${codec}`));
}

/**
 * Tells which FFmpeg this is: the first line of `ffmpeg -version`.
 *
 * @throws {ProcessError} If FFmpeg is missing, or fails.
 */
export async function ffmpegVersion(context: FfmpegContext): Promise<string> {
  return (await ask(context, "-version")).split("\n")[0]!.trim();
}

/** Reads what `ffmpeg -decoders` writes, of video. */
export function readDecoders(text: string): ListedDecoder[] {
  const list = text.slice(text.indexOf(" ------"));
  const lines = list.matchAll(/^ V\S{5} (\S+) .*?(?:\(codec (\S+)\))?\s*$/gm);
  return [...lines].map(([, name = "", codec = name]) => ({ name, codec }));
}

/** Reads what `ffmpeg -h decoder=h264` writes. */
export function readHelpers(text: string): string[] {
  const names = /^ *Supported hardware devices: (.*)$/m.exec(text)?.[1] ?? "";
  return [...new Set(names.split(/\s+/).filter((name) => name !== ""))];
}

async function ask(
  { runtime, signal }: FfmpegContext,
  ...question: string[]
): Promise<string> {
  const args = ["-hide_banner", ...question];
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const late = new AbortController();
  const answered = new AbortController();
  void pause(runtime, ANSWER_MS, answered.signal)
    .then((isLate) => isLate && late.abort());
  try {
    await using child = await runtime.spawn({
      command: "ffmpeg",
      args,
      signal: AbortSignal.any([signal, late.signal]),
      onStdout(chunk) {
        bytes += chunk.length;
        if (bytes <= MAX_ANSWER_BYTES) chunks.push(chunk.slice());
      },
    });
    const exit = await child.exit;
    signal.throwIfAborted();
    const command = ["ffmpeg", ...args];
    if (late.signal.aborted) {
      const message = `ffmpeg does not answer to "${question.join(" ")}"`;
      throw new ProcessError(message, { command, reason: "timeout" });
    }
    if (exit.code !== 0) throw exitError(command, exit);
    return new TextDecoder().decode(concat(...chunks));
  } finally {
    answered.abort();
  }
}
