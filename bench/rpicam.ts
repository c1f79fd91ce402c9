/**
 * What the agent adds to Raspberry Pi's camera: from the first byte that the
 * camera's program writes of a picture to the frame in another process, and
 * how true the capture times are. With the stand-in for rpicam-vid, whose
 * pictures are coded beforehand.
 *
 *     deno run -A bench/rpicam.ts [--seconds N] [--binary FILE] [--check]
 *       [--smoke] [--markdown]
 *
 * @module
 */

import { mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { declare } from "../test/contract/declaration.ts";
import { contextOf } from "../test/contract/source_usage.ts";
import { type RpicamEnv, RpicamMachine } from "../test/programs/rpicam.ts";
import * as sourceRpicam from "../plugins/source-rpicam/mod.ts";
import type { Verdict } from "./budgets.ts";
import { measure } from "./measure.ts";
import { ROWS } from "./pipelines.ts";
import type { Sighting } from "./reader.ts";
import { type Format, Rig, startReader } from "./rig.ts";
import { drawScene } from "./scene.ts";
import { writeStamp } from "./stamp.ts";
import { summarize } from "./statistics.ts";
import { formatVerdicts, layOut } from "./table.ts";

const FORMAT: Format = { width: 640, height: 480, fps: 30, bitrate: 2e6 };

const MAIN = fileURLToPath(new URL("../agent/main.ts", import.meta.url));

/** Pictures of the stand-in's clip: two keyframe distances. */
const CLIP = 2 * FORMAT.fps;

/** What p50 may be above the floor, and what capture times may be off. */
const [OVER_FLOOR_MS, CAPTURE_MS] = [3, 2];

/** Frames before this are not counted. */
const WARM_UP_MS = 2000;

/** Codes in between, as the floor does, and copies raw pictures once more. */
const FALLBACK = "Pi 5, Lite: FFmpeg encodes";

/** Where the agent runs, and what is done there. */
const PLATFORMS: readonly [title: string, env: RpicamEnv][] = [
  ["Pi 4: the camera's program encodes", { RPICAM_MODEL: "vc4" }],
  ["Pi 5: the same, by libx264", { RPICAM_MODEL: "pisp" }],
  [FALLBACK, { RPICAM_MODEL: "pisp", RPICAM_LITE: "1" }],
];

/** One line of the table; milliseconds. */
interface Row {
  title: string;
  /** From the first byte to the frame in another process. */
  frames: readonly number[];
  /** From the first byte to the picture in the agent. */
  units: readonly number[];
  /** How far capture times are off. */
  capture: readonly number[];
}

if (import.meta.main) {
  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => interrupted.abort(new Error(`Got ${signal}`)));
  }
  process.exit(await main(interrupted.signal));
}

