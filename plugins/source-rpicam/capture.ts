/**
 * One run of rpicam-vid.
 *
 * @module
 */

import type {
  ChildExit,
  ChildPipe,
  EmitAccessUnit,
  Milliseconds,
  PluginHost,
  SourceContext,
} from "../../mod.ts";
import { type Complaint, complaintIn, worse } from "./complaint.ts";
import {
  captureFlags,
  type CapturePaths,
  type CaptureSettings,
  type Codec,
  flagArgs,
} from "./flags.ts";
import { type CutPicture, FrameCutter } from "./frame_cutter.ts";
import { sensorTime } from "./sensor_time.ts";

/** How a run is started. */
export interface CaptureOptions {
  /** `rpicam-vid`, or what it was called before. */
  readonly program: string;
  /** What the camera is to do. */
  readonly settings: CaptureSettings;
  /** Options that this version does not have. */
  readonly unknown: ReadonlySet<string>;
  /** Hears of trouble at once; the program may go on for ever. */
  onComplaint(complaint: Complaint): void;
}

/** How a run ended. */
export interface CaptureEnd {
  /** What ran. */
  readonly program: string;
  /** How the program ended. */
  readonly exit: ChildExit;
  /** The most telling thing it said. */
  readonly complaint: Complaint | undefined;
  /** Whether there was a picture. */
  readonly delivered: boolean;
}

/** Largest part that is read at once. */
const READ_BYTES = 256 * 1024;

/**
 * How often what stands in the pipes is read while no mark comes, so that they
 * do not fill up: they have room for 1 MiB, a second at 8 Mbit/s.
 */
const DRAIN_MS = 100 as Milliseconds;

/** The sensor's clock counts while the machine sleeps, ours does not. */
const MAX_AGO_MS = 2000;

/** Has the program encode, and emits its pictures. */
export async function captureCoded(
  emit: EmitAccessUnit,
  context: SourceContext<unknown>,
  { media }: PluginHost,
  options: CaptureOptions,
): Promise<CaptureEnd> {
  const { runtime, log } = context;
  using video = runtime.openPipe(".h264");
  using pts = runtime.openPipe();
  using metadata = runtime.openPipe();
  const paths = {
    video: video.path,
    pts: pts.path,
    metadata: metadata.path,
  };
  const cutter = new FrameCutter(media);
  const marks = new media.LineReader((line) => cutter.mark(line));
  const sensor = new media.LineReader((line) => cutter.metadata(line));
  const view = new Uint8Array(READ_BYTES);
  let [delivered, warned] = [false, false];

  const hand = ({ unit, pts, capturedAt }: CutPicture) => {
    if (!delivered && !unit.keyframe) return;
    delivered = true;
    const { data, keyframe, recoveryPoint, damaged } = unit;
    const time = known(capturedAt, runtime.now());
    emit({ data, pts, ...time, keyframe, recoveryPoint, damaged });
  };
  const collect = () => {
    drain(metadata, view, (bytes) => sensor.push(bytes));
    drain(video, view, (bytes) => cutter.push(bytes));
    if (cutter.isUnmarked) {
      if (!warned) log.warn(UNMARKED);
      warned = true;
      cutter.takeUnmarked(runtime.now() * 1000).forEach(hand);
    } else {
      cutter.take().forEach(hand);
    }
  };

  const ended = new AbortController();
  const idle = keepDrained(collect, context, ended.signal);
  try {
    return await run("h264", paths, context, options, {
      finish: () => pts.end(),
      async reading() {
        for await (const chunk of pts.chunks) {
          marks.push(chunk);
          collect();
        }
        collect();
      },
      delivered: () => delivered,
    });
  } finally {
    ended.abort();
    await idle;
  }
}

const UNMARKED = "the camera's program does not tell when a picture is " +
  "complete: each one waits for the next";

