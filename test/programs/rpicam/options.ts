/**
 * The options of rpicam-vid, parsed as Boost.Program_options does it: what is
 * unknown ends the program.
 *
 * @module
 */

import { isAtLeast, type Play } from "./scenario.ts";

/** What the program prints behind `ERROR: *** `. */
export class RpicamError extends Error {}

/** One option. */
interface Definition {
  /** Its letter. */
  short?: string;
  /** Whether a value follows. */
  takesValue: boolean;
  /** The first version that has it. */
  since?: readonly [number, number];
  /** Whether it needs libav. */
  libav?: boolean;
}

const value = { takesValue: true } as const;
const flag = { takesValue: false } as const;
const libav = { takesValue: true, libav: true } as const;

const DEFINITIONS: Record<string, Definition> = {
  "autofocus-mode": value,
  "autofocus-range": value,
  awb: value,
  awbgains: value,
  bitrate: { ...value, short: "b" },
  brightness: value,
  "buffer-count": value,
  camera: value,
  codec: value,
  contrast: value,
  denoise: value,
  ev: value,
  exposure: value,
  flicker: value,
  "flicker-period": value,
  flush: flag,
  framerate: value,
  frames: value,
  gain: value,
  height: value,
  help: { ...flag, short: "h" },
  hflip: flag,
  inline: flag,
  intra: { ...value, short: "g" },
  "lens-position": value,
  level: value,
  "libav-format": libav,
  "libav-video-codec": libav,
  "libav-video-codec-opts": libav,
  "list-cameras": flag,
  listen: { ...flag, short: "l" },
  "low-latency": { ...flag, libav: true, since: [1, 6] },
  metadata: { ...value, since: [1, 1] },
  "metadata-format": { ...value, since: [1, 1] },
  metering: value,
  mode: value,
  "no-raw": { ...flag, since: [1, 1] },
  nopreview: { ...flag, short: "n" },
  output: { ...value, short: "o" },
  profile: value,
  roi: value,
  rotation: value,
  saturation: value,
  "save-pts": value,
  sharpness: value,
  shutter: value,
  signal: { ...flag, short: "s" },
  timeout: { ...value, short: "t" },
  "tuning-file": value,
  verbose: { ...value, short: "v" },
  version: flag,
  vflip: flag,
  width: value,
};

/** Parsed options, by their long names. */
export type Options = ReadonlyMap<string, string>;

/** @throws {RpicamError} If one is unknown, or its value is missing. */
export function parseOptions(args: readonly string[], play: Play): Options {
  const options = new Map<string, string>();
  for (let at = 0; at < args.length; at++) {
    const word = args[at]!;
    const [name, joined] = word.startsWith("--")
      ? split(word.slice(2))
      : [nameOf(word[1] ?? ""), word.slice(2) || undefined];
    const definition = DEFINITIONS[name ?? ""];
    if (!definition || !isThere(definition, play)) {
      throw new RpicamError(`unrecognised option '${word.split("=")[0]}'`);
    }
    const given = definition.takesValue ? joined ?? args[++at] : "1";
    if (given === undefined) {
      throw new RpicamError(
        `the required argument for option '--${name}' is missing`,
      );
    }
    options.set(name!, given);
  }
  return options;
}

function split(text: string): [string, string | undefined] {
  const [name = "", ...rest] = text.split("=");
  return [name, rest.length > 0 ? rest.join("=") : undefined];
}

function nameOf(letter: string): string | undefined {
  return Object.keys(DEFINITIONS).find((name) =>
    DEFINITIONS[name]!.short === letter
  );
}

function isThere({ since, libav }: Definition, play: Play): boolean {
  if (since && !isAtLeast(play.version, since)) return false;
  // Later builds load their encoders: there the options are always known.
  return !(libav && play.lite && !isAtLeast(play.version, [1, 8]));
}

/** Of `--timeout`: a bare number is milliseconds. */
export function timeoutMs(text: string): number {
  const parts = /^(\d+(?:\.\d+)?)(min|sec|s|ms|us|ns)?$/.exec(text);
  if (!parts) throw new RpicamError("Invalid time string provided");
  const units: Record<string, number> = { min: 60e3, sec: 1e3, s: 1e3 };
  const small: Record<string, number> = { ms: 1, us: 1e-3, ns: 1e-6 };
  return Number(parts[1]) * ({ ...units, ...small }[parts[2] ?? "ms"]!);
}

/** Of `--bitrate`: a bare number is bits per second. */
export function bitsPerSecond(text: string): number {
  const parts = /^(\d+(?:\.\d+)?)(bps|kbps|mbps)?$/.exec(text);
  if (!parts) throw new RpicamError("Invalid bitrate string provided");
  const units: Record<string, number> = { bps: 1, kbps: 1e3, mbps: 1e6 };
  return Number(parts[1]) * units[parts[2] ?? "bps"]!;
}
