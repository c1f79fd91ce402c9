import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { clock } from "../../agent/runtime/clock.ts";
import type { RecvStatus } from "../../agent/recv/status.ts";
import { until, within } from "../faults/deadline.ts";
import { worstGap } from "../faults/statistics.ts";
import { UdpProxy } from "../faults/udp_proxy.ts";
import { test } from "../harness.ts";
import { Agent } from "./agent.ts";
import { temporaryFolder } from "./folder.ts";
import { TestPictureReader } from "./test_picture_reader.ts";

const HOST = "127.0.0.1";

/** Half a second between keyframes. */
const SOURCE = "test:?gop=15";
const GOP_MS = 500;

/** From a keyframe to its frame. */
const BACK_MS = 100;

/** Silence that counts, and how late a busy machine may notice. */
const STALL_MS = 2000;
const NOTICED_MS = 1500;

const SILENCE_MS = 4000;

/** Frames of each sender that are looked at. */
const SOME = 45;

/** Any of the senders is started within. */
const START_MS = 30_000;

test("camagent recv keeps a silent port open, and takes whoever sends next", async () => {
  const results = await Promise.allSettled(["udp", "rtp"].map(listen));
  for (const result of results) {
    if (result.status === "rejected") throw result.reason;
  }
});

async function listen(scheme: string): Promise<void> {
  using folder = temporaryFolder();
  const path = join(folder.path, "frames");
  await using receiver = Agent.recv(`${scheme}://${HOST}:0`, `pipe:${path}`);
  const [, port] = await receiver.logs(/waits on 127\.0\.0\.1:(\d+)/);
  const socket = inodeOf(Number(port));
  await until(START_MS, "FIFO", () => existsSync(path));
  await using reader = new TestPictureReader(path, 640, 480);
  let sentAt = 0;
  await using proxy = await UdpProxy.start({
    target: { host: HOST, port: Number(port) },
    onSent: () => void (sentAt = clock.now()),
  });
  const proxied = `${scheme}://${HOST}:${proxy.port}`;

  await sending(SOURCE, proxied, async () => {
    await reader.reach(SOME);
    const [decoder] = receiver.children("ffmpeg");
    const gap = worstGap(reader.times.slice(SOME / 3));
    proxy.blackout(SILENCE_MS);
    const { input } = await receiver.says(isStalled);
    const noticed = input.supervisor.since - sentAt;
    const lastAt = sentAt;
    const sends = () => sentAt > lastAt && sentAt;
    const backAt = await until(START_MS, "sender", sends);
    const back = await reader.after(backAt) - backAt;
    // deno-lint-ignore no-console
    console.log(
      `${scheme}, silent: noticed after ${noticed.toFixed(0)} ms, ` +
        `frames ${back.toFixed(0)} ms after the sender`,
    );
    assert.ok(noticed > STALL_MS - 10, `${noticed} ms`);
    assert.ok(noticed < STALL_MS + NOTICED_MS, `${noticed} ms`);
    // A machine that is busy with other things makes all frames late.
    assert.ok(back <= GOP_MS + Math.max(BACK_MS, 2 * gap), `${back}, ${gap}`);
    assert.equal(receiver.children("ffmpeg")[0], decoder);
  });

  const [decoder] = receiver.children("ffmpeg");
  await sending(SOURCE, proxied, async () => {
    await reader.reach(reader.times.length + SOME);
    const status = await receiver.says(({ input }) => !isStalled({ input }));
    assert.deepEqual(restartsOf(status), [0, 0, 0]);
    assert.equal(receiver.children("ffmpeg")[0], decoder);
  });

  const direct = `${scheme}://${HOST}:${port}`;
  await sending(`${SOURCE}&size=800x600`, direct, async () => {
    await within(START_MS, "end of the old size", reader.ended);
    assert.deepEqual([reader.broken, reader.rest], [0, 0]);
    await until(START_MS, "new size", () => widthOf(path) === 800);
    await using second = new TestPictureReader(path, 800, 600);
    await second.reach(SOME);
    assert.equal(second.broken, 0);
    assert.equal(inodeOf(Number(port)), socket);
  });
}

/** Does something while an agent sends, and ends that without a goodbye. */
async function sending(
  source: string,
  address: string,
  body: () => Promise<void>,
): Promise<void> {
  await using sender = Agent.send(source, address);
  try {
    await body();
  } finally {
    sender.kill("SIGKILL");
    await sender.exit;
  }
}

function isStalled({ input }: Pick<RecvStatus, "input">): boolean {
  return input.supervisor.state === "stalled";
}

function restartsOf({ input, decoders, sinks }: RecvStatus): number[] {
  return [input, ...decoders, ...sinks].map(({ supervisor }) =>
    supervisor.restarts
  );
}

/** It is gone between two sizes. */
function widthOf(path: string): number | undefined {
  const sidecar = `${path}.json`;
  if (!existsSync(sidecar)) return undefined;
  return JSON.parse(readFileSync(sidecar, "utf8")).width;
}

/** proc(5): the second column is `address:port`, the tenth the inode. */
function inodeOf(port: number): string | undefined {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return readFileSync("/proc/net/udp", "latin1").split("\n")
    .map((line) => line.trim().split(/\s+/))
    .find(([, local]) => local?.endsWith(suffix))?.[9];
}
