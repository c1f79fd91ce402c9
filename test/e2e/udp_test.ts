import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import type { RecvStatus } from "../../agent/recv/status.ts";
import { clock } from "../../agent/runtime/clock.ts";
import { until } from "../faults/deadline.ts";
import type { UdpFaults } from "../faults/udp_fate.ts";
import { UdpProxy } from "../faults/udp_proxy.ts";
import { test } from "../harness.ts";
import { Agent } from "./agent.ts";
import { FifoFrames } from "./fifo_frames.ts";
import { temporaryFolder } from "./folder.ts";

/** yuv420p, which nobody converts: frames can be compared bit by bit. */
const BYTES = 640 * 480 * 3 / 2;

/** Pictures between keyframes, at 30 a second. */
const GOP = 15;
const GOP_MS = 500;

/** Seven seconds, so that a share of them says something. */
const SENT = 210;

/** From the end of a fault to the keyframe that ends it, and its decoding. */
const BACK_MS = GOP_MS + 100;

/** A clip that is sent as it is, and every frame there is in it. */
interface Clip {
  readonly file: Uint8Array;
  readonly frames: ReadonlySet<string>;
}

let clip: Clip | undefined;

/** Encodes and decodes once for all tests. */
function makeClip(): Clip {
  using folder = temporaryFolder();
  const path = join(folder.path, "clip.mp4");
  const ffmpeg = (...args: string[]) =>
    execFileSync("ffmpeg", ["-v", "error", ...args], { maxBuffer: 1 << 28 });
  ffmpeg(
    ...["-f", "lavfi", "-i", "testsrc2=size=640x480:rate=30", "-frames:v"],
    ...["300", "-c:v", "libx264", "-preset", "ultrafast", "-tune"],
    ...["zerolatency", "-b:v", "2M", "-maxrate", "2M", "-bufsize", "500k"],
    ...["-g", `${GOP}`, "-pix_fmt", "yuv420p", path],
  );
  const raw = ffmpeg("-i", path, "-f", "rawvideo", "-");
  const frames = new Set<string>();
  for (let at = 0; at < raw.length; at += BYTES) {
    frames.add(hash(raw.subarray(at, at + BYTES)));
  }
  assert.ok(frames.size > 290, `${frames.size} frames`);
  return { file: readFileSync(path), frames };
}

