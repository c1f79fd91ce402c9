/**
 * Local inputs of FFmpeg: `file:clip.mp4?loop=true`, and
 * `ffmpeg:/run/raw.fifo?format=rawvideo&size=640x480&fps=30`.
 *
 * @module
 */

import type { EncoderJob, PluginHost, SourceContext } from "../../mod.ts";
import { type Format, FORMATS } from "./input.ts";
import { deviceJob, fileJob, type Options, pipedJob, rawJob } from "./job.ts";

/** Version of the plugin contract this file is written for. */
export const apiVersion = 1;

/** Formats of devices, which deliver pictures when they have some. */
const DEVICES: readonly Format[] = ["v4l2", "x11grab"];

/** Formats whose input is no path: a graph, a display, a pattern of names. */
const PATHLESS: readonly Format[] = ["lavfi", "x11grab", "image2"];

/** EX_NOINPUT of sysexits.h. */
const NO_INPUT = 66;

/** Plays files in real time; takes live inputs as they come. */
export default ({ z, option, defineSource, ...host }: PluginHost) => {
  const { ConfigError, StreamError } = host;

  /** Looks at what is there, and says what is to be done with it. */
  async function choose(
    path: string,
    context: SourceContext<Options>,
  ): Promise<{ job: EncoderJob; live: boolean }> {
    const { address, options: { format, loop }, video, runtime } = context;
    const refusal = (why: string, exitCode = 64) =>
      new ConfigError(`Cannot open "${address.redacted}": ${why}`, {
        exitCode,
      });
    const is = (formats: readonly Format[]) =>
      format !== undefined && formats.includes(format);
    const kind = is(PATHLESS) ? "file" : await runtime.kindOfPath(path);
    if (kind === undefined) throw refusal("no such file", NO_INPUT);
    if (kind === "folder" || kind === "socket") {
      throw refusal(`it is a ${kind}`, NO_INPUT);
    }
    const live = kind !== "file" || is(DEVICES);
    if (loop && (live || format === "lavfi")) {
      throw refusal("only files can begin anew (?loop=true)");
    }
    if (kind === "fifo") context.expectSilence();
    if (format === "rawvideo") {
      return { live, job: rawJob(path, live, context) };
    }
    if (is(DEVICES)) return { live, job: await deviceJob(path, context) };
    if (!live) return { live, job: await fileJob(path, context) };
    if (kind === "device") {
      throw refusal("it is a device; say which with ?format=, such as v4l2");
    }
    const unseen = "what comes out of a pipe cannot be looked at first; add";
    if (!format) throw refusal(`${unseen} ?format=, such as h264`);
    if (!video.size) throw refusal(`${unseen} ?size=, such as 640x480`);
    return { live, job: pipedJob(path, video.size, context) };
  }

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
      const { address: { path, redacted }, signal } = context;
      if (path === undefined) {
        throw new ConfigError(`Cannot open "${redacted}": it names no file`);
      }
      const { job, live } = await choose(path, context);
      await context.encode(job, emit);
      if (signal.aborted || !live) return;
      throw new StreamError("ended", `"${redacted}" ended`);
    },
  });
};
