/**
 * The stand-in's program: its first argument is the name it was called by.
 *
 * @module
 */

import { openSync, writeSync } from "node:fs";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import type { Files } from "./camera.ts";
import { listing, sensorPath, versionText } from "./listing.ts";
import { encode, libcamera, note, say } from "./messages.ts";
import {
  bitsPerSecond,
  type Options,
  parseOptions,
  RpicamError,
  timeoutMs,
} from "./options.ts";
import { fileOutput, type Output, Stdio, Terminated } from "./stdio.ts";
import { isAtLeast, playOf } from "./scenario.ts";

/** What the hardware encoder takes. */
const HARDWARE_MOST = { width: 1920, height: 1080 };

/** Where the elementary stream leaves the muxer out. */
const ELEMENTARY = [1, 8] as const;

/** Of the driver, where the user gives none. */
const DEFAULT_BITRATE = 10e6;

const play = playOf(process.env);
const [program = "rpicam-vid", ...args] = process.argv.slice(2);

try {
  note(play, { program, args, pid: process.pid });
  process.exitCode = await run(parseOptions(args, play));
  process.exit();
} catch (error) {
  if (error instanceof Terminated) {
    say("terminate called after throwing an instance of 'std::runtime_error'");
    say(`  what():  ${error.message}`);
    process.kill(process.pid, "SIGABRT");
    await delay(10_000);
  }
  if (!(error instanceof RpicamError)) throw error;
  say(`ERROR: *** ${error.message} ***`);
  process.exit(255);
}

async function run(options: Options): Promise<number> {
  if (options.has("version")) return print(versionText(program, play));
  if (options.has("help")) return print(`Valid options are:\n`);
  checkMachine();
  if (options.has("list-cameras")) return print(listing(play));
  const limit = timeoutMs(options.get("timeout") ?? "5sec");
  if (play.scenario === "slow-start") await delay(2000);
  const files = await openFiles(options);
  openCamera(options);
  const pictures = await encoderOf(options);
  logStart(options);
  const { deliver } = await import("./camera.ts");
  return await deliver(play, pictures, limit, files);
}

/** @throws {RpicamError} If this is no Pi, or one with the legacy stack. */
function checkMachine(): void {
  if (play.model === "legacy") {
    say(
      "ERROR: the system appears to be configured for the legacy camera stack",
    );
    process.exit(255);
  }
  if (play.model !== "other") return;
  say(
    "ERROR: rpicam-apps currently only supports the Raspberry Pi platforms.",
  );
  say(
    "Contributions for other platforms are welcome at https://github.com/raspberrypi/rpicam-apps.",
  );
  process.exit(255);
}

async function openFiles(options: Options): Promise<Files> {
  const flush = options.has("flush");
  const target = options.get("output") ?? "";
  const codec = options.get("codec") ?? "h264";
  const byLibav = codec === "libav" ||
    codec === "h264" && play.model === "pisp";
  const format = options.get("libav-format");
  const isElementary = isAtLeast(play.version, ELEMENTARY) &&
    (format === undefined || format === "h264") && target.endsWith("264");
  if (byLibav && !play.lite && !isElementary) {
    if (target === "-" && format === undefined) {
      throw new RpicamError(
        "libav: cannot allocate output context, try setting with --libav-format",
      );
    }
    if (options.has("save-pts")) {
      say("");
      say(
        "ERROR: The libav encoder does not currently support the circular, " +
          "segment, save_pts, split, or pause command line options with " +
          "non-elementary streams!",
      );
      throw new RpicamError("libav: Incompatible options selected.");
    }
  }
  const ptsPath = options.get("save-pts");
  const ptsFile = ptsPath === undefined ? undefined : openSync(ptsPath, "w");
  const pts = ptsFile === undefined ? undefined : new Stdio(() => ptsFile);
  pts?.write(encode("# timecode format v2\n"), flush);
  const listen = options.has("listen");
  return {
    output: await openOutput(target, flush, listen),
    pts,
    metadata: metadataWriter(options),
    flush,
  };
}

