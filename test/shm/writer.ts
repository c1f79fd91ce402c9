/**
 * A writer of frames that show whether they are torn: every byte of frame `n`
 * is `n % 251`, but for its number at the start of every 4 KiB.
 *
 *     writer.ts NAME WIDTHxHEIGHT FPS [SECONDS] [light|slow]
 *
 * With "light" it leaves the rest as it is, to cost what handing over costs.
 * With "slow" it rests in the middle of each frame: whoever kills it then finds
 * half a frame, as often as not.
 * Says "ready" once readers can open it, and at its end how late its frames
 * were: `{"frames":120,"lateMs":{"p50":0.1,"p99":1.2,"max":3.4}}`.
 *
 * @module
 */

import process from "node:process";
import { packedFormat } from "../../agent/media/frame.ts";
import { type Milliseconds, ms } from "../../agent/media/time.ts";
import { runtime } from "../../agent/runtime/mod.ts";
import * as sinkShm from "../../plugins/sink-shm/mod.ts";
import { declare } from "../contract/declaration.ts";
import { contextOf } from "../contract/sink_usage.ts";

/** What readers look at. */
export const PAGE_BYTES = 4096;

/** Bytes repeat after so many frames: a prime, so that slots do not. */
const PERIOD = 251;

const SLOTS = 3;

const [name = "", size = "", fps = "", seconds = "3600", pace] = process.argv
  .slice(2);
const [width = 0, height = 0] = size.split("x").map(Number);
const format = { ...packedFormat(width, height, "rgb24"), fps: Number(fps) };
const plugin = declare(sinkShm, "sink");
const stop = new AbortController();
process.on("SIGTERM", () => stop.abort());
const context = contextOf(plugin, `shm:${name}`, runtime, stop.signal);
await using prepared = await plugin.prepare!(context);
await using memory = await plugin.allocate!(format, SLOTS, context);
await using sink = await plugin.open(format, context, prepared);
process.stdout.write("ready\n");

const late: number[] = [];
const begin = runtime.now();
const frames = Math.round(Number(seconds) * format.fps);
for (let n = 1; n <= frames && !stop.signal.aborted; n++) {
  const due = ms(begin + n * 1000 / format.fps);
  await until(due);
  const slot = n % SLOTS;
  memory.reuse!(slot);
  const data = memory.slots[slot]!;
  const half = data.length >> 1 & -PAGE_BYTES;
  fill(data.subarray(0, half), n);
  if (pace === "slow") await until(ms(due + 500 / format.fps));
  fill(data.subarray(half), n);
  await sink.write({
    data,
    sequence: n,
    receivedAt: due,
    decodedAt: runtime.now(),
    keyframe: false,
    damaged: false,
  });
  late.push(runtime.now() - due);
}
late.sort((a, b) => a - b);
const at = (part: number) => late[Math.floor(part * (late.length - 1))];
const lateMs = { p50: at(0.5), p99: at(0.99), max: late.at(-1) };
process.stdout.write(`${JSON.stringify({ frames: late.length, lateMs })}\n`);

async function until(due: Milliseconds): Promise<void> {
  const left = due - runtime.now();
  if (left > 0) await runtime.sleep(ms(left), stop.signal).catch(() => {});
}

function fill(data: Uint8Array<ArrayBuffer>, n: number): void {
  const words = data.length / 4;
  const view = new Int32Array(data.buffer, data.byteOffset, words);
  if (pace !== "light") view.fill((n % PERIOD) * 0x01010101);
  for (let at = 0; at < words; at += PAGE_BYTES / 4) view[at] = n;
}
