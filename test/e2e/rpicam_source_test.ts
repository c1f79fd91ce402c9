import assert from "node:assert/strict";
import process from "node:process";
import { isEntry } from "../../agent/media/unit_queue.ts";
import type { SourcePlugin } from "../../agent/plugin/source.ts";
import { declare } from "../contract/declaration.ts";
import { testSource } from "../contract/source_contract.ts";
import { contextOf } from "../contract/source_usage.ts";
import { until, within } from "../faults/deadline.ts";
import { isAlive } from "../faults/process_tree.ts";
import { test } from "../harness.ts";
import { type RpicamEnv, RpicamMachine } from "../programs/rpicam.ts";
import * as sourceRpicam from "../../plugins/source-rpicam/mod.ts";

/** A start of the stand-in takes 0.2 s; six at once on two cores. */
const DEADLINE_MS = 20_000;

/** From SIGINT to SIGKILL, and what a busy machine adds. */
const KILLED_MS = 2500;

for (const model of ["vc4", "pisp"]) {
  testSource(
    sourceRpicam,
    () => {
      const machine = new RpicamMachine({ RPICAM_MODEL: model });
      return {
        address: "rpicam:",
        runtime: machine.runtime,
        break: () => {
          const { pid } = machine.notes().findLast(({ pid }) => pid)!;
          process.kill(pid!, "SIGKILL");
        },
        [Symbol.asyncDispose]: () => {
          machine[Symbol.dispose]();
          return Promise.resolve();
        },
      };
    },
    [{
      reason: "a camera has no end",
      tests: ["resolves at the end of its input"],
    }],
    `source-rpicam on ${model}`,
  );
}

/** A Raspberry Pi and its software. */
interface Platform {
  env: RpicamEnv;
  /** What the program is called. */
  names?: string[];
  /** Who encodes in the end. */
  encodes: "rpicam-vid" | "FFmpeg";
  /** Options that are left out in the end. */
  without?: string[];
}

const LIBAV = ["low-latency", "libav-format", "libav-video-codec-opts"];

const PLATFORMS: Record<string, Platform> = {
  "VC4": { env: { RPICAM_MODEL: "vc4" }, encodes: "rpicam-vid" },
  "PISP": { env: { RPICAM_MODEL: "pisp" }, encodes: "rpicam-vid" },
  "PISP Lite": {
    env: { RPICAM_MODEL: "pisp", RPICAM_LITE: "1" },
    encodes: "FFmpeg",
  },
  "VC4 Lite of early Bookworm": {
    env: { RPICAM_MODEL: "vc4", RPICAM_LITE: "1", RPICAM_VERSION: "1.5.0" },
    encodes: "rpicam-vid",
    without: LIBAV,
  },
  "PISP of early Bookworm": {
    env: { RPICAM_MODEL: "pisp", RPICAM_VERSION: "1.5.0" },
    encodes: "FFmpeg",
  },
  "VC4 with libcamera's old names": {
    env: { RPICAM_MODEL: "vc4", RPICAM_VERSION: "1.0.2" },
    names: ["libcamera-vid"],
    encodes: "rpicam-vid",
    without: ["low-latency", "metadata", "metadata-format"],
  },
};

/** What is to come of a scenario, on every platform. */
interface Expected {
  /** Pictures at the least. */
  units: number;
  /** How it ends; absent: it is told to. */
  error?: RegExp;
  /** What it warns of. */
  warns?: RegExp;
  /** It does not end by itself. */
  killed?: boolean;
}

const SCENARIOS: Record<string, Expected> = {
  "normal": { units: 40 },
  "slow-start": { units: 5 },
  "no-camera": {
    units: 0,
    error: /^ConfigError: Cannot open "rpicam:": \S+ finds no camera; check /,
  },
  "busy": { units: 0, error: /^StreamError: "rpicam:" is in use by / },
  "die-after=10": {
    units: 9,
    error: /^ProcessError: \S+-vid was killed by SIGSEGV$/,
  },
  "exit-after=10": {
    units: 9,
    error: /^StreamError: \S+-vid ended by itself$/,
  },
  "stall-after=10": {
    units: 9,
    warns: /^the camera does not deliver: check both ends of its cable/,
    killed: true,
  },
  "freeze-after=10": { units: 9, killed: true },
  "ignore-sigint": { units: 5, killed: true },
};

/** What one run did. */
interface Ran {
  units: number;
  entries: boolean;
  /** Pictures that say when they were taken. */
  timed: number;
  capturedWithin: number;
  error: string;
  infos: string[];
  warnings: string[];
  endedAfter: number;
}

