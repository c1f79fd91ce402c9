/**
 * USB cameras: `v4l2:`, `v4l2:/dev/video0?size=1280x720`, `v4l2:Logitech`.
 *
 * @module
 */

import type {
  Camera,
  PluginHost,
  SourceContext,
  VideoDevice,
} from "../../mod.ts";
import { addressOf, findAgain, findDevice } from "./device.ts";
import { choose } from "./format.ts";

/** Version of the plugin contract this file is written for. */
export const apiVersion = 1;

/** EX_NOINPUT of sysexits.h. */
const NO_INPUT = 66;

/** Users of a camera that are named. */
const MOST_USERS = 3;

/** Has FFmpeg read a camera, and encode what is not H.264 already. */
export default ({ z, defineSource, ConfigError, StreamError }: PluginHost) => {
  /** Cameras that were found, by address: they may be unplugged. */
  const known = new Map<string, VideoDevice>();

  /** Finds the camera of an address. */
  async function find(
    { address, runtime, log }: SourceContext<unknown>,
  ): Promise<VideoDevice> {
    const { path, host, redacted } = address;
    if (host !== undefined) {
      throw new ConfigError(`Cannot open "${redacted}": it names a host`);
    }
    const devices = await runtime.listVideoDevices();
    const before = known.get(redacted);
    const found = before
      ? findAgain(devices, before) ?? findDevice(devices, path)
      : findDevice(devices, path);
    if (found === undefined && before !== undefined) {
      throw new StreamError("lost", `${named(before)} is unplugged`);
    }
    if (found === undefined) {
      // It may be there, and not for us.
      const device = path?.startsWith("/dev/") ? path : "/dev/video0";
      await runtime.kindOfPath(device);
      const names = devices.map((device) => `${addressOf(device)}`);
      const there = names.length > 0 ? names.join(", ") : "no USB camera";
      throw new ConfigError(
        `Cannot open "${redacted}": no such camera; there is ${there}`,
        { exitCode: NO_INPUT },
      );
    }
    if (before !== undefined && before.path !== found.path) {
      log.info(`${named(found)} is ${found.path} now`);
    }
    known.set(redacted, found);
    return found;
  }

  return defineSource({
    name: "source-v4l2",
    schemes: ["v4l2"],
    description: "USB cameras, and whatever else is a device of V4L2",
    options: z.strictObject({
      format: z.string().regex(/^[A-Z0-9]{3,4}$/, "expected such as YUYV")
        .optional()
        .meta({ description: "the camera's format, such as YUYV or MJPG" }),
    }),
    async listCameras({ runtime }): Promise<Camera[]> {
      const devices = await runtime.listVideoDevices();
      return await Promise.all(devices.map(async (device) => ({
        address: addressOf(device),
        model: device.name,
        id: device.links[0] ?? device.bus,
        modes: device.formats.flatMap(({ fourcc, modes }) =>
          modes.map(({ width, height, fps }) => ({
            format: fourcc,
            size: { width, height },
            fps,
          }))
        ),
        busy: device.busy,
        users: device.busy ? await runtime.usersOf(exactly(device.path)) : [],
      })));
    },
    async run(emit, context) {
      const { address, video, options, runtime, signal, log } = context;
      const device = await find(context);
      const quoted = `"${address.redacted}"`;
      const choice = choose(device, video, options.format);
      if (typeof choice === "string") {
        throw new ConfigError(`Cannot use ${quoted}: ${choice}`);
      }
      if (device.busy) {
        const users = (await runtime.usersOf(exactly(device.path)))
          .slice(0, MOST_USERS).map(({ name, pid }) => `${name} (${pid})`);
        const who = users.join(", ") || "another program";
        throw new StreamError("refused", `${quoted} is in use by ${who}`);
      }
      const { fourcc, inputFormat, size, fps, copy } = choice;
      const what = `${fourcc} ${size.width}x${size.height} at ${fps}`;
      log.info(`${named(device)} delivers ${what} pictures a second`);
      const input = [
        // The first pictures say nothing that is not known.
        ...["-probesize", "32", "-analyzeduration", "0"],
        ...["-f", "v4l2", "-input_format", inputFormat],
        ...["-video_size", `${size.width}x${size.height}`],
        ...["-framerate", `${fps}`, "-i", device.path],
      ];
      // The kernel's own of each picture (V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC).
      const time = "monotonic";
      let cause: unknown;
      try {
        const job = { input, size, fps, copy, time, live: true } as const;
        await context.encode(job, emit);
      } catch (error) {
        cause = error;
      }
      if (signal.aborted) return;
      // FFmpeg may take it for the end of the input, and be content.
      if (!findAgain(await runtime.listVideoDevices(), device)) {
        const message = `${named(device)} is unplugged`;
        throw new StreamError("lost", message, { cause });
      }
      throw cause ?? new StreamError("ended", `${quoted} ended`);
    },
  });
};

function named({ name, path }: VideoDevice): string {
  return `${name || "the camera"} (${path})`;
}

function exactly(path: string): RegExp {
  return new RegExp(`^${path}$`);
}