async function openOutput(
  target: string,
  flush: boolean,
  listen: boolean,
): Promise<Output> {
  if (!/^(tcp|udp):\/\//.test(target)) return fileOutput(target, flush);
  // Not loaded where it is not needed: a start that fails is to cost little.
  const { networkOutput } = await import("./output.ts");
  return await networkOutput(target, listen);
}

/** Text is flushed line by line; JSON is not. */
function metadataWriter(
  options: Options,
): ((text: string) => void) | undefined {
  const path = options.get("metadata");
  if (path === undefined) return undefined;
  const file = openSync(path, "w");
  const isText = options.get("metadata-format") === "txt";
  const stdio = new Stdio(() => file);
  if (isText) return (text) => void writeSync(file, encode(text));
  stdio.write(encode("[\n"), true);
  let first = true;
  return (text) => {
    const entries = text.trim().split("\n").map((line) =>
      line.replace(/^(\w+)=(.*)$/, '    "$1": $2')
    );
    const block = `${first ? "" : ",\n"}{\n${entries.join(",\n")}\n}`;
    first = false;
    stdio.write(encode(block), false);
  };
}

/** @throws {RpicamError} If there is no such camera, or it is in use. */
function openCamera(options: Options): void {
  const { cameras, scenario } = play;
  libcamera(
    "INFO",
    "Camera camera_manager.cpp:327",
    "libcamera v0.5.0+59-d83ff0a4",
  );
  if (cameras.length === 0 || scenario === "no-camera") {
    throw new RpicamError("no cameras available");
  }
  const index = Number(options.get("camera") ?? 0);
  const name = cameras[index];
  if (name === undefined) {
    throw new RpicamError("selected camera is not available");
  }
  const path = sensorPath(name, index, play);
  if (play.model === "pisp") {
    libcamera(
      "INFO",
      "RPI pisp.cpp:720",
      "libpisp version v1.2.1 981977ff21f3 29-04-2025 (14:13:50)",
    );
    libcamera(
      "INFO",
      "RPI pisp.cpp:1179",
      `Registered camera ${path} to CFE device /dev/media0 and ISP device ` +
        "/dev/media1 using PiSP variant BCM2712_D0",
    );
  }
  if (scenario !== "busy") return;
  libcamera(
    "ERROR",
    "Camera camera.cpp:986",
    "Pipeline handler in use by another process",
  );
  throw new RpicamError(`failed to acquire camera ${path}`);
}

/** @throws {RpicamError} If there is no encoder for it. */
async function encoderOf(
  options: Options,
): Promise<{ frames: Uint8Array<ArrayBuffer>[]; fps: number }> {
  // Not needed where it does not come so far: that is to cost little.
  const { codedFrames, rawFrames } = await import("./clip.ts");
  const number = (name: string, otherwise: number) =>
    Number(options.get(name) ?? 0) || otherwise;
  const size = { width: number("width", 640), height: number("height", 480) };
  const fps = Math.max(0, Number(options.get("framerate") ?? -1)) || 30;
  const picture = process.env.RPICAM_PICTURE ?? "testsrc2";
  const codec = options.get("codec") ?? "h264";
  if (codec === "yuv420") {
    return { frames: rawFrames({ ...size, fps, picture }), fps };
  }
  if (codec !== "h264" && codec !== "libav") {
    throw new RpicamError(`Unrecognised codec ${codec}`);
  }
  const bySoftware = play.model === "pisp" || codec === "libav";
  if (bySoftware && play.lite) {
    throw new RpicamError("Unable to find an appropriate H.264 codec");
  }
  const { width, height } = HARDWARE_MOST;
  if (!bySoftware && (size.width > width || size.height > height)) {
    throw new RpicamError("failed to start output streaming");
  }
  const profile = options.get("profile") ?? "high";
  if (!["baseline", "main", "high"].includes(profile)) {
    throw new RpicamError(`no such profile ${profile}`);
  }
  const bitrate = bitsPerSecond(options.get("bitrate") ?? "0") ||
    DEFAULT_BITRATE;
  const isQuick = options.has("low-latency");
  return {
    frames: codedFrames({
      ...size,
      fps,
      gop: number("intra", bySoftware ? fps : 60),
      bitrate,
      slices: bySoftware && isQuick ? 4 : 1,
      inline: bySoftware || options.has("inline"),
      picture,
    }),
    fps,
  };
}

/** What it says when all is well. */
function logStart(options: Options): void {
  const size = `${options.get("width") ?? 640}x${options.get("height") ?? 480}`;
  if (!options.has("nopreview")) say("Preview window unavailable");
  say(`Mode selection for ${size.replace("x", ":")}:12:P`);
  say("    SRGGB10_CSI2P,1536x864/120.135 - Score: 1100");
  say("Stream configuration adjusted");
  libcamera(
    "INFO",
    "Camera camera.cpp:1205",
    `configuring streams: (0) ${size}-YUV420/sRGB (1) ` +
      "1536x864-SBGGR10_CSI2P/RAW",
  );
}

function print(text: string): number {
  writeSync(1, encode(text));
  return 0;
}
