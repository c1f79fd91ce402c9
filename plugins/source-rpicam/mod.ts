/**
 * Raspberry Pi's cameras: `rpicam:`, `rpicam:1?size=1280x720&hflip=true`.
 *
 * @module
 */

import type {
  EmitAccessUnit,
  Milliseconds,
  PluginHost,
  SourceContext,
} from "../../mod.ts";
import { cameraOf } from "./camera.ts";
import {
  captureCoded,
  type CaptureEnd,
  type CaptureOptions,
  captureRaw,
} from "./capture.ts";
import type { Complaint } from "./complaint.ts";
import { controlFlags, controlOptions, type Controls } from "./controls.ts";
import { failureOf } from "./failure.ts";
import type { CaptureSettings } from "./flags.ts";
import { listCameras } from "./list_cameras.ts";
import { powerHint } from "./power.ts";
import { Programs } from "./programs.ts";

/** Version of the plugin contract this file is written for. */
export const apiVersion = 1;

const SIZE = { width: 640, height: 480 };
const FPS = 30;

/**
 * How long the camera rests after its program had to be killed: who acquires
 * it at once finds it busy (raspberrypi/rpicam-apps#660).
 */
const REST_MS = 300 as Milliseconds;

/** Has `rpicam-vid` capture, and encode where it can. */
export default (host: PluginHost) => {
  const { defineSource, media } = host;
  const programs = new Programs(host);
  /** What it could not do: FFmpeg does it from then on. */
  let unable: string | undefined;
  let restsUntil = 0;
  let said = "";

  function settingsOf(
    camera: number,
    { video, options }: SourceContext<Controls>,
  ): CaptureSettings {
    const { size = SIZE, fps = FPS } = video;
    return {
      camera,
      size,
      fps,
      bitrate: video.bitrate ?? media.autoBitrate(size, fps),
      gop: video.gop ?? Math.max(1, Math.round(fps)),
      controls: controlFlags(options),
    };
  }

  /** Says what is done, when it is something new. */
  function tell(text: string, { log }: SourceContext<Controls>): void {
    if (text !== said) log.info(text);
    said = text;
  }

  /** One run of the program, with what its version knows. */
  async function start(
    emit: EmitAccessUnit,
    context: SourceContext<Controls>,
    settings: CaptureSettings,
    isRaw: boolean,
  ): Promise<CaptureEnd> {
    const { runtime, signal } = context;
    await runtime.sleep((restsUntil - runtime.now()) as Milliseconds, signal);
    const warned = new Set<string>();
    while (true) {
      const options: CaptureOptions = {
        ...programs.choose(context),
        settings,
        onComplaint: (complaint) => void warn(complaint, context, warned),
      };
      const capture = isRaw ? captureRaw : captureCoded;
      const end = await capture(emit, context, host, options);
      if (end.exit.forced) restsUntil = runtime.now() + REST_MS;
      signal.throwIfAborted();
      const { complaint, delivered } = end;
      const isNews = complaint?.kind === "option" && !delivered &&
        programs.forget(complaint.text);
      if (!isNews) return end;
      context.log.info(`this version has no --${complaint.text}`);
    }
  }

  return defineSource({
    name: "source-rpicam",
    schemes: ["rpicam"],
    description: "Raspberry Pi's cameras, by rpicam-vid",
    options: controlOptions(host),
    listCameras: (search) => listCameras(search, programs),
    async run(emit, context) {
      const { video } = context;
      const { index, modes } = await cameraOf(context, host, programs);
      const settings = settingsOf(index, context);
      modes?.check(settings, context);
      const { width, height } = settings.size;
      const what = `${width}x${height} at ${settings.fps} pictures a second`;
      /** Says what works, once there is a picture. */
      const telling = (text: string): EmitAccessUnit => (unit) => {
        tell(text, context);
        emit(unit);
      };
      const wanted = video.intraRefresh
        ? "intraRefresh"
        : video.encoder === "auto"
        ? undefined
        : video.encoder;
      if ((wanted ?? unable) === undefined) {
        const end = await start(
          telling(`rpicam-vid encodes ${what}`),
          context,
          settings,
          false,
        );
        const { complaint, delivered } = end;
        if (complaint?.kind !== "encoder" || delivered) {
          throw await failureOf(end, context, host);
        }
        unable = complaint.text;
      }
      const why = wanted ?? `rpicam-vid says "${unable}"`;
      const end = await start(
        telling(`FFmpeg encodes ${what} (${why})`),
        context,
        settings,
        true,
      );
      throw await failureOf(end, context, host);
    },
  });
};

/** Trouble that the program may go on with for ever. */
async function warn(
  { kind }: Complaint,
  { log, runtime }: SourceContext<Controls>,
  warned: Set<string>,
): Promise<void> {
  if (kind !== "cable" || warned.has(kind)) return;
  warned.add(kind);
  log.warn(
    "the camera does not deliver: check both ends of its cable" +
      await powerHint(runtime),
  );
}
