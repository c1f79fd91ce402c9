import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { temporaryFolder } from "../../test/e2e/folder.ts";
import { test } from "../../test/harness.ts";
import { spying } from "../../test/programs/spying.ts";
import type { AccessUnit } from "../media/access_unit.ts";
import { nalUnitsOf } from "../media/annexb.ts";
import { concat } from "../media/bytes.ts";
import { NAL_UNIT_TYPE, nalUnitType } from "../media/h264.ts";
import { parseSps } from "../media/sps.ts";
import { us } from "../media/time.ts";
import type { Runtime } from "../plugin/runtime.ts";
import type { EncoderJob, VideoSettings } from "../plugin/source.ts";
import { runtime } from "../runtime/mod.ts";
import { encode } from "./encoder.ts";

const { sps, pps, idr } = NAL_UNIT_TYPE;

/** The test picture, as fast as it can be drawn. */
function job(more: Partial<EncoderJob> = {}, seconds = 1): EncoderJob {
  const { size = { width: 320, height: 240 }, fps = 30 } = more;
  const source = `testsrc2=size=${size.width}x${size.height}:rate=${fps}`;
  return {
    input: ["-t", `${seconds}`, "-f", "lavfi", "-i", source],
    size,
    fps,
    time: "now",
    ...more,
  };
}

/** As a camera would give it: for ever, and no faster than it plays. */
function live(): EncoderJob {
  const input = ["-f", "lavfi", "-i", "testsrc2=size=320x240:rate=30"];
  return job({ input, filters: ["realtime"] });
}

type Unit = Omit<AccessUnit, "data"> & { types: number[]; bytes: number };

/** Encodes to the end of the input, or until `onUnit` aborts. */
async function run(
  what: EncoderJob,
  {
    video = {},
    machine = runtime,
    onUnit = () => {},
  }: {
    video?: Partial<VideoSettings>;
    machine?: Runtime;
    onUnit?: (unit: AccessUnit, stop: AbortController) => void;
  } = {},
): Promise<Unit[]> {
  const stop = new AbortController();
  const units: Unit[] = [];
  await encode(what, { encoder: "auto", ...video }, (unit) => {
    const { data, ...rest } = unit;
    const types = [...nalUnitsOf(data)].map(nalUnitType);
    units.push({ ...rest, types, bytes: data.length });
    onUnit(unit, stop);
  }, { runtime: machine, signal: stop.signal });
  return units;
}

test("encode emits every picture, a keyframe with its sets first", async () => {
  const units = await run(job(), { video: { gop: 10 } });
  assert.equal(units.length, 30);
  units.forEach(({ keyframe, types, damaged }, i) => {
    assert.equal(keyframe, i % 10 === 0);
    assert.equal(types.includes(sps), keyframe);
    assert.equal(types.includes(pps), keyframe);
    assert.equal(types.includes(idr), keyframe);
    assert.equal(damaged, false);
  });
});

test("encode tells of each picture when it was captured", async () => {
  const ages: number[] = [];
  const units = await run(live(), {
    onUnit({ capturedAt }, stop) {
      ages.push(runtime.now() - capturedAt!);
      if (ages.length === 20) stop.abort();
    },
  });
  assert.ok(Math.min(...ages) >= 0);
  // The first ones wait for FFmpeg to get going.
  const typical = ages.sort((a, b) => a - b)[10]!;
  assert.ok(typical < 100, `${typical} ms`);
  const steps = units.slice(1).map(({ pts }, i) => pts - units[i]!.pts);
  assert.ok(steps.every((step) => step > 0));
});

/** A picture whose own times are of a clock that is so far from the wall's. */
function timed(us: number): EncoderJob {
  const picture = "testsrc2=size=64x64,realtime,settb=1/1000000";
  const graph = `${picture},setpts=RTCTIME-${Math.round(us)}`;
  const input = ["-fpsprobesize", "0", "-f", "lavfi", "-i", graph];
  return job({ input, time: "monotonic" });
}

