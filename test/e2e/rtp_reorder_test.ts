import assert from "node:assert/strict";
import { within } from "../faults/deadline.ts";
import { runSeed } from "../random.ts";
import { UdpProxy } from "../faults/udp_proxy.ts";
import { test } from "../harness.ts";
import { Agent } from "./agent.ts";
import { Clip } from "./clip.ts";
import { temporaryFolder } from "./folder.ts";
import { HashedFrames } from "./hashed_frames.ts";
import { RtpRecord } from "./rtp_record.ts";

const HOST = "127.0.0.1";

const CLIP = { width: 640, height: 480, seconds: 10, gop: 20 };

/** From the start of a sender to the end of a clip, on a busy machine. */
const CLIP_MS = 40_000;

/** Every datagram comes 0 to 16 ms late, and some come twice. */
const FAULTS = { delayMs: 8, jitterMs: 8, duplicate: 0.1 };

/** Less than 20 ms, since a receiver has a timer as well. */
const SURELY_IN_TIME_MS = 18;

test("camagent loses nothing that RTP brings in another order", async () => {
  using folder = temporaryFolder();
  const clip = new Clip(folder.path, CLIP);
  const sink = "stdout:?pixelFormat=yuv420p";
  await using receiver = Agent.recv(`rtp://${HOST}:0`, sink);
  const frames = new HashedFrames(receiver.stdout, clip.frameBytes);
  const [, port] = await receiver.logs(/waits on 127\.0\.0\.1:(\d+)/);
  const record = new RtpRecord();
  await using proxy = await UdpProxy.start({
    target: { host: HOST, port: Number(port) },
    seed: runSeed(),
    faults: FAULTS,
    ...record,
  });
  const source = `file:${clip.path}?start=first-viewer`;
  await using sender = Agent.send(source, `rtp://${HOST}:${proxy.port}`);
  await within(CLIP_MS, "end of the clip", sender.exit);
  await proxy.settled(proxy.counts.received);
  assert.equal(proxy.kernelDrops(), 0);

  const expected = inOrder(record, clip);
  const shown = () => frames.all.map(({ hash }) => clip.indexOf(hash));
  const missing = () => {
    const all = new Set(shown());
    return expected.filter((index) => !all.has(index));
  };
  const status = await receiver.says(({ decoders: [decoder], sinks: [sink] }) =>
    // What a busy machine leaves out is counted.
    missing().length <= sink!.dropped + decoder!.stale + decoder!.dropped
  ).catch((error) => {
    throw new Error(`${missing()} are missing`, { cause: error });
  });
  const { packets } = status.input;
  // deno-lint-ignore no-console
  console.log(
    `RTP in disorder, seed ${proxy.seed}: ${packets.reordered} packets late, ` +
      `${packets.lost} lost, ${shown().length} frames shown, ` +
      `${expected.length} of ${clip.pictures} came behind the first late packet`,
  );
  assert.ok(packets.reordered > 0 && packets.dropped > 0);
  assert.deepEqual(shown().filter((index) => index === undefined), []);
  assert.deepEqual(shown(), [...new Set(shown())].sort((a, b) => a! - b!));
});

/**
 * The pictures from the keyframe on that follows the first late packet. What a
 * busy machine has delayed further than that is left out, up to the next one.
 */
function inOrder(record: RtpRecord, clip: Clip): number[] {
  const lateness = record.lateness();
  const all = record.packets.map(({ ticks, sentAt }, i) => {
    const late = lateness[i]!;
    return { index: clip.indexAt(ticks), late, sentAt };
  });
  const first = Math.min(...all.map(({ sentAt = Infinity }) => sentAt));
  const begin = all.findIndex(({ sentAt }) => sentAt === first);
  const isInTime = (late: number) => late <= SURELY_IN_TIME_MS;
  const opened = all.find(({ late }, i) =>
    i > begin && late > 0 && isInTime(late)
  );
  const tooLate = new Set(
    all.filter(({ late }) => !isInTime(late)).map(({ index }) => index),
  );
  let isWhole = false;
  return [...new Set(all.map(({ index }) => index))].filter((index) => {
    if (index <= opened!.index || tooLate.has(index)) isWhole = false;
    else if (index % clip.gop === 0) isWhole = true;
    return isWhole;
  });
}