/** A folder with the clip in it, and the address of the source. */
function setUp() {
  const { file, frames } = clip ??= makeClip();
  const folder = temporaryFolder();
  const path = join(folder.path, "clip.mp4");
  writeFileSync(path, file);
  return {
    clean: frames,
    path: folder.path,
    source: `file:${path}?loop=true`,
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

function hash(frame: Uint8Array): string {
  return createHash("sha1").update(frame).digest("hex");
}

/** A receiver, and a proxy before it that a sender can send to. */
async function openReceiver(folder: string, faults: Partial<UdpFaults> = {}) {
  await using stack = new AsyncDisposableStack();
  const path = join(folder, "frames");
  const sink = ["--pixel-format", "yuv420p", `pipe:${path}`];
  const receiver = stack.use(Agent.recv("udp://127.0.0.1:0", ...sink));
  const [, port] = await receiver.logs(/waits on 127\.0\.0\.1:(\d+)/);
  const target = { host: "127.0.0.1", port: Number(port) };
  const proxy = stack.use(await UdpProxy.start({ target, faults }));
  const all = stack.move();
  return {
    receiver,
    proxy,
    address: `udp://127.0.0.1:${proxy.port}`,
    async frames() {
      await until(5000, "FIFO", () => existsSync(path));
      return new FifoFrames(path, BYTES);
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** Pictures that were sent, as far as the receiver knows. */
function sentOf({ input }: RecvStatus): number {
  return input.units + input.missing;
}

test("camagent receives over UDP every picture that is sent", async () => {
  using folder = setUp();
  await using link = await openReceiver(folder.path);
  await using _ = Agent.send(folder.source, link.address);
  await using reader = await link.frames();
  const isEnough = (status: RecvStatus) => sentOf(status) >= SENT;
  const status = await link.receiver.says(isEnough, 30_000);
  const { input, decoders: [decoder] } = status;
  assert.deepEqual([input.damaged, input.missing, input.held], [0, 0, 0]);
  assert.deepEqual(input.packets, { lost: 0, reordered: 0, dropped: 0 });
  // The last few are still inside.
  assert.ok(input.units - decoder!.decoded < 5, JSON.stringify(status));
  assertClean(reader, folder.clean);
  assert.equal(link.proxy.kernelDrops(), 0);
});

for (
  const [what, faults] of Object.entries({
    "2 % are lost": { loss: 0.02 },
    "they are lost in bursts": { burst: { enter: 0.002, leave: 0.1, loss: 1 } },
    "some come twice and some are overtaken": {
      duplicate: 0.01,
      reorder: 0.01,
    },
  })
) {
  test(`camagent shows no damaged frame over UDP where ${what}`, async () => {
    using folder = setUp();
    await using link = await openReceiver(folder.path, faults);
    await using _ = Agent.send(folder.source, link.address);
    await using reader = await link.frames();
    // Bursts are rare: of twenty runs one has none by then.
    const isEnough = (status: RecvStatus) =>
      sentOf(status) >= SENT &&
      status.input.damaged + status.input.missing > 0;
    const status = await link.receiver.says(isEnough, 40_000);
    const { input } = status;
    assert.equal(input.supervisor.restarts, 0);
    const shown = reader.frames.all.length;
    assert.ok(shown > 20, `${shown} frames`);
    assertClean(reader, folder.clean);
    report(what, { shown, sent: sentOf(status), proxy: link.proxy });
    // And they come for as long as the stream does.
    link.proxy.faults({ loss: 0, burst: undefined, duplicate: 0, reorder: 0 });
    await reader.frames.reach(shown + 60, 5000);
    assertClean(reader, folder.clean);
  });
}

test("camagent shows frames over UDP from the keyframe after a blackout on", async () => {
  using folder = setUp();
  await using link = await openReceiver(folder.path);
  await using _ = Agent.send(folder.source, link.address);
  await using reader = await link.frames();
  await reader.frames.reach(60);
  const gaps: number[] = [];
  for (let round = 0; round < 4; round++) {
    const since = clock.now();
    link.proxy.blackout(200);
    gaps.push(await reader.frames.gapAfter(since) - 200);
    // Out of step with the keyframes.
    const { length } = reader.frames.all;
    await reader.frames.reach(length + 20 + round);
  }
  assertClean(reader, folder.clean);
  assert.ok(Math.max(...gaps) <= BACK_MS, gaps.join(" "));
  say(`frames back after a blackout of 200 ms: ${gaps.map(Math.round)} ms`);
});

test("camagent keeps its UDP port open for the next sender", async () => {
  using folder = setUp();
  await using link = await openReceiver(folder.path);
  const first = Agent.send(folder.source, link.address);
  await using reader = await link.frames();
  await reader.frames.reach(30);
  first.kill("SIGKILL");
  await first[Symbol.asyncDispose]();
  const { receiver } = link;
  const stateIs = (wanted: string) => (status: RecvStatus) =>
    status.input.supervisor.state === wanted;
  await receiver.says(stateIs("stalled"));
  const [decoder] = receiver.children("ffmpeg");
  // A sender from another port, which nobody has announced.
  link.proxy.newSourcePort();
  const { length } = reader.frames.all;
  await using _ = Agent.send(folder.source, link.address);
  await reader.frames.reach(length + 30);
  await receiver.says(stateIs("running"));
  const { input } = receiver.status!;
  const { restarts, failures } = input.supervisor;
  assert.deepEqual([restarts, failures], [0, { stalled: 1 }]);
  assert.equal(receiver.children("ffmpeg")[0], decoder);
  assertClean(reader, folder.clean);
});

test("camagent passes damaged frames on where it is told to", async () => {
  using folder = setUp();
  const path = join(folder.path, "frames");
  const sink = ["--pixel-format", "yuv420p", `pipe:${path}`];
  await using receiver = Agent.recv("udp://127.0.0.1:0?loss=pass", ...sink);
  const [, port] = await receiver.logs(/waits on 127\.0\.0\.1:(\d+)/);
  const target = { host: "127.0.0.1", port: Number(port) };
  await using proxy = await UdpProxy.start({ target, faults: { loss: 0.02 } });
  const to = `udp://127.0.0.1:${proxy.port}`;
  await using _ = Agent.send(folder.source, to);
  await until(5000, "FIFO", () => existsSync(path));
  await using reader = new FifoFrames(path, BYTES);
  const isEnough = (status: RecvStatus) => sentOf(status) >= SENT;
  const status = await receiver.says(isEnough, 40_000);
  assert.equal(status.input.held, 0);
  // It is the same check that finds none above.
  const damaged = damagedOf(reader, folder.clean);
  const shown = reader.frames.all.length;
  assert.ok(damaged > shown / 4, `${damaged} of ${shown}`);
  say(`loss=pass, 2 % lost: ${damaged} of ${shown} frames are damaged`);
});

function damagedOf({ frames }: FifoFrames, clean: ReadonlySet<string>): number {
  return frames.all.filter(({ data }) => !clean.has(hash(data))).length;
}

function assertClean(reader: FifoFrames, clean: ReadonlySet<string>): void {
  const damaged = damagedOf(reader, clean);
  assert.equal(damaged, 0, `${damaged} of ${reader.frames.all.length}`);
}

/** The figures themselves are of interest, not only that they hold. */
function report(
  what: string,
  { shown, sent, proxy }: { shown: number; sent: number; proxy: UdpProxy },
): void {
  const share = (100 * shown / sent).toFixed(0);
  say(`UDP, ${what}: ${share} % of ${sent} shown (seed ${proxy.seed})`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
