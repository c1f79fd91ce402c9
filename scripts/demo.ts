/**
 * Shows the whole way of a picture on this machine, without a camera: `deno
 * task demo [--no-install]`.
 *
 * @module
 */

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { formatBitrate } from "../agent/cli/status_line.ts";
import { Terminal } from "../agent/cli/terminal.ts";
import { ms } from "../agent/media/time.ts";
import type { AgeStatus, RecvStatus } from "../agent/recv/status.ts";
import { runtime } from "../agent/runtime/mod.ts";
import { endProcess, onStop, signalCode } from "../agent/runtime/signals.ts";
import type { SendStatus } from "../agent/send/status.ts";
import { DemoAgent } from "./demo_agent.ts";
import { ensureFfmpeg } from "./ffmpeg.ts";
import { FrameReader, pipeFormat } from "./frame_reader.ts";
import { encodePng } from "../agent/cli/png.ts";

/** A small computer compiles the sources first. */
const START_MS = 30_000;

/** About as many frames as the receiver's percentiles are made of. */
const SHOW_MS = 10_000;

const PICTURE = join(dirname(import.meta.dirname!), "dist/demo.png");

const stop = onStop({ deadline: ms(6_000) });
const terminal = new Terminal({
  write: (text) => runtime.writeStdout(new TextEncoder().encode(text)),
  // A terminal that does not know its width says 0.
  columns: () => process.stdout.columns || undefined,
});
endProcess(await main());

/** @returns The exit code. */
async function main(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "camagent-demo-"));
  try {
    const { values } = parseArgs({
      options: { "no-install": { type: "boolean", default: false } },
    });
    await ensureFfmpeg(!values["no-install"], async (line) => {
      say(line);
      await terminal.flush();
    });
    await demo(join(folder, "frames"));
    return 0;
  } catch (error) {
    terminal.live("");
    if (stop.received !== undefined) return signalCode(stop.received);
    say(`The demo failed: ${error instanceof Error ? error.message : error}`);
    return 1;
  } finally {
    await rm(folder, { recursive: true });
    await terminal.flush();
  }
}

async function demo(pipe: string): Promise<void> {
  say("A test picture, sent over TCP and received by another process:");
  await using sender = start<SendStatus>("send", "test:", "tcp://127.0.0.1:0");
  const port = await inTime(portOf(sender), sender);
  const from = `tcp://127.0.0.1:${port}`;
  await using receiver = start<RecvStatus>("recv", from, `pipe:${pipe}`);
  const format = await inTime(pipeFormat(pipe, stop.signal), sender, receiver);

  const reader = new FrameReader(format.frameBytes);
  const reading = reader.read(pipe);
  reading.catch(() => {});
  const begin = runtime.now();
  let age = await inTime(nextAge(receiver), sender, receiver);
  while (runtime.now() < begin + SHOW_MS) {
    age = await inTime(nextAge(receiver), sender, receiver);
  }
  const seconds = (runtime.now() - begin) / 1000;
  const { count } = reader;
  await receiver[Symbol.asyncDispose]();
  await reading;

  const { width, height } = format;
  await mkdir(dirname(PICTURE), { recursive: true });
  await writeFile(PICTURE, encodePng(width, height, reader.last));
  terminal.live("");
  say(`${count} frames of ${width}x${height} in ${seconds.toFixed(1)} s`);
  say(`Their age in the named pipe, since ${age.since}: ${describe(age)}`);
  say(`The last one is ${relative(process.cwd(), PICTURE)}`);
}

/** Starts one of the two, and shows with which words. */
function start<Status>(...words: readonly string[]): DemoAgent<Status> {
  say(`$ camagent ${words.join(" ")}`);
  return new DemoAgent(...words);
}

/** The system has picked a free one. */
async function portOf(sender: DemoAgent<SendStatus>): Promise<number> {
  while (true) {
    const { outputs: [output] } = await sender.status();
    if (output?.port !== undefined) return output.port;
  }
}

/** Shows the next status that tells how old the frames are. */
async function nextAge(receiver: DemoAgent<RecvStatus>): Promise<AgeStatus> {
  while (true) {
    const { input, sinks: [sink] } = await receiver.status();
    if (sink?.age === undefined) continue;
    const fps = `${sink.fps.toFixed(1)} fps`;
    const bitrate = formatBitrate(input.bitsPerSecond);
    const line = `${fps}  ${bitrate}  age ${describe(sink.age)}`;
    if (process.stdout.isTTY) terminal.live(line);
    else say(line);
    return sink.age;
  }
}

/** Waits for something, unless an agent ends or it takes too long. */
async function inTime<T>(
  wanted: Promise<T>,
  ...agents: readonly Pick<DemoAgent<unknown>, "ended" | "log">[]
): Promise<T> {
  const done = new AbortController();
  const { signal } = done;
  stop.signal.addEventListener("abort", () => done.abort(), { signal });
  const late = delay(START_MS, undefined, { signal }).then(() => {
    const log = agents.flatMap((agent) => agent.log);
    throw new Error(
      [`Nothing came in ${START_MS / 1000} s`, ...log].join("\n  "),
    );
  });
  try {
    const ended = agents.map((agent) => agent.ended);
    return await Promise.race([wanted, late, ...ended]);
  } finally {
    done.abort();
  }
}

function describe({ p50, p95 }: AgeStatus): string {
  return `p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms`;
}

function say(line: string): void {
  terminal.line(line);
}
