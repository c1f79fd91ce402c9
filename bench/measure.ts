/**
 * One run of one pipeline: how old the frames are, and what it costs.
 *
 * @module
 */

import type { Milliseconds } from "../agent/media/time.ts";
import { ms } from "../agent/media/time.ts";
import { now } from "./clock.ts";
import type { Row } from "./pipelines.ts";
import { readTree } from "./proc.ts";
import type { Sighting } from "./reader.ts";
import { type Format, Rig, startReader } from "./rig.ts";

/** The programs whose cost is told apart. */
export type Role = "source" | "sender" | "receiver" | "reader";

/** What a program used during the run. */
export interface Usage {
  /** Of one core, 0 to the number of cores: the program alone. */
  readonly own: number;
  /** The same of the programs it started. */
  readonly children: number;
  /** Resident memory of the program alone, in MB. */
  readonly residentMb: number;
}

/** One run. */
export interface Run {
  /** What the reader saw after the warm-up. */
  readonly sightings: readonly Sighting[];
  /** From the receiver's start to its first frame. */
  readonly firstFrame: Milliseconds;
  /** Who used what. */
  readonly usage: Readonly<Record<Role, Usage>>;
}

/** How a run is done. */
export interface RunOptions {
  /** What the camera delivers. */
  format: Format;
  /** The words that start camagent. */
  camagent: readonly string[];
  /** How long frames are counted. */
  seconds: number;
  /** Ends the run early. */
  signal: AbortSignal;
}

/** Frames before this are not counted: the decoder works off its start. */
const WARM_UP_MS = 2000;
/** FFmpeg without flags looks at 5 s of stream before its first frame. */
const FIRST_FRAME_LIMIT_MS = 20_000;

/**
 * Runs a pipeline.
 *
 * @throws {Error} If a program ends, or no frame comes.
 */
export async function measure(row: Row, options: RunOptions): Promise<Run> {
  const { format, camagent, seconds, signal } = options;
  await using rig = await Rig.open(format, camagent, signal);
  const { children, link } = rig;
  const sightings: Sighting[] = [];
  const first = Promise.withResolvers<Sighting>();
  const reader = await startReader(children, row, link, (sighting) => {
    first.resolve(sighting);
    sightings.push(sighting);
  });
  const source = rig.startSource();
  const sender = await rig.startSender(row);
  const startedAt = now();
  const receiver = children.start({
    name: `${row.name} receiver`,
    command: row.receive(link),
  });
  const { readAt } = await children.until(
    "the first frame",
    first.promise,
    FIRST_FRAME_LIMIT_MS,
  );
  await children.pause(WARM_UP_MS);

  const pids = { source, sender, receiver, reader };
  const before = readCosts(pids);
  await children.pause(seconds * 1000);
  const after = readCosts(pids);
  const counted = (after.at - before.at) / 1e6;
  return {
    sightings: sightings.filter(({ readAt }) =>
      readAt >= before.at && readAt <= after.at
    ),
    firstFrame: ms((readAt - startedAt) / 1000),
    usage: {
      source: difference(before.source, after.source, counted),
      sender: difference(before.sender, after.sender, counted),
      receiver: difference(before.receiver, after.receiver, counted),
      reader: difference(before.reader, after.reader, counted),
    },
  };
}

/** CPU time so far, in s. */
interface Cost {
  own: number;
  all: number;
  residentMb: number;
}

function readCosts(pids: Record<Role, number>) {
  return {
    at: now(),
    source: readCost(pids.source),
    sender: readCost(pids.sender),
    receiver: readCost(pids.receiver),
    reader: readCost(pids.reader),
  };
}

function readCost(pid: number): Cost {
  const tree = readTree(pid);
  return {
    own: tree[0]?.ownSeconds ?? NaN,
    all: tree.reduce(
      (sum, process) => sum + process.ownSeconds + process.waitedSeconds,
      0,
    ),
    residentMb: tree[0]?.residentMb ?? NaN,
  };
}

function difference(before: Cost, after: Cost, seconds: number): Usage {
  const own = after.own - before.own;
  return {
    own: own / seconds,
    children: (after.all - before.all - own) / seconds,
    residentMb: after.residentMb,
  };
}
