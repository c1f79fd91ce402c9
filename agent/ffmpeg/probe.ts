/**
 * What FFmpeg says of an input.
 *
 * @module
 */

import { z } from "zod";
import { ConfigError } from "../errors.ts";
import { concat } from "../media/bytes.ts";
import type { Runtime } from "../plugin/runtime.ts";
import type { InputProbe } from "../plugin/source.ts";
import { causeIn, exitError } from "./exit_error.ts";

const ENTRIES =
  "codec_name,has_b_frames,width,height,avg_frame_rate,r_frame_rate";

const ARGS = [
  "-hide_banner",
  "-loglevel",
  "error",
  "-of",
  "json",
  "-select_streams",
  "v:0",
  "-show_entries",
  `stream=${ENTRIES}`,
];

const OUTPUT = z.object({
  streams: z.array(z.object({
    codec_name: z.string(),
    has_b_frames: z.number().default(0),
    width: z.number().int().positive(),
    height: z.number().int().positive(),
    avg_frame_rate: z.string().default("0/0"),
    r_frame_rate: z.string().default("0/0"),
  })).min(1),
});

/**
 * Asks `ffprobe` about the first video stream of an input.
 *
 * @throws {ConfigError} If it cannot be read, or has no video.
 * @throws {ProcessError} If ffprobe is missing, or was killed.
 */
export async function probe(
  input: readonly string[],
  { runtime, signal }: { runtime: Runtime; signal: AbortSignal },
): Promise<InputProbe> {
  const name = input.at(-1) ?? "";
  const chunks: Uint8Array[] = [];
  const args = [...ARGS, ...input];
  await using child = await runtime.spawn({
    command: "ffprobe",
    args,
    signal,
    onStdout: (chunk) => void chunks.push(chunk.slice()),
  });
  const exit = await child.exit;
  signal.throwIfAborted();
  if (exit.signal) throw exitError(["ffprobe", ...args], exit);
  const parsed = OUTPUT.safeParse(parseJson(concat(...chunks)));
  if (exit.code !== 0 || !parsed.success) {
    const why = exit.code === 0 ? "no video in it" : causeIn(exit.stderrTail);
    const reason = why?.replace(`${name}: `, "") ?? "ffprobe does not say why";
    throw new ConfigError(`Cannot read "${name}": ${reason}`, { exitCode: 66 });
  }
  const stream = parsed.data.streams[0]!;
  const average = ratio(stream.avg_frame_rate);
  return {
    codec: stream.codec_name,
    reordered: stream.has_b_frames > 0,
    size: { width: stream.width, height: stream.height },
    fps: average > 0 ? average : ratio(stream.r_frame_rate),
  };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined; // Nothing, where it has failed.
  }
}

/** `30000/1001` as a number; 0 where FFmpeg does not know. */
function ratio(text: string): number {
  const [numerator = 0, denominator = 0] = text.split("/").map(Number);
  return denominator > 0 ? numerator / denominator : 0;
}