/** Runs until it ends by itself, or has done what is expected. */
async function run(
  plugin: SourcePlugin,
  machine: RpicamMachine,
  expected: Expected,
  address = "rpicam:",
): Promise<Ran> {
  const stop = new AbortController();
  const { runtime } = machine;
  const context = contextOf(plugin, address, runtime, stop.signal);
  const ran: Ran = {
    units: 0,
    entries: true,
    timed: 0,
    capturedWithin: 0,
    error: "",
    infos: [],
    warnings: [],
    endedAfter: 0,
  };
  const log = {
    info: (line: string) => void ran.infos.push(line),
    warn: (line: string) => void ran.warnings.push(line),
  };
  const captured: number[] = [];
  let settled = false;
  const done = plugin.run((unit) => {
    if (ran.units++ === 0) ran.entries = isEntry(unit);
    captured.push(unit.capturedAt ?? NaN);
  }, { ...context, log }).catch((error) => ran.error = String(error))
    .finally(() => settled = true);
  await until(DEADLINE_MS, "what is expected", () => {
    const { units, warns, error } = expected;
    const warned = !warns || ran.warnings.some((line) => warns.test(line));
    return settled || !error && ran.units >= units && warned;
  });
  const stoppedAt = runtime.now();
  stop.abort();
  await within(DEADLINE_MS, "end", done);
  ran.endedAfter = runtime.now() - stoppedAt;
  const truth = machine.notes().flatMap(({ sensorAt }) => sensorAt ?? []);
  // A picture may come before the sensor's time of it, and on a busy machine
  // before the stand-in has noted it.
  const errors = truth.map((time, at) => Math.abs(captured[at]! - time))
    .filter((error) => !Number.isNaN(error));
  ran.timed = errors.length;
  ran.capturedWithin = Math.max(0, ...errors);
  return ran;
}

for (const [scenario, expected] of Object.entries(SCENARIOS)) {
  test(`source-rpicam on every Raspberry Pi: ${scenario}`, async () => {
    const results = await Promise.allSettled(
      Object.entries(PLATFORMS).map(async ([name, platform]) => {
        const env = { ...platform.env, RPICAM_SCENARIO: scenario };
        using machine = new RpicamMachine(env, platform.names);
        const plugin = declare(sourceRpicam, "source");
        const ran = await run(plugin, machine, expected);
        check(ran, expected, machine, platform, `${name}, ${scenario}`);
      }),
    );
    for (const result of results) {
      if (result.status === "rejected") throw result.reason;
    }
  });
}

function check(
  ran: Ran,
  expected: Expected,
  machine: RpicamMachine,
  platform: Platform,
  what: string,
): void {
  const { units, error = /^AbortError/, killed } = expected;
  assert.match(ran.error, error, what);
  assert.ok(ran.units >= units, `${what}: ${ran.units} pictures`);
  assert.ok(ran.entries, `${what}: begins with a keyframe`);
  const limit = killed ? KILLED_MS : 1000;
  assert.ok(ran.endedAfter < limit, `${what}: ${ran.endedAfter} ms to the end`);
  for (const { pid } of machine.notes()) {
    if (pid !== undefined) assert.equal(isAlive(pid), false, what);
  }
  if (units === 0) return;
  const { encodes, without = [] } = platform;
  const said = ran.infos.filter((line) => line.includes(" encodes "));
  assert.deepEqual(
    said.map((line) => line.split(" encodes ")[0]),
    [encodes],
    what,
  );
  const last = machine.starts().at(-1)!;
  const wanted = encodes === "FFmpeg" ? RAW : CODED;
  const flags = wanted.filter(([flag]) => !without.includes(flag!.slice(2)));
  assert.deepEqual(known(last), flags.flat(), what);
  // Without metadata nobody knows when the sensor took a picture.
  if (without.includes("metadata")) return;
  // A picture may be coded before its time is written: on a machine that is
  // busy with six cameras, 2 of 9 were known. These have to be right.
  assert.ok(ran.timed > 0, `${what}: no time known`);
  assert.ok(ran.capturedWithin < 2, `${what}: ${ran.capturedWithin} ms off`);
}

const HEAD = [
  ["--nopreview"],
  ["--timeout", "0"],
  ["--camera", "0"],
  ["--width", "640"],
  ["--height", "480"],
  ["--framerate", "30"],
];

const TAIL = [
  ["--flush"],
  ["--save-pts", "PIPE"],
  ["--metadata", "PIPE"],
  ["--metadata-format", "txt"],
];

const CODED = [
  ...HEAD,
  ["--codec", "h264"],
  ["--bitrate", "2000000"],
  ["--intra", "30"],
  ["--inline"],
  ["--low-latency"],
  ["--libav-format", "h264"],
  ["--libav-video-codec-opts", "maxrate=2000000;bufsize=500000"],
  ...TAIL,
  ["--output", "LINK.h264"],
];

const RAW = [
  ...HEAD,
  ["--codec", "yuv420"],
  ...TAIL.filter(([flag]) => flag !== "--save-pts"),
  ["--output", "PIPE"],
];

