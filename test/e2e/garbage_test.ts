import assert from "node:assert/strict";
import process from "node:process";
import { clock } from "../../agent/runtime/clock.ts";
import type { RecvStatus } from "../../agent/recv/status.ts";
import { until, within } from "../faults/deadline.ts";
import { Garbage } from "../faults/garbage.ts";
import { worstGap } from "../faults/statistics.ts";
import { UdpProxy } from "../faults/udp_proxy.ts";
import { test } from "../harness.ts";
import { Agent } from "./agent.ts";
import { Clip } from "./clip.ts";
import { temporaryFolder } from "./folder.ts";
import { HashedFrames } from "./hashed_frames.ts";

const [HOST, OTHER] = ["127.0.0.1", "127.0.0.2"];

/** Three are a smoke test, sixty a measurement. */
const SECONDS = Number(process.env.CAMAGENT_SECONDS ?? 3);

const CLIP = { width: 640, height: 480, seconds: SECONDS, gop: 30 };

/** From the start of a sender to the end of a clip, on a busy machine. */
const CLIP_MS = 30_000 + 1000 * SECONDS;

/** Datagrams a second. */
const RATE = 10_000;

/** Part of the pictures that is kept. */
const KEPT = 0.99;

/** Silence after which somebody else may be listened to. */
const GONE_MS = 500;

for (const scheme of ["udp", "rtp"]) {
  test(`camagent recv ${scheme}: keeps its stream among garbage, and answers nobody`, async () => {
    await listen(scheme, "");
  });

  test(`camagent recv ${scheme}:?source= finds its stream among garbage`, async () => {
    await listen(scheme, `?source=${HOST}`);
  });
}

/**
 * Where nothing tells garbage from a stream, the stream has to be there first:
 * without numbers and without a name.
 */
async function listen(scheme: string, query: string): Promise<void> {
  using folder = temporaryFolder();
  const clip = new Clip(folder.path, CLIP);
  const sink = "stdout:?pixelFormat=yuv420p";
  await using receiver = Agent.recv(`${scheme}://${HOST}:0${query}`, sink);
  const frames = new HashedFrames(receiver.stdout, clip.frameBytes);
  const [, port] = await receiver.logs(/waits on 127\.0\.0\.1:(\d+)/);
  const to = { host: HOST, port: Number(port) };
  const flood = () => new Garbage({ from: OTHER, to, rate: RATE });
  const isFirst = scheme === "udp" && query === "";
  using early = isFirst ? undefined : flood();
  const sentAt: number[] = [];
  await using proxy = await UdpProxy.start({
    target: to,
    onSent: () => void sentAt.push(clock.now()),
  });
  const source = `file:${clip.path}?start=first-viewer`;
  await using sender = Agent.send(source, `${scheme}://${HOST}:${proxy.port}`);
  await until(CLIP_MS, "frame", () => frames.all.length > 0);
  using late = isFirst ? flood() : undefined;
  await within(CLIP_MS, "end of the clip", sender.exit);

  const enough = KEPT * clip.pictures;
  const isJudged = query !== "" || worstGap(sentAt) < GONE_MS;
  await receiver.says((status) => !isJudged || wholeIn(status) >= enough);
  const { sent, answers } = early ?? late!;
  // deno-lint-ignore no-console
  console.log(
    `${scheme}${query} among garbage, seed ${proxy.seed}: ` +
      `${wholeIn(receiver.status!)} of ${clip.pictures} pictures whole, ` +
      `${frames.all.length} shown, ${answers} of ${sent} datagrams answered` +
      (isJudged ? "" : "; the sender was silent for too long"),
  );
  assert.equal(answers, 0);
  const shown = frames.all.map(({ hash }) => clip.indexOf(hash));
  assert.deepEqual(isJudged ? shown.filter((i) => i === undefined) : [], []);
}

/** What a busy machine leaves out is counted. */
function wholeIn({ decoders: [decoder], sinks: [sink] }: RecvStatus): number {
  return sink!.written + sink!.dropped + decoder!.stale + decoder!.dropped;
}