test("encode takes the monotonic clock's time from an input", async () => {
  const offset = runtime.wallClock() - 1000 * runtime.now();
  const ages: number[] = [];
  await run(timed(offset), {
    onUnit({ capturedAt }, stop) {
      ages.push(runtime.now() - capturedAt!);
      if (ages.length === 20) stop.abort();
    },
  });
  assert.ok(Math.min(...ages) >= 0, `${ages}`);
  const typical = ages.sort((a, b) => a - b)[10]!;
  assert.ok(typical < 100, `${typical} ms`);
});

for (const seconds of [-20, 20]) {
  test(`encode believes no input that is ${seconds} s off`, async () => {
    const offset = runtime.wallClock() - 1000 * runtime.now();
    const units = await run(timed(offset + 1e6 * seconds), {
      onUnit: (_, stop) => stop.abort(),
    });
    assert.equal("capturedAt" in units[0]!, false);
  });
}

test("encode keeps a film's own times, and knows of no capture", async () => {
  const units = await run(job({ time: "input", fps: 25 }));
  assert.deepEqual(
    units.map(({ pts }) => pts),
    Array.from({ length: 25 }, (_, i) => i * 40_000),
  );
  assert.ok(units.every((unit) => !("capturedAt" in unit)));
});

test("encode spends the bitrate, at whatever pace pictures come", async () => {
  const filters = ["noise=alls=40:allf=t"];
  const what = job({ filters, size: { width: 640, height: 480 } }, 2);
  const units = await run(what, { video: { bitrate: 1_000_000 } });
  const bytes = units.reduce((sum, unit) => sum + unit.bytes, 0);
  const share = bytes * 8 / 2 / 1_000_000;
  assert.ok(share > 0.7 && share < 1.3, `${share}`);
});

for (const fps of [30, 15, 30000 / 1001]) {
  test(`encode says in the stream that it has ${fps} pictures a second`, async () => {
    const { fps: said } = await spsOf(job({ fps }, 0.2));
    assert.ok(Math.abs(said! - fps) < 0.01, `${said}`);
  });
}

test("encode tags the colours by the height", async () => {
  const small = await spsOf(job({}, 0.1));
  assert.equal(small.colour?.matrix, 6);
  const size = { width: 1280, height: 720 };
  const large = await spsOf(job({ size }, 0.1));
  assert.equal(large.colour?.matrix, 1);
});

for (const [width, height] of [[321, 240], [320, 241], [321, 241]] as const) {
  test(`encode cuts ${width}x${height} to 320x240`, async () => {
    const sps = await spsOf(job({ size: { width, height } }, 0.1));
    assert.deepEqual([sps.width, sps.height], [320, 240]);
  });
}

test("encode passes H.264 on as it is", async () => {
  // FFmpeg is its own source of H.264, through the encoder under test.
  const film: Uint8Array[] = [];
  await run(job({ time: "input" }), {
    video: { gop: 10 },
    onUnit: ({ data }) => void film.push(data.slice()),
  });
  using folder = temporaryFolder();
  const path = join(folder.path, "film.h264");
  writeFileSync(path, concat(...film));
  const input = ["-f", "h264", "-framerate", "30", "-i", `file:${path}`];
  const copies: Uint8Array[] = [];
  const units = await run(job({ input, copy: true, time: "input" }), {
    onUnit: ({ data }) => void copies.push(data.slice()),
  });
  assert.equal(units.length, 30);
  assert.deepEqual(copies.map(slices), film.map(slices));
});

test("encode resolves when the signal aborts, whenever that is", async () => {
  const { signal } = new AbortController();
  const video = { encoder: "auto" };
  const emit = () => {};
  await encode(live(), video, emit, { runtime, signal: AbortSignal.abort() });
  for (const moment of [0, 1]) {
    const stop = new AbortController();
    const ending = encode(live(), video, emit, {
      runtime,
      signal: AbortSignal.any([signal, stop.signal]),
    });
    for (let turn = 0; turn < moment; turn++) await runtime.turn();
    stop.abort();
    await ending;
  }
});

