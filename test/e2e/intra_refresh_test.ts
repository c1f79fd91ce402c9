import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { concat } from "../../agent/media/bytes.ts";
import { RtpReceiver } from "../../agent/media/rtp/receiver.ts";
import type { RtpUnit } from "../../agent/media/rtp/unit.ts";
import { ms } from "../../agent/media/time.ts";
import { until } from "../faults/deadline.ts";
import { runSeed } from "../random.ts";
import { UdpProxy } from "../faults/udp_proxy.ts";
import { test } from "../harness.ts";
import { Agent } from "./agent.ts";
import { decodedHashes } from "./clip.ts";
import { temporaryFolder } from "./folder.ts";
import { HashedFrames } from "./hashed_frames.ts";
import { RtpRecord } from "./rtp_record.ts";

const HOST = "127.0.0.1";

const FRAME_BYTES = 640 * 480 * 3 / 2;

/** Pictures in which all of a picture is refreshed. */
const PERIOD = 15;

const SOURCE = `test:?intraRefresh=true&gop=${PERIOD}&bitrate=600k`;

/** A loss is mended when a refresh that began behind it is complete. */
const MENDED = 2 * PERIOD;

/** Pictures that are sent: some are lost, then all for a second, then none. */
const [LOSSY, DARK, CLEAN] = [240, 30, MENDED + 15];

test("camagent brings frames back after a loss without a keyframe", async () => {
  using folder = temporaryFolder();
  const sink = "stdout:?pixelFormat=yuv420p";
  await using receiver = Agent.recv(`rtp://${HOST}:0`, sink);
  const frames = new HashedFrames(receiver.stdout, FRAME_BYTES);
  const [, port] = await receiver.logs(/waits on 127\.0\.0\.1:(\d+)/);
  const record = new RtpRecord();
  await using proxy = await UdpProxy.start({
    target: { host: HOST, port: Number(port) },
    seed: runSeed(),
    ...record,
  });
  await using sender = Agent.send(SOURCE, `rtp://${HOST}:${proxy.port}`);
  await reach(record, 1);
  proxy.faults({ loss: 0.02 });
  await reach(record, LOSSY);
  proxy.faults({ loss: 1 });
  await reach(record, LOSSY + DARK);
  proxy.faults({ loss: 0 });
  await reach(record, LOSSY + DARK + CLEAN);
  sender.kill("SIGTERM");
  await sender.exit;
  await proxy.settled(proxy.counts.received);

  const units = unitsOf(record);
  assert.equal(units.filter(({ keyframe }) => keyframe).length, 1);
  const clean = decoded(units, folder.path);
  const shown = () => frames.all.map(({ hash }) => clean.get(hash));
  const mended = mendedPictures(record);
  const missing = () => {
    const all = new Set(shown());
    return mended.filter((index) => !all.has(index));
  };
  const status = await receiver.says(({ decoders: [decoder], sinks: [sink] }) =>
    // What a busy machine leaves out is counted; the decoder needs a refresh.
    missing().length <=
      sink!.dropped + decoder!.stale + decoder!.dropped * MENDED
  ).catch((error) => {
    throw new Error(`${missing()} are missing`, { cause: error });
  });
  // deno-lint-ignore no-console
  console.log(
    `RTP with intra refresh, seed ${proxy.seed}: ${record.lost} of ` +
      `${record.packets.length} packets lost, ${frames.all.length} of ` +
      `${units.length} frames shown, ${missing().length} of ` +
      `${mended.length} missing that are two refreshes behind a loss`,
  );
  assert.deepEqual(shown().filter((index) => index === undefined), []);
  assert.deepEqual(shown(), [...new Set(shown())].sort((a, b) => a! - b!));
  assert.equal(status.decoders[0]!.supervisor.restarts, 0);
  assert.ok(shown().at(-1)! >= LOSSY + DARK + MENDED);
});

function reach(record: RtpRecord, pictures: number): Promise<unknown> {
  return until(
    40_000,
    `picture ${pictures}`,
    () => record.pictures().length > pictures,
  );
}

/** Every picture that was sent, as it was before anything was lost. */
function unitsOf(record: RtpRecord): RtpUnit[] {
  const receiver = new RtpReceiver();
  return record.packets.flatMap(({ datagram }, i) =>
    receiver.push(datagram, ms(i))
  );
}

/** What the pictures look like where nothing is lost, and their numbers. */
function decoded(units: RtpUnit[], folder: string): Map<string, number> {
  const path = join(folder, "clean.h264");
  writeFileSync(path, concat(...units.map(({ data }) => data)));
  const hashes = decodedHashes(path, "-f", "h264");
  const indices = new Map(hashes.map((hash, i) => [hash, i]));
  assert.equal(hashes.length, units.length);
  assert.equal(indices.size, units.length);
  return indices;
}

/** The pictures that are at least two refreshes behind the latest loss. */
function mendedPictures(record: RtpRecord): number[] {
  let lossAt = -Infinity;
  const mended: number[] = [];
  record.pictures().forEach(({ whole }, i) => {
    if (!whole) lossAt = i;
    else if (i - lossAt > MENDED) mended.push(i);
  });
  return mended;
}
