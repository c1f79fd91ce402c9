import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import process from "node:process";
import { until, within } from "../../test/faults/deadline.ts";
import { test } from "../../test/harness.ts";
import { spying } from "../../test/programs/spying.ts";
import type { Runtime } from "../plugin/runtime.ts";
import { runtime } from "../runtime/mod.ts";
import { Decoder } from "./decoder.ts";
import type { DecoderOutput } from "./decoder_args.ts";
import { encode } from "./encoder.ts";

const SIZE = { width: 64, height: 48 };

const BYTES = SIZE.width * SIZE.height;

const GRAY: DecoderOutput = { pixelFormat: "gray", untagged: "bt601" };

const DEADLINE_MS = 10_000;

/** One frame is more than a pipe holds. */
const LARGE = { width: 2000, height: 1000 };

const { signal } = new AbortController();

/**
 * Access units of pictures that are of one brightness each, and brighter than
 * the one before, by as much for each.
 */
const film = await encodeFilm();

test("Decoder tells which access unit each frame is of", async () => {
  await using decoder = await start(GRAY);
  const frame = new Uint8Array(BYTES);
  const levels: number[] = [];
  for (const [i, unit] of film.entries()) {
    if (i === 5) continue;
    await decoder.feed(unit, 1000 + i, SIZE);
    // Each comes out before the next one goes in: nothing is held back.
    assert.equal(await read(decoder, frame), 1000 + i);
    assert.ok(frame.every((sample) => Math.abs(sample - frame[0]!) <= 2));
    levels.push(frame[0]!);
  }
  const step = (levels.at(-1)! - levels[0]!) / (film.length - 1);
  levels.forEach((level, i) => {
    const expected = levels[0]! + step * (i < 5 ? i : i + 1);
    assert.ok(Math.abs(level - expected) <= 2, `${i}: ${levels}`);
  });
});

test("Decoder scales to the size that is asked for", async () => {
  const size = { width: 32, height: 16 };
  await using decoder = await start({ ...GRAY, pixelFormat: "rgb24", size });
  const frame = new Uint8Array(32 * 16 * 3);
  for (const i of [0, 1]) {
    await decoder.feed(film[i]!, i, SIZE);
    assert.equal(await read(decoder, frame), i);
  }
  assert.ok(frame.every((sample) => Math.abs(sample - frame[0]!) <= 3));
});

test("Decoder goes on after an access unit that is none", async () => {
  await using decoder = await start(GRAY);
  const frame = new Uint8Array(BYTES);
  await decoder.feed(film[0]!, 0, SIZE);
  assert.equal(await read(decoder, frame), 0);
  await decoder.feed(Uint8Array.of(0, 0, 0, 1, 0x65, 1, 2, 3), 1, SIZE);
  await decoder.feed(film[2]!, 2, SIZE);
  let number = await read(decoder, frame);
  // FFmpeg may make something up for it.
  if (number === 1) number = await read(decoder, frame);
  assert.equal(number, 2);
});

test("Decoder hands over all frames before it tells the end", async () => {
  await using decoder = await start(GRAY);
  for (const [i, unit] of film.entries()) await decoder.feed(unit, i, SIZE);
  decoder.endInput();
  const frame = new Uint8Array(BYTES);
  for (const i of film.keys()) assert.equal(await read(decoder, frame), i);
  const ended = {
    name: "StreamError",
    message: "ffmpeg ended by itself",
    failure: "ended",
  };
  await assert.rejects(read(decoder, frame), ended);
  await assert.rejects(decoder.failed, ended);
});

test("Decoder that is killed fails all that wait for it", async () => {
  const [machine, children] = spying();
  await using decoder = await start(GRAY, machine);
  await decoder.feed(film[0]!, 0, SIZE);
  const frame = new Uint8Array(BYTES);
  assert.equal(await read(decoder, frame), 0);
  const reading = read(decoder, frame);
  process.kill(children[0]!.pid, "SIGKILL");
  const killed = {
    name: "ProcessError",
    message: "ffmpeg was killed by SIGKILL",
    reason: "killed",
  };
  await assert.rejects(reading, killed);
  await assert.rejects(decoder.failed, killed);
  await assert.rejects(read(decoder, frame), killed);
  const feeding = decoder.feed(film[1]!, 1, SIZE);
  await assert.rejects(within(DEADLINE_MS, "answer", feeding), {
    name: "StreamError",
    failure: "lost",
  });
});

test("Decoder.start says that there is no FFmpeg", async () => {
  const machine: Runtime = {
    ...runtime,
    spawn: (options) =>
      runtime.spawn({ ...options, command: "no-such-program" }),
  };
  await assert.rejects(start(GRAY, machine), { reason: "not-found" });
});

