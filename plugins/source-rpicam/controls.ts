/**
 * The options of the camera itself, and what they are called by rpicam-vid.
 *
 * @module
 */

import type { PluginHost } from "../../mod.ts";
import type { Flag } from "./flags.ts";

/** What libcamera knows of white. */
const AWB = [
  "auto",
  "incandescent",
  "tungsten",
  "fluorescent",
  "indoor",
  "daylight",
  "cloudy",
] as const;

const DENOISE = ["auto", "off", "cdn_off", "cdn_fast", "cdn_hq"] as const;

const ROI = /^(0|1|0?\.\d+|[01]\.\d+)(,(0|1|0?\.\d+|[01]\.\d+)){3}$/;

const MODE = /^\d{1,5}:\d{1,5}(:\d{1,2}(:[PU])?)?$/;

/** Longest exposure of Raspberry Pi's own cameras: 670 s of the HQ camera. */
const MAX_SHUTTER_MS = 670_000;

/** The schema of an address's own options. */
export function controlOptions({ z, option }: PluginHost) {
  const oneOf = <const Names extends readonly string[]>(names: Names) =>
    z.enum(names, `expected one of ${names.join(", ")}`).optional();
  return z.strictObject({
    rotation: z.enum(["0", "180"], "expected 0 or 180").optional()
      .meta({ description: "turns the picture: 0 or 180" }),
    hflip: option.flag().default(false)
      .meta({ description: "mirrors it left to right" }),
    vflip: option.flag().default(false)
      .meta({ description: "mirrors it top to bottom" }),
    roi: z.string().regex(ROI, "expected x,y,w,h from 0 to 1").optional()
      .meta({ description: "part of the sensor: x,y,w,h from 0 to 1" }),
    shutter: option.duration()
      .refine(
        (ms) => ms > 0 && ms <= MAX_SHUTTER_MS,
        "expected more than 0, and 670s at the most",
      ).optional()
      .meta({ description: "exposure time, such as 10ms" }),
    gain: option.number(0, 64).optional()
      .meta({ description: "analogue and digital gain together" }),
    awb: oneOf(AWB).meta({ description: `white: ${AWB.join(", ")}` }),
    denoise: oneOf(DENOISE)
      .meta({ description: `noise: ${DENOISE.join(", ")}` }),
    mode: z.string().regex(MODE, "expected such as 1536:864:10:P").optional()
      .meta({ description: "sensor mode: width:height:bits:P" }),
  });
}

/** Checked options. */
export type Controls = ReturnType<ReturnType<typeof controlOptions>["parse"]>;

/** The flags that say the same. */
export function controlFlags(controls: Controls): Flag[] {
  const { rotation, hflip, vflip, roi, shutter, gain, awb, denoise, mode } =
    controls;
  const values = {
    rotation,
    roi,
    // Microseconds.
    shutter: shutter && Math.round(shutter * 1000),
    gain,
    awb,
    denoise,
    mode,
  };
  return [
    ...(hflip ? [["hflip"] as const] : []),
    ...(vflip ? [["vflip"] as const] : []),
    ...Object.entries(values)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, `${value}`] as const),
  ];
}
