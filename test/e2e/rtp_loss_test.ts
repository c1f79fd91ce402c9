import assert from "node:assert/strict";
import { within } from "../faults/deadline.ts";
import { runSeed } from "../random.ts";
import { quantile } from "../faults/statistics.ts";
import type { UdpFaults } from "../faults/udp_fate.ts";
import { UdpProxy } from "../faults/udp_proxy.ts";
import { test } from "../harness.ts";
import { Agent } from "./agent.ts";
import { Clip } from "./clip.ts";
import { FfmpegReceiver } from "./ffmpeg_receiver.ts";
import { temporaryFolder } from "./folder.ts";
import { HashedFrames } from "./hashed_frames.ts";
import { RtpRecord } from "./rtp_record.ts";

const HOST = "127.0.0.1";

const CLIP = { width: 640, height: 480, seconds: 10, gop: 20 };

/** From the last packet of a keyframe that ends a loss to its frame. */
const BACK_MS = 100;

/** From the start of a sender to the end of a clip, on a busy machine. */
const CLIP_MS = 40_000;

/** What is lost; of pictures that nobody has stamped as well. */
const LOSSES: readonly {
  loss: string;
  stamp: boolean;
  faults: Partial<UdpFaults>;
}[] = [
  { loss: "1 %", stamp: true, faults: { loss: 0.01 } },
  { loss: "5 %", stamp: false, faults: { loss: 0.05 } },
  {
    loss: "200 ms a second",
    stamp: true,
    faults: {
      blackouts: Array.from({ length: 60 }, (_, second) => ({
        fromMs: 1000 * second + 400,
        forMs: 200,
      })),
    },
  },
];

test("camagent shows what is whole and nothing else, whatever RTP loses", async () => {
  using folder = temporaryFolder();
  const clip = new Clip(folder.path, CLIP);
  const results = await Promise.allSettled(
    LOSSES.map((loss) => lose(loss, clip, folder.path)),
  );
  for (const result of results) {
    if (result.status === "rejected") throw result.reason;
  }
});

/** Sends a clip, and compares what is shown with what can be shown. */
async function lose(
  { loss, stamp, faults }: typeof LOSSES[number],
  clip: Clip,
  folder: string,
): Promise<void> {
  const sink = "stdout:?pixelFormat=yuv420p";
  await using receiver = Agent.recv(`rtp://${HOST}:0`, sink);
  const frames = new HashedFrames(receiver.stdout, clip.frameBytes);
  const [, port] = await receiver.logs(/waits on 127\.0\.0\.1:(\d+)/);
  await using ffmpeg = await FfmpegReceiver.listen(folder);
  const record = new RtpRecord();
  await using proxy = await UdpProxy.start({
    target: { host: HOST, port: Number(port) },
    mirrors: [{ host: HOST, port: ffmpeg.port }],
    seed: runSeed(),
    faults,
    ...record,
  });
  const source = `file:${clip.path}?start=first-viewer&stamp=${stamp}`;
  await using sender = Agent.send(source, `rtp://${HOST}:${proxy.port}`);
  const exit = await within(CLIP_MS, "end of the clip", sender.exit);
  assert.deepEqual(exit, { code: 0, signal: null }, sender.log.join("\n"));
  await proxy.settled(proxy.counts.received);
  assert.equal(proxy.kernelDrops(), 0);

  const expected = showable(record, clip);
  // What a busy machine leaves out is counted: nothing else is missing.
  const { sinks: [{ written } = { written: 0 }] } = await receiver.says(
    ({ decoders: [decoder], sinks: [sink] }) =>
      expected.size === sink!.written + sink!.dropped + decoder!.stale +
          decoder!.dropped,
  );
  assert.equal(frames.all.length, written);
  const shown = frames.all.map(({ hash }) => clip.indexOf(hash));
  const others = await ffmpeg.end();
  const damaged = others.filter((hash) => clip.indexOf(hash) === undefined);
  const { firsts, rest } = ages(frames, expected, clip);
  report(`RTP, ${loss} lost, seed ${proxy.seed}`, [
    `${record.lost} of ${record.packets.length} packets`,
    `${written} of ${clip.pictures} frames shown`,
    `${expected.size} could be`,
    `after a loss within ${Math.max(...firsts).toFixed(0)} ms`,
    `FFmpeg ${others.length}`,
    `${damaged.length} of them damaged`,
  ]);
  assert.deepEqual(shown.filter((i) => !expected.has(i ?? -1)), []);
  assert.deepEqual(shown, [...new Set(shown)].sort((a, b) => a! - b!));
  assert.ok(shown.length > 0);
  // A machine that is busy with other things makes all frames late.
  const limit = Math.max(BACK_MS, 2 * quantile(rest, 1));
  assert.ok(firsts.every((age) => age <= limit), `${firsts} > ${limit}`);
}

/** What can be shown, from each whole keyframe to the next loss. */
interface Showable {
  /** Whether it ends a loss. */
  readonly first: boolean;
  /** When its last packet went on. */
  readonly sentAt: number;
}

function showable(record: RtpRecord, clip: Clip): Map<number, Showable> {
  const found = new Map<number, Showable>();
  let next: number | undefined;
  for (const { ticks, whole, sentAt } of record.pictures()) {
    const index = clip.indexAt(ticks);
    const first = index !== next;
    const isKeyframe = index % clip.gop === 0;
    next = whole && (isKeyframe || !first) ? index + 1 : undefined;
    if (next !== undefined) found.set(index, { first, sentAt });
  }
  return found;
}

/** Milliseconds from the last packet to the frame, once the decoder runs. */
function ages(
  frames: HashedFrames,
  expected: ReadonlyMap<number, Showable>,
  clip: Clip,
): { firsts: number[]; rest: number[] } {
  const firsts: number[] = [];
  const rest: number[] = [];
  for (const { hash, at } of frames.all.slice(1)) {
    const picture = expected.get(clip.indexOf(hash) ?? -1);
    if (picture) (picture.first ? firsts : rest).push(at - picture.sentAt);
  }
  return { firsts, rest };
}

/** The figures themselves are of interest, not only that they hold. */
function report(what: string, figures: string[]): void {
  // deno-lint-ignore no-console
  console.log(`${what}: ${figures.join(", ")}`);
}