/** Has the program hand over raw frames, and FFmpeg encode them. */
export async function captureRaw(
  emit: EmitAccessUnit,
  context: SourceContext<unknown>,
  { media }: PluginHost,
  options: CaptureOptions,
): Promise<CaptureEnd> {
  const { size, fps } = options.settings;
  const { runtime } = context;
  using video = runtime.openPipe();
  using metadata = runtime.openPipe();
  const paths = { video: video.path, metadata: metadata.path };
  // By the number of the frame: one may come later than its picture.
  const times = new Map<number, Milliseconds>();
  let [told, coded] = [0, 0];
  const sensor = new media.LineReader((line) => {
    const time = sensorTime(line);
    if (time === undefined) return;
    if (told >= coded) times.set(told, (time / 1000) as Milliseconds);
    told++;
  });
  const view = new Uint8Array(READ_BYTES);
  let delivered = false;
  const input = [
    ...["-probesize", "32", "-analyzeduration", "0", "-f", "rawvideo"],
    ...["-pixel_format", "yuv420p", "-framerate", `${fps}`],
    ...["-video_size", `${size.width}x${size.height}`],
    ...["-protocol_whitelist", "file", "-i", `file:${video.readerPath}`],
  ];
  return await run("yuv420", paths, context, options, {
    finish: () => video.end(),
    reading: () =>
      // Every frame is coded, and none is kept back: theirs is the order of
      // the sensor's times.
      context.encode({ input, size, fps, time: "now" }, (unit) => {
        drain(metadata, view, (bytes) => sensor.push(bytes));
        const { capturedAt: readAt, ...rest } = unit;
        const time = known(times.get(coded), readAt);
        times.delete(coded++);
        delivered = true;
        emit({ ...rest, ...time });
      }),
    delivered: () => delivered,
  });
}

/** Reads what is there. */
function drain(
  pipe: ChildPipe,
  view: Uint8Array<ArrayBuffer>,
  take: (bytes: Uint8Array) => void,
): void {
  for (let count; (count = pipe.readNow(view)) > 0;) {
    take(view.subarray(0, count));
  }
}

/** A capture time that can be true, seen from a moment soon after. */
function known(
  capturedAt: Milliseconds | undefined,
  now: Milliseconds | undefined,
): { capturedAt?: Milliseconds } {
  if (capturedAt === undefined || now === undefined) return {};
  const ago = now - capturedAt;
  return ago >= 0 && ago <= MAX_AGO_MS ? { capturedAt } : {};
}

/** What becomes of the program's output. */
interface Reading {
  /** Called when the program is gone. */
  finish(): void;
  /** Resolves when everything is read. */
  reading(): Promise<void>;
  /** Whether there was a picture. */
  delivered(): boolean;
}

async function run(
  codec: Codec,
  paths: CapturePaths,
  { runtime, signal }: SourceContext<unknown>,
  options: CaptureOptions,
  { finish, reading, delivered }: Reading,
): Promise<CaptureEnd> {
  const { program, settings, unknown, onComplaint } = options;
  const stop = new AbortController();
  let complaint: Complaint | undefined;
  await using child = await runtime.spawn({
    command: program,
    args: flagArgs(captureFlags(codec, settings, paths), unknown),
    signal: AbortSignal.any([signal, stop.signal]),
    // It lets go of the camera in good order then, and only then.
    firstSignal: "SIGINT",
    onStderrLine(line) {
      const found = complaintIn(line);
      if (found === undefined) return;
      complaint = worse(complaint, found);
      onComplaint(found);
    },
  });
  const exit = child.exit.finally(finish);
  let failure: unknown;
  try {
    await reading();
  } catch (error) {
    failure = error;
  }
  stop.abort();
  const end = {
    program,
    exit: await exit,
    complaint,
    delivered: delivered(),
  };
  // Without pictures it comes of what the camera complains of.
  if (failure === undefined || complaint && !end.delivered) return end;
  throw failure;
}

async function keepDrained(
  collect: () => void,
  { runtime }: SourceContext<unknown>,
  ended: AbortSignal,
): Promise<void> {
  while (!ended.aborted) {
    await runtime.sleep(DRAIN_MS, ended).catch(() => {});
    if (!ended.aborted) collect();
  }
}
