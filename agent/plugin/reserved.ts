/**
 * Options that the agent reads itself, whichever plugin an address picks.
 *
 * @module
 */

import { z } from "zod";
import type { Address } from "../media/address.ts";
import type { PixelFormat } from "../media/frame.ts";
import type { Sniffed } from "../media/sniff.ts";
import { checkOptions, CODEC_NAME, option, optionNames } from "./options.ts";
import type { OptionsSchema } from "./context.ts";
import type { SinkPlugin } from "./sink.ts";
import type { SourcePlugin } from "./source.ts";
import type { TransportPlugin } from "./transport.ts";

/** Options of every source. */
export const sourceOptions = z.strictObject({
  size: option.size().optional()
    .meta({ description: "picture size, such as 1280x720" }),
  fps: option.number(1, 240).optional()
    .meta({ description: "pictures per second" }),
  bitrate: option.bitrate().optional()
    .meta({ description: 'bits per second, such as 2M, or "auto"' }),
  gop: option.integer(1, 1000).optional()
    .meta({ description: "distance between keyframes in pictures" }),
  encoder: z.string().regex(CODEC_NAME, "expected an encoder's name")
    .default("auto")
    .meta({ description: 'H.264 encoder by FFmpeg\'s name, or "auto"' }),
  intraRefresh: option.flag().optional()
    .meta({ description: "refresh part by part, for links that lose" }),
  adapt: z.enum(["slowest", "none"], 'expected "slowest" or "none"')
    .optional()
    .meta({
      description: "whose link lowers the bitrate: slowest (default for one " +
        "viewer) or none",
    }),
  start: z.enum(
    ["now", "first-viewer"],
    'expected "now" or "first-viewer"',
  ).default("now")
    .meta({ description: "when to start: now or first-viewer" }),
  stamp: option.flag().default(true)
    .meta({ description: "whether to send capture times along" }),
});

/** Pixel formats by FFmpeg's names. */
const PIXEL_FORMATS = [
  "rgb24",
  "bgr24",
  "gray",
  "yuv420p",
  "nv12",
] as const satisfies readonly PixelFormat[];

/** Options of every sink. */
export const sinkOptions = z.strictObject({
  pixelFormat: z.enum(
    PIXEL_FORMATS,
    `expected one of ${PIXEL_FORMATS.join(", ")}`,
  ).optional()
    .meta({ description: `layout of a frame: ${PIXEL_FORMATS.join(", ")}` }),
  size: option.size().optional()
    .meta({ description: "scales frames to this size, such as 320x240" }),
  fps: option.number(0.01, 240).optional()
    .meta({ description: "most frames per second" }),
});

/** What an input may be: codecs without a container, and containers. */
export const INPUT_FORMATS = [
  "h264",
  "hevc",
  "mjpeg",
  "mpegts",
  "rtp",
  "flv",
  "matroska",
  "mov",
  "avi",
  "mpeg",
  "ogg",
  "ivf",
  "nut",
] as const satisfies readonly Sniffed[];

/** Options of every input. */
export const inputOptions = z.strictObject({
  loss: z.enum(["hold", "flag", "pass"], "expected hold, flag or pass")
    .default("hold")
    .meta({
      description: "pictures after a loss: hold them back, flag them, or pass",
    }),
  format: z.enum(
    INPUT_FORMATS,
    `expected one of ${INPUT_FORMATS.join(", ")}`,
  ).optional()
    .meta({ description: "what is sent, where it is not to be found out" }),
});

/** Splits an address's options into the agent's and the plugin's, checked. */
function split<Reserved, Options>(
  reserved: OptionsSchema<Reserved>,
  plugin: { readonly options: OptionsSchema<Options> },
  address: Address,
): { reserved: Reserved; options: Options } {
  const names = optionNames(reserved);
  const entries = Object.entries(address.query);
  const isReserved = ([name]: [string, string]) => names.includes(name);
  const ours = Object.fromEntries(entries.filter(isReserved));
  const theirs = Object.fromEntries(
    entries.filter((entry) => !isReserved(entry)),
  );
  return {
    options: checkOptions(plugin.options, theirs, address, names),
    reserved: checkOptions(reserved, ours, address),
  };
}

/** Checks the options of a source's address. */
export function checkSource(plugin: SourcePlugin, address: Address): {
  reserved: z.infer<typeof sourceOptions>;
  options: unknown;
} {
  return split(sourceOptions, plugin, address);
}

/** Checks the options of an input's address. */
export function checkInput(plugin: TransportPlugin, address: Address): {
  reserved: z.infer<typeof inputOptions>;
  options: unknown;
} {
  return split(inputOptions, plugin, address);
}

/** Checks the options of a sink's address. */
export function checkSink(plugin: SinkPlugin, address: Address): {
  reserved: z.infer<typeof sinkOptions>;
  options: unknown;
} {
  return split(sinkOptions, plugin, address);
}