/** Paths are others in every run. */
function known(args: readonly string[]): string[] {
  return args.map((arg) =>
    arg.replace(/^\/proc\/\d+\/fd\/\d+$/, "PIPE")
      .replace(/^\/.*\/camagent-[0-9a-f]+\.h264$/, "LINK.h264")
  );
}

/** What an address adds to the command line. */
const OPTIONS: Record<string, string[]> = {
  "?size=1280x720&fps=25&bitrate=3M&gop=50": [
    ...["--width 1280", "--height 720", "--framerate 25"],
    ...["--bitrate 3000000", "--intra 50"],
  ],
  "?rotation=180&hflip=true&vflip=true": [
    ...["--rotation 180", "--hflip", "--vflip"],
  ],
  "?roi=0.25,0.25,0.5,0.5&shutter=10ms&gain=2.5": [
    ...["--roi 0.25,0.25,0.5,0.5", "--shutter 10000", "--gain 2.5"],
  ],
  "?awb=daylight&denoise=cdn_off&mode=1536:864:10:P": [
    ...["--awb daylight", "--denoise cdn_off", "--mode 1536:864:10:P"],
  ],
  "?size=1920x1080&fps=50": ["--level 4.2"],
};

test("source-rpicam passes on what the camera is to do", async () => {
  const plugin = declare(sourceRpicam, "source");
  for (const [query, flags] of Object.entries(OPTIONS)) {
    using machine = new RpicamMachine();
    const { error } = await run(
      plugin,
      machine,
      { units: 1 },
      `rpicam:${query}`,
    );
    assert.match(error, /^AbortError/, query);
    const line = machine.starts().at(-1)!.join(" ");
    for (const flag of flags) {
      assert.ok(line.includes(flag), `${flag}: ${line}`);
    }
  }
});

/** What is refused, and how that is said. */
const REFUSALS: Record<string, RegExp> = {
  "rpicam:2": /: there is no such camera; "camagent cameras" lists them$/,
  "rpicam:imx219": /: no such camera; there is rpicam:0 \(imx708\)$/,
  "rpicam:$(reboot)": /: no such camera; there is rpicam:0 \(imx708\)$/,
  "rpicam:kämera": /: no such camera; there is rpicam:0 \(imx708\)$/,
  "rpicam://host": /: it names a host$/,
  "rpicam:?fps=200": /: imx708 has 120.13 pictures a second at 640x480$/,
  "rpicam:?fps=60&size=4608x2592":
    /: imx708 has 14.35 pictures a second at 4608x2592$/,
  "rpicam:?size=8000x6000": /: imx708 has 4608x2592 at the most$/,
  "rpicam:?mode=1500:900": /: imx708 has no mode 1500:900, .* is 1536:864$/,
};

for (const [address, why] of Object.entries(REFUSALS)) {
  test(`source-rpicam refuses ${address}`, async () => {
    using machine = new RpicamMachine();
    const plugin = declare(sourceRpicam, "source");
    const { error } = await run(plugin, machine, { units: 1 }, address);
    assert.match(error, /^ConfigError: Cannot (open|use) "/);
    assert.match(error, why);
  });
}

/** Machines that have no camera port, or not ours. */
const MACHINES: Record<string, [env: RpicamEnv, names: string[], why: RegExp]> =
  {
    "without the program": [
      {},
      [],
      /: neither rpicam-vid nor libcamera-vid is /,
    ],
    "with the legacy stack": [
      { RPICAM_MODEL: "legacy" },
      ["libcamera-vid"],
      /: the legacy camera stack is on; turn it off with "sudo raspi-config /,
    ],
    "that is no Raspberry Pi": [
      { RPICAM_MODEL: "other" },
      ["rpicam-vid"],
      /: this is no Raspberry Pi; try v4l2: or test:$/,
    ],
  };

for (const [what, [env, names, why]] of Object.entries(MACHINES)) {
  test(`source-rpicam says what to do on a machine ${what}`, async () => {
    using machine = new RpicamMachine(env, names);
    const plugin = declare(sourceRpicam, "source");
    const { error } = await run(plugin, machine, { units: 1 });
    assert.match(error, /^ConfigError: Cannot open /);
    assert.match(error, why);
  });
}

test("source-rpicam has FFmpeg encode what the hardware cannot", async () => {
  using machine = new RpicamMachine();
  const plugin = declare(sourceRpicam, "source");
  const address = "rpicam:?size=2304x1296&fps=5";
  const ran = await run(plugin, machine, { units: 3 }, address);
  assert.match(ran.error, /^AbortError/);
  assert.match(ran.infos.join(), /FFmpeg encodes .*failed to start output/);
});

test("source-rpicam has FFmpeg encode where an encoder is asked for", async () => {
  using machine = new RpicamMachine();
  const plugin = declare(sourceRpicam, "source");
  const address = "rpicam:?encoder=libx264";
  const ran = await run(plugin, machine, { units: 3 }, address);
  assert.match(ran.infos.join(), /^FFmpeg encodes .* \(libx264\)$/);
});
