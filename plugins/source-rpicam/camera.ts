/**
 * Which camera an address means, and whether it can do what is asked of it.
 *
 * @module
 */

import type { PluginHost, Size, SourceContext } from "../../mod.ts";
import type { Controls } from "./controls.ts";
import type { CaptureSettings } from "./flags.ts";
import type { ListedCamera, SensorMode } from "./listing.ts";
import type { Programs } from "./programs.ts";

/** What every sensor of the last ten years can do: nobody is asked. */
const ORDINARY = { size: { width: 1920, height: 1080 }, fps: 30 };

/** Rates are printed with two digits, and 30 is 29.97 to some. */
const FPS_TOLERANCE = 0.5;

/** A camera. */
export interface Camera {
  /** What `--camera` takes. */
  readonly index: number;
  /** Its modes, where they had to be asked for. */
  readonly modes: Modes | undefined;
}

/**
 * Finds the camera of an address, by its number or the name of its sensor.
 *
 * @throws {ConfigError} If there is none such.
 */
export async function cameraOf(
  context: SourceContext<Controls>,
  host: PluginHost,
  programs: Programs,
): Promise<Camera> {
  const { address, video, options } = context;
  const { path = "0", host: machine, redacted } = address;
  const { ConfigError } = host;
  if (machine !== undefined) {
    throw new ConfigError(`Cannot open "${redacted}": it names a host`);
  }
  const { size = ORDINARY.size, fps = ORDINARY.fps } = video;
  const isOrdinary = options.mode === undefined && fps <= ORDINARY.fps &&
    size.width <= ORDINARY.size.width && size.height <= ORDINARY.size.height;
  const isNumber = /^\d{1,2}$/.test(path);
  if (isNumber && isOrdinary) return { index: Number(path), modes: undefined };
  const cameras = await programs.cameras(context);
  const camera = isNumber
    ? cameras.find(({ index }) => index === Number(path))
    : cameras.find(({ id, model }) => [id, model].includes(path));
  if (camera !== undefined) {
    return { index: camera.index, modes: new Modes(camera, host) };
  }
  const names = cameras.map(({ index, model }) => `rpicam:${index} (${model})`);
  const known = names.length > 0
    ? `there is ${names.join(", ")}`
    : "there is none";
  throw new ConfigError(
    `Cannot open "${redacted}": no such camera; ${known}`,
    { exitCode: 66 },
  );
}

/** What a sensor can do. */
export class Modes {
  readonly #camera: ListedCamera;
  readonly #host: PluginHost;

  /** @param camera As it was listed. */
  constructor(camera: ListedCamera, host: PluginHost) {
    this.#camera = camera;
    this.#host = host;
  }

  /** @throws {ConfigError} If it cannot; it names the nearest that can be. */
  check(
    { size, fps }: CaptureSettings,
    { address, options }: SourceContext<Controls>,
  ): void {
    const { modes, model } = this.#camera;
    if (modes.length === 0) return;
    const refuse = (why: string) => {
      throw new this.#host.ConfigError(
        `Cannot use "${address.redacted}": ${why}`,
      );
    };
    const [width, height] = (options.mode ?? "").split(":").map(Number);
    const wanted = { width: width ?? 0, height: height ?? 0 };
    if (options.mode && !modes.some((mode) => isSame(mode.size, wanted))) {
      const nearest = nearestOf(modes, wanted);
      refuse(`${model} has no mode ${options.mode}, the nearest is ${nearest}`);
    }
    const possible = modes.filter((mode) => covers(mode.size, size));
    if (possible.length === 0) {
      const largest = modes.toSorted((a, b) => pixels(b.size) - pixels(a.size));
      refuse(`${model} has ${text(largest[0]!.size)} at the most`);
    }
    const most = Math.max(...possible.map(({ fps = Infinity }) => fps));
    if (fps > most + FPS_TOLERANCE) {
      refuse(`${model} has ${most} pictures a second at ${text(size)}`);
    }
  }
}

function nearestOf(modes: readonly SensorMode[], { width, height }: Size) {
  const distance = (mode: SensorMode) =>
    Math.abs(mode.size.width - width) + Math.abs(mode.size.height - height);
  const [nearest] = modes.toSorted((a, b) => distance(a) - distance(b));
  return `${nearest!.size.width}:${nearest!.size.height}`;
}

function isSame(a: Size, b: Size): boolean {
  return a.width === b.width && a.height === b.height;
}

function covers(a: Size, b: Size): boolean {
  return a.width >= b.width && a.height >= b.height;
}

function pixels({ width, height }: Size): number {
  return width * height;
}

function text({ width, height }: Size): string {
  return `${width}x${height}`;
}
