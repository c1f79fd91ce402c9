/**
 * `camagent watch shm:cam0`: what is in shared memory, seen as any other
 * program sees it.
 *
 * @module
 */

import { z } from "zod";
import { openFrames } from "../../readers/typescript/camagent.ts";
import { ConfigError } from "../errors.ts";
import { parseAddress } from "../media/address.ts";
import { ms } from "../media/time.ts";
import { checkOptions, option } from "../plugin/options.ts";
import { type CommandLine, refuseRest } from "./args.ts";
import { drawPicture } from "./blocks.ts";
import type { Command, Shell } from "./command.ts";
import { ExitCode } from "./exit_code.ts";
import { commonFlags } from "./flags.ts";
import { rgbOf } from "./picture.ts";
import { encodePng } from "./png.ts";
import { Watcher, watchLine, type WatchStatus } from "./watcher.ts";

/** A picture in a terminal, so often that it moves. */
const DRAW_MS = ms(100);

/** A line for other programs, or for a log. */
const LINE_MS = ms(1000);

/** How long a first frame may take, unless told. */
const TIMEOUT_MS = 10_000;

/** EX_NOINPUT of sysexits.h. */
const NO_INPUT = 66;

const flags = {
  png: {
    schema: z.string(),
    placeholder: "FILE",
    description: "write one frame as a PNG file, and end",
  },
  timeout: {
    schema: option.duration().refine((value) => value > 0, "expected more"),
    placeholder: "TIME",
    description: "how long --png waits for a frame, such as 2s (10s)",
  },
  json: {
    schema: option.flag(),
    bare: "true",
    description: "print one JSON object a second",
  },
  ...commonFlags,
} as const;

/** Looks into shared memory. */
export const watchCommand: Command = {
  name: "watch",
  usage: "[<flags>] shm:<name>",
  summary: "Look at the frames that a receiver shows in shared memory.",
  flags,
  lists: {},
  examples: [
    ["camagent watch shm:cam0", "a small picture, frame rate and age"],
    ["camagent watch shm:cam0 --png /tmp/cam0.png", "one frame as a file"],
  ],
  async run({ positionals, values }: CommandLine<typeof flags>, shell: Shell) {
    const [text, ...rest] = positionals;
    refuseRest("watch", rest);
    const place = { address: text!, name: nameOf(text) };
    const { png, json, timeout = TIMEOUT_MS } = values;
    try {
      if (png === undefined) await watch(place, json === true, shell);
      else await writePng(place, png, timeout, shell);
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      // Not what camagent writes, or not for us.
      const message = `Cannot watch "${text}": ${cause.message}`;
      throw new ConfigError(message, { exitCode: NO_INPUT, cause });
    }
  },
};

/** Shows how it goes until asked to end. */
async function watch(
  place: Place,
  json: boolean,
  shell: Shell,
): Promise<void> {
  using frames = openFrames(place.name, { copy: false });
  const watcher = new Watcher(frames);
  const { runtime: { now }, stop: { signal }, streams } = shell;
  await Promise.race([
    watcher.run(signal, now),
    json || !streams.isStdoutTerminal
      ? showLines(watcher, place, json, shell)
      : showPicture(watcher, place, shell),
  ]);
}

/** What is watched. */
interface Place {
  /** As the user gave it. */
  readonly address: string;
  /** What stands behind the scheme. */
  readonly name: string;
}

/** @throws {ConfigError} If it is no address of shared memory. */
function nameOf(text: string | undefined): string {
  if (text === undefined) {
    throw new ConfigError(
      'Cannot run "camagent watch" without an address: give one such as ' +
        "shm:cam0",
    );
  }
  const address = parseAddress(text);
  const { scheme, host, path, query, redacted } = address;
  const why = scheme !== "shm"
    ? 'it watches shared memory, such as "shm:cam0"'
    : host !== undefined || path === undefined || path.includes("/")
    ? "it names no shared memory, such as shm:cam0"
    : undefined;
  if (why !== undefined) {
    throw new ConfigError(`Cannot watch "${redacted}": ${why}`);
  }
  checkOptions(z.strictObject({}), query, address);
  return path!;
}

/** @throws {ConfigError} If there is no frame in time. */
async function writePng(
  { address, name }: Place,
  path: string,
  timeout: number,
  { runtime, stop }: Shell,
): Promise<void> {
  using frames = openFrames(name);
  const late = AbortSignal.timeout(timeout);
  const signal = AbortSignal.any([stop.signal, late]);
  const frame = await frames.next(signal).catch((error) => {
    if (!late.aborted) throw error;
    throw new ConfigError(
      `Cannot write "${path}": no frame of "${address}" within ` +
        `${timeout / 1000} s, its writer is ${frames.state}; is ` +
        `"camagent recv ... ${address}" running?`,
      { exitCode: ExitCode.unavailable },
    );
  });
  const { width, height } = frame;
  const pixels = new Uint8Array(rgbOf(frame));
  await runtime.replaceFile(path, [encodePng(width, height, pixels)], 0o644);
}

/** One line a second, until asked to end. */
async function showLines(
  watcher: Watcher,
  { address }: Place,
  json: boolean,
  { runtime, stop: { signal }, print }: Shell,
): Promise<void> {
  while (true) {
    await runtime.sleep(LINE_MS, signal);
    const status = watcher.status(runtime.now());
    const object = { schema: 1, type: "watch", address, ...status };
    const line = json ? JSON.stringify(object) : lineOf(address, status);
    await print(`${line}\n`);
  }
}

/** A picture and a line, drawn over the last ones. */
async function showPicture(
  watcher: Watcher,
  { address, name }: Place,
  { runtime, streams, color, stop: { signal }, print }: Shell,
): Promise<void> {
  // Another reader: what it takes is no news to itself alone.
  using pictures = openFrames(name);
  let drawn = 0;
  while (true) {
    // A screen that does not know its width says 0.
    const columns = streams.columns() || 80;
    const picture = pictures.readLatest();
    const status = watcher.status(runtime.now());
    const line = lineOf(address, status).slice(0, columns - 1);
    const lines = [
      ...picture ? drawPicture(picture, columns, color) : [],
      line,
    ];
    const up = drawn > 0 ? `\x1b[${drawn}A\r` : "";
    // What was there is erased to the end of the screen: ECMA-48, 8.3.39.
    await print(`${up}\x1b[J${lines.join("\n")}\n`);
    drawn = lines.length;
    await runtime.sleep(DRAW_MS, signal);
  }
}

function lineOf(address: string, status: WatchStatus): string {
  return `${address}  ${watchLine(status)}`;
}