async function main(signal: AbortSignal): Promise<number> {
  const { values } = parseArgs({
    options: {
      seconds: { type: "string", default: "20" },
      binary: { type: "string" },
      check: { type: "boolean", default: false },
      smoke: { type: "boolean", default: false },
      markdown: { type: "boolean", default: false },
    },
  });
  const seconds = values.smoke ? 1 : Number(values.seconds);
  const camagent = values.binary === undefined
    ? [process.execPath, "run", "-A", MAIN]
    : [resolve(values.binary)];
  const folder = mkdtempSync(join(tmpdir(), "camagent-bench-"));
  try {
    const picture = join(folder, "stamped.yuv");
    writeScene(picture);
    const log = (line: string) => void process.stderr.write(`${line}\n`);
    log("the floor");
    const run = await measure(ROWS[0]!, {
      format: FORMAT,
      camagent,
      seconds,
      signal,
    });
    const floor = summarize([run]).ages;
    const rows: Row[] = [];
    for (const [title, env] of PLATFORMS) {
      log(title);
      using machine = new RpicamMachine({ ...env, RPICAM_PICTURE: picture });
      const frames = await measureFrames(machine, camagent, seconds, signal);
      using other = new RpicamMachine({ ...env, RPICAM_PICTURE: picture });
      rows.push({ title, frames, ...await measureUnits(other, seconds) });
    }
    const verdicts = values.check ? judge(rows, floor.p50) : [];
    const table = layOut([
      [
        "pipeline",
        "to the agent",
        "to the frame: p50",
        "p99",
        "capture off by",
      ],
      ["floor: hand-tuned FFmpeg pipe", "", ms(floor.p50), ms(floor.p99), ""],
      ...rows.map(({ title, frames, units, capture }) => [
        title,
        ms(quantile(units, 0.5)),
        ms(quantile(frames, 0.5)),
        ms(quantile(frames, 0.99)),
        ms(quantile(capture, 1)),
      ]),
    ], values.markdown);
    const cores = cpus();
    const day = new Date().toISOString().slice(0, 10);
    process.stdout.write(
      `${day}, ${cores.length} x ${cores[0]?.model}, ${seconds} s each\n\n` +
        `${table}\n${formatVerdicts(verdicts)}`,
    );
    return verdicts.every(({ met }) => met) ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The pictures of the stand-in, each with its number. */
function writeScene(path: string): void {
  const { width, height } = FORMAT;
  const scene = drawScene(width, height);
  const file = openSync(path, "w");
  for (let counter = 0; counter < CLIP; counter++) {
    const picture = scene[counter % scene.length]!;
    writeStamp(picture, width, height, { counter, time: 0 as never });
    writeSync(file, picture);
  }
}

/** The whole product: from the first byte to the frame in another process. */
async function measureFrames(
  machine: RpicamMachine,
  camagent: readonly string[],
  seconds: number,
  signal: AbortSignal,
): Promise<number[]> {
  await using rig = await Rig.open(FORMAT, camagent, signal);
  const { children, link } = rig;
  const sightings: Sighting[] = [];
  await startReader(children, {}, link, (sighting) => {
    sightings.push(sighting);
  });
  const address = `tcp://127.0.0.1:${link.port}`;
  const words = Object.entries(machine.env).map(([key, text]) =>
    `${key}=${text}`
  );
  children.start({
    name: "sender",
    command: ["env", ...words, ...camagent, "send", "rpicam:", address],
  });
  children.start({
    name: "receiver",
    command: [...camagent, "recv", address, `pipe:${link.frames}`],
  });
  await children.pause(2 * WARM_UP_MS + 1000 * seconds);
  const counted = sightings.filter(({ readAt }) =>
    readAt >= sightings[0]!.readAt + 1000 * WARM_UP_MS
  );
  return ages(counted, machine);
}

/** A frame is the latest one with its number that was written before it. */
function ages(
  sightings: readonly Sighting[],
  machine: RpicamMachine,
): number[] {
  const written = machine.notes().filter(({ frame }) => frame !== undefined);
  return sightings.flatMap(({ readAt, stamp }) => {
    if (stamp === undefined) return [];
    const at = readAt / 1000;
    const note = written.findLast(({ frame, writtenAt }) =>
      frame! % CLIP === stamp.counter && writtenAt! <= at
    );
    return note ? [at - note.writtenAt!] : [];
  });
}

/** The plugin alone: from the first byte to the picture. */
async function measureUnits(
  machine: RpicamMachine,
  seconds: number,
): Promise<Pick<Row, "units" | "capture">> {
  const plugin = declare(sourceRpicam, "source");
  const { runtime } = machine;
  const stop = AbortSignal.timeout(WARM_UP_MS + 1000 * seconds);
  const seen: [at: number, capturedAt: number | undefined][] = [];
  const context = contextOf(plugin, "rpicam:", runtime, stop);
  await plugin.run(
    ({ capturedAt }) => void seen.push([runtime.now(), capturedAt]),
    context,
  ).catch((error) => {
    if (!stop.aborted) throw error;
  });
  const notes = machine.notes().filter(({ frame }) => frame !== undefined);
  const both = seen.map((one, index) => [one, notes[index]] as const)
    .slice(FORMAT.fps);
  return {
    units: both.flatMap(([[at], note]) => note ? [at - note.writtenAt!] : []),
    capture: both.flatMap(([[, time], note]) =>
      note && time !== undefined ? [Math.abs(time - note.sensorAt!)] : []
    ),
  };
}

function judge(rows: readonly Row[], floor: number): Verdict[] {
  return rows.flatMap(({ title, frames, capture }) => [
    ...(title === FALLBACK ? [] : [
      verdict(
        `${title}: p50 over the floor's, ms`,
        quantile(frames, 0.5) - floor,
        OVER_FLOOR_MS,
      ),
    ]),
    verdict(`${title}: capture off by, ms`, quantile(capture, 1), CAPTURE_MS),
  ]);
}

function verdict(what: string, value: number, limit: number): Verdict {
  const size = `${FORMAT.width}x${FORMAT.height}`;
  return { size, what, value, limit, bound: "most", met: value <= limit };
}

function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[
    Math.min(sorted.length - 1, Math.floor(part * sorted.length))
  ] ??
    NaN;
}

function ms(value: number): string {
  return value.toFixed(2);
}
