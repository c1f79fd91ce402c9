/**
 * Reads what `rpicam-vid --list-cameras` prints.
 *
 * @module
 */

import type { Size } from "../../mod.ts";

/** A way to read a sensor out. */
export interface SensorMode {
  /** Layout of the raw pixels, such as `SRGGB10_CSI2P`. */
  readonly format: string;
  /** Pixels. */
  readonly size: Size;
  /** Most pictures per second; absent where an old version does not say. */
  readonly fps?: number;
}

/** A camera at the camera port. */
export interface ListedCamera {
  /** What `--camera` takes. */
  readonly index: number;
  /** The sensor, such as `imx708`. */
  readonly model: string;
  /** Where it is, as libcamera names it. */
  readonly id: string;
  /** All pixels of the sensor, where it says so. */
  readonly size?: Size;
  /** Its modes. */
  readonly modes: readonly SensorMode[];
}

/** More are no camera's; more lines nobody's. */
const MOST_LINES = 1000;

const CAMERA = /^(\d+) : (\S+)(?: \[(\d+)x(\d+)[^\]]*\])? \((.*)\)$/;

const FORMAT = /'(\S+)' :/;

const MODE = /\b(\d+)x(\d+)(?: \[(\d+(?:\.\d+)?|nan) fps|\s|$)/;

/** @param text All of stdout; lines that it does not know are passed over. */
export function parseListing(text: string): ListedCamera[] {
  const cameras: (ListedCamera & { modes: SensorMode[] })[] = [];
  let format = "";
  for (const line of text.split("\n").slice(0, MOST_LINES)) {
    const camera = CAMERA.exec(line);
    if (camera) {
      const [, index, model = "", width, height, id = ""] = camera;
      const size = width && height
        ? { size: { width: Number(width), height: Number(height) } }
        : {};
      cameras.push({ index: Number(index), model, id, ...size, modes: [] });
      continue;
    }
    format = FORMAT.exec(line)?.[1] ?? format;
    const mode = MODE.exec(line.replace(FORMAT, ""));
    const current = cameras.at(-1);
    if (!mode || !current) continue;
    const [, width, height, fps] = mode;
    current.modes.push({
      format,
      size: { width: Number(width), height: Number(height) },
      ...(fps && fps !== "nan" && { fps: Number(fps) }),
    });
  }
  return cameras;
}
