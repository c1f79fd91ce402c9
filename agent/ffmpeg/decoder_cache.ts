/**
 * What trials of decoders have shown, kept for the next run.
 *
 * @module
 */

import { z } from "zod";
import { CODEC_NAME } from "../plugin/options.ts";
import type { CacheFile } from "../runtime/cache_file.ts";
import type { Verdict } from "./decoder_verdict.ts";

/** What verdicts hold for: where one of these differs, all may. */
export interface Machine {
  /** The first line of `ffmpeg -version`. */
  readonly ffmpeg: string;
  /** The kernel's release. */
  readonly kernel: string;
  /** Devices that may decode. */
  readonly devices: readonly string[];
}

/** Verdicts, and where they were found. */
export interface Findings extends Machine {
  /** Of every decoder that was tried. */
  readonly verdicts: readonly Verdict[];
}

const name = z.string().regex(CODEC_NAME);

const FILE = z.object({
  schema: z.literal(1),
  ffmpeg: z.string(),
  kernel: z.string(),
  devices: z.array(z.string()),
  verdicts: z.array(z.object({
    codec: z.enum(["h264", "hevc", "mjpeg"]),
    method: z.union([
      z.strictObject({ hwaccel: name }),
      z.strictObject({ decoder: name }),
      z.strictObject({}),
    ]),
    result: z.discriminatedUnion("works", [
      z.object({
        works: z.literal(true),
        held: z.number().int().nonnegative(),
        msPerPicture: z.number().nonnegative(),
        cpuMsPerPicture: z.number().nonnegative().optional(),
      }),
      z.object({ works: z.literal(false), why: z.string() }),
    ]),
  })),
});

/** Reads what was found; nothing if there is nothing, or nothing of ours. */
export async function readFindings(
  file: CacheFile,
): Promise<Findings | undefined> {
  const text = await file.read();
  if (text === undefined) return undefined;
  try {
    return FILE.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined; // Half a file, or somebody else's.
  }
}

/** Keeps what was found, in place of everything before; if that is possible. */
export async function writeFindings(
  file: CacheFile,
  findings: Findings,
): Promise<void> {
  await file.write(`${JSON.stringify({ schema: 1, ...findings })}\n`);
}

/** Tells whether they were found with this kernel and these devices. */
export function isSameHardware(
  a: Omit<Machine, "ffmpeg">,
  b: Omit<Machine, "ffmpeg">,
): boolean {
  return a.kernel === b.kernel && a.devices.join() === b.devices.join();
}