test("Decoder ends when the signal aborts", async () => {
  const stop = new AbortController();
  await using decoder = await Decoder.start(GRAY, {
    runtime,
    signal: stop.signal,
  });
  stop.abort();
  await assert.rejects(within(DEADLINE_MS, "end", decoder.failed));
});

/** What may be under way when a decoder is disposed of. */
const MOMENTS: [
  name: string,
  before: (decoder: Decoder) => Promise<Promise<unknown>[]>,
][] = [
  ["nothing was fed", () => Promise.resolve([])],
  ["a read waits", (decoder) => {
    return Promise.resolve([decoder.readFrame(new Uint8Array(BYTES))]);
  }],
  ["a frame was read", async (decoder) => {
    await decoder.feed(film[0]!, 0, SIZE);
    await read(decoder, new Uint8Array(BYTES));
    return [];
  }],
  ["half a frame was read", async (decoder) => {
    await decoder.feed(film[0]!, 0, SIZE);
    await read(decoder, new Uint8Array(BYTES));
    const half = decoder.readFrame(new Uint8Array(2 * BYTES));
    await decoder.feed(film[1]!, 1, SIZE);
    return [half];
  }],
  ["much was fed and little read", async (decoder) => {
    await decoder.feed(film[0]!, 0, SIZE);
    await read(decoder, new Uint8Array(LARGE.width * LARGE.height));
    for (const [i, unit] of film.entries()) {
      if (i > 0) await decoder.feed(unit, i, SIZE);
    }
    return [];
  }],
  ["more waits to be fed than it takes", (decoder) => {
    const large = new Uint8Array(1 << 20);
    return Promise.resolve(
      [1, 2, 3].map((pts) => decoder.feed(large, pts, SIZE)),
    );
  }],
  ["its input has ended", async (decoder) => {
    await decoder.feed(film[0]!, 0, SIZE);
    decoder.endInput();
    return [];
  }],
  ["it is gone", async (decoder) => {
    decoder.endInput();
    await decoder.failed.catch(() => {});
    return [];
  }],
];

for (const [name, before] of MOMENTS) {
  test(`Decoder is disposed of gently when ${name}`, async () => {
    const [machine, children] = spying();
    const isMuch = name.startsWith("much");
    const output = isMuch ? { ...GRAY, size: LARGE } : GRAY;
    const decoder = await start(output, machine);
    await until(DEADLINE_MS, "handler", () => heedsTerm(children[0]!.pid));
    const pending = Promise.allSettled(await before(decoder));
    await within(DEADLINE_MS, "end", decoder[Symbol.asyncDispose]());
    assert.equal((await children[0]!.exit).forced, false);
    await within(DEADLINE_MS, "end of what waits", pending);
    await assert.rejects(decoder.failed);
    const frame = new Uint8Array(BYTES);
    await assert.rejects(within(DEADLINE_MS, "end", decoder.readFrame(frame)));
    await decoder[Symbol.asyncDispose]();
  });
}

/** proc(5): FFmpeg ends by itself from here on, which may take its time. */
function heedsTerm(pid: number): boolean {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  const caught = Number.parseInt(/^SigCgt:\s*(\w+)$/m.exec(status)![1]!, 16);
  return status.startsWith("Name:\tffmpeg\n") &&
    (caught & 1 << (constants.signals.SIGTERM - 1)) !== 0;
}

function start(output: DecoderOutput, machine = runtime): Promise<Decoder> {
  return Decoder.start(output, { runtime: machine, signal });
}

async function read(
  decoder: Decoder,
  frame: Uint8Array<ArrayBuffer>,
): Promise<number> {
  const reading = decoder.readFrame(frame);
  return (await within(DEADLINE_MS, "frame", reading)).pts;
}

async function encodeFilm(): Promise<Uint8Array<ArrayBuffer>[]> {
  const units: Uint8Array<ArrayBuffer>[] = [];
  const { width, height } = SIZE;
  const source = `nullsrc=size=${width}x${height}:rate=30,` +
    "geq=lum='16+N*10':cb=128:cr=128,format=yuv420p";
  await encode(
    {
      input: ["-t", "0.66", "-f", "lavfi", "-i", source],
      size: SIZE,
      fps: 30,
      time: "input",
    },
    // Keyframes alone: none needs the one before it.
    { encoder: "auto", gop: 1 },
    ({ data }) => void units.push(data.slice()),
    { runtime, signal },
  );
  return units;
}
