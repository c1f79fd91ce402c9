/**
 * How long a receiver waits for its first frame when it joins a sender that
 * is running.
 *
 * @module
 */

import { type Milliseconds, ms } from "../agent/media/time.ts";
import { Children } from "./children.ts";
import { now } from "./clock.ts";
import type { RunOptions } from "./measure.ts";
import type { Row } from "./pipelines.ts";
import type { Sighting } from "./reader.ts";
import { Rig, startReader } from "./rig.ts";
import { type Ages, summarizeAges } from "./statistics.ts";

/** What receivers that joined saw. */
export interface FirstFrames {
  /** From the start of the process to a whole frame in the reader. */
  readonly delay: Ages;
  /** How old that frame was. */
  readonly age: Ages;
}

const JOINS = 20;
/** The GOP of every row lasts a second. */
const GOP_MS = 1000;
/** Until the sender has more than a GOP behind it. */
const WARM_UP_MS = 3000;
const FIRST_FRAME_LIMIT_MS = 20_000;

/**
 * Joins a row's sender, again and again, at moments spread over its GOP.
 *
 * @throws {Error} If a program ends, or no frame comes.
 */
export async function measureFirstFrames(
  row: Row,
  { format, camagent, signal }: Omit<RunOptions, "seconds">,
): Promise<FirstFrames> {
  await using rig = await Rig.open(format, camagent, signal);
  rig.startSource();
  await rig.startSender(row);
  await rig.children.pause(WARM_UP_MS);
  const delays: Milliseconds[] = [];
  const ages: Milliseconds[] = [];
  for (let join = 0; join < JOINS; join++) {
    const phase = join / JOINS * GOP_MS;
    const { startedAt, sighting } = await joinOnce(rig, row, phase, signal);
    delays.push(ms((sighting.readAt - startedAt) / 1000));
    const { stamp, readAt } = sighting;
    if (stamp !== undefined) ages.push(ms((readAt - stamp.time) / 1000));
  }
  return { delay: summarizeAges(delays), age: summarizeAges(ages) };
}

async function joinOnce(
  rig: Rig,
  row: Row,
  phase: number,
  signal: AbortSignal,
): Promise<{ startedAt: number; sighting: Sighting }> {
  await using viewer = new Children(signal);
  const link = rig.viewerLink();
  const first = Promise.withResolvers<Sighting>();
  await startReader(viewer, row, link, first.resolve);
  const behind = (now() / 1000) % GOP_MS;
  await rig.children.pause((phase - behind + GOP_MS) % GOP_MS);
  const startedAt = now();
  const name = `${row.name} receiver`;
  viewer.start({ name, command: row.receive(link) });
  const sighting = await viewer.until(
    "the first frame",
    first.promise,
    FIRST_FRAME_LIMIT_MS,
  );
  return { startedAt, sighting };
}