test("encode rejects when FFmpeg is killed", async () => {
  const [machine, children] = spying();
  const running = run(live(), {
    machine,
    onUnit: () => process.kill(children[0]!.pid, "SIGKILL"),
  });
  await assert.rejects(running, {
    name: "ProcessError",
    message: "ffmpeg was killed by SIGKILL",
    reason: "killed",
    signal: "SIGKILL",
    forced: false,
  });
});

test("encode rejects with what FFmpeg says", async () => {
  const input = ["-i", "file:/no/such/film.mkv"];
  await assert.rejects(run(job({ input })), (error: Error) => {
    assert.equal(error.name, "ProcessError");
    assert.match(error.message, /^ffmpeg exited with \d+: .*No such file/);
    const tail: string[] = Reflect.get(error, "stderrTail");
    assert.ok(tail.some((line) => line.includes("/no/such/film.mkv")));
    return true;
  });
});

test("encode refuses an encoder that FFmpeg does not have", async () => {
  const encoding = run(job(), { video: { encoder: "nope" } });
  await assert.rejects(encoding, {
    name: "ConfigError",
    message: 'Cannot use encoder "nope": this FFmpeg has none of that name',
  });
});

test("encode rejects when there is no FFmpeg", async () => {
  const machine = running("no-such-program", []);
  await assert.rejects(run(job(), { machine }), { reason: "not-found" });
});

test("encode rejects when FFmpeg writes something else", async () => {
  const [command, args] = ["/bin/sh", ["-c", "yes"]];
  await assert.rejects(run(job(), { machine: running(command, args) }), {
    name: "StreamError",
    message: "Cannot read FFmpeg's output",
    failure: "undecodable",
  });
});

test("encode rejects with what the taker of access units throws", async () => {
  const onUnit = () => {
    throw new RangeError("Cannot take it");
  };
  const message = "Cannot take it";
  await assert.rejects(run(live(), { onUnit }), {
    name: "RangeError",
    message,
  });
});

test("encode starts anew when the clock is set back", async () => {
  let shift = 0;
  const wallClock = () => us(runtime.wallClock() + shift);
  const onUnit = () => void (shift = -3_600_000_000);
  const machine = { ...runtime, wallClock };
  await assert.rejects(run(live(), { machine, onUnit }), {
    name: "StreamError",
    message: "The clock was set back",
    failure: "lost",
  });
});

test("encode knows of no capture when the clock is set forward", async () => {
  let shift = 0;
  const wallClock = () => us(runtime.wallClock() + shift);
  const machine = { ...runtime, wallClock };
  const units = await run(live(), {
    machine,
    onUnit(_, stop) {
      if (shift > 0) stop.abort();
      shift = 3_600_000_000;
    },
  });
  const known = units.map((unit) => unit.capturedAt !== undefined);
  assert.deepEqual(known.slice(0, 2), [true, false]);
});

/** The parameter sets of the first picture. */
async function spsOf(what: EncoderJob) {
  let found: ReturnType<typeof parseSps> | undefined;
  await run(what, {
    onUnit({ data }) {
      for (const nalUnit of nalUnitsOf(data)) {
        if (nalUnitType(nalUnit) === sps) found ??= parseSps(nalUnit);
      }
    },
  });
  assert.ok(found);
  return found;
}

/** What is coded of the picture itself. */
function slices(data: Uint8Array): string[] {
  return [...nalUnitsOf(data)]
    .filter((nalUnit) => nalUnitType(nalUnit) <= idr)
    .map((nalUnit) => nalUnit.toString());
}

/** A machine on which another program goes by FFmpeg's name. */
function running(command: string, args: string[]): Runtime {
  return {
    ...runtime,
    spawn: (options) => runtime.spawn({ ...options, command, args }),
  };
}
