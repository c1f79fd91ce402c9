/**
 * Local inputs of FFmpeg: `file:clip.mp4?loop=true`, and
 * `ffmpeg:/run/raw.fifo?format=rawvideo&size=640x480&fps=30`.
 *
 * @module
 */

import type { EncoderJob, PluginHost, Size, SourceContext } from "../../mod.ts";
import { FORMATS, inputArgs } from "./input.ts";

/** Version of the plugin contract this file is written for. */
export const apiVersion = 1;

/** What raw frames are taken for if the user does not say. */
const RAW = { size: { width: 640, height: 480 }, fps: 30 };

/** Used where a file does not tell its rate. */
const UNKNOWN_FPS = 25;

interface Options {
  readonly loop: boolean;
  readonly format?: (typeof FORMATS)[number] | undefined;
  readonly pixelFormat: string;
}

/** Plays files in real time; takes live inputs as they come. */
export default ({ z, option, defineSource, ...host }: PluginHost) => {
  const { ConfigError, StreamError } = host;

  return defineSource({
    name: "source-ffmpeg",
    schemes: ["file", "ffmpeg"],
    description: "files and other local inputs of FFmpeg",
    options: z.strictObject({
      loop: option.flag().default(false)
        .meta({ description: "whether a file begins anew at its end" }),
      format: z.enum(FORMATS, `expected one of ${FORMATS.join(", ")}`)
        .optional()
        .meta({ description: "format, where FFmpeg is not to find out" }),
      pixelFormat: z.string().regex(/^[a-z0-9]+$/, "expected such as yuv420p")
        .default("yuv420p")
        .meta({ description: "layout of raw frames (format=rawvideo)" }),
    }),
    async run(emit, context) {
      const { address, options, runtime, signal, encode } = context;
      const { path, redacted } = address;
      if (path === undefined) {
        throw new ConfigError(`Cannot open "${redacted}": it names no file`);
      }
      const named = options.format === "lavfi" ||
        options.format === "x11grab" ||
        options.format === "image2";
      const kind = named ? "device" : await runtime.kindOfPath(path);
      if (kind === undefined || kind === "folder") {
        const why = kind ? "it is a folder" : "no such file";
        throw new ConfigError(`Cannot open "${redacted}": ${why}`, {
          exitCode: 66,
        });
      }
      const live = kind !== "file";
      if (kind === "fifo") context.expectSilence();
      const job = options.format === "rawvideo"
        ? rawJob(path, live, context)
        : await probedJob(path, live, context);
      await encode(job, emit);
      if (signal.aborted || !live) return;
      throw new StreamError("ended", `"${redacted}" ended`);
    },
  });
};

/** Raw frames say nothing of themselves: the user does. */
function rawJob(
  path: string,
  live: boolean,
  { video, options }: SourceContext<Options>,
): EncoderJob {
  const { size = RAW.size, fps = RAW.fps } = video;
  return {
    input: inputArgs(path, { ...options, size, fps, live }),
    filters: live ? [] : ["realtime"],
    size,
    fps,
    time: "now",
  };
}

/** H.264 is passed on where nothing else is asked for. */
async function probedJob(
  path: string,
  live: boolean,
  { video, options, probe }: SourceContext<Options>,
): Promise<EncoderJob> {
  const wanted = live ? video : {};
  const input = (copy: boolean) =>
    inputArgs(path, { ...options, ...wanted, live, pace: copy });
  const found = await probe(inputArgs(path, { ...options, ...wanted, live }));
  const size: Size = video.size ?? found.size;
  const fps = video.fps ?? (found.fps > 0 ? found.fps : UNKNOWN_FPS);
  const untouched = !video.size && !video.fps && !video.bitrate && !video.gop &&
    video.encoder === "auto";
  const copy = found.codec === "h264" && !found.reordered && untouched;
  return {
    input: input(copy),
    copy,
    filters: [
      ...(video.fps && !live ? [`fps=${video.fps}`] : []),
      ...(video.size && !live ? [`scale=${size.width}:${size.height}`] : []),
      ...(live ? [] : ["realtime"]),
    ],
    size,
    fps,
    time: copy ? "input" : "now",
  };
}
