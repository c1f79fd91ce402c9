/**
 * What the pipelines are held to: differences and ratios against a reference
 * of the same minutes, because machines are noisy.
 *
 * @module
 */

import type { FirstFrames } from "./first_frame.ts";
import type { Format } from "./rig.ts";
import type { Summary } from "./statistics.ts";

/** One budget and how it went. */
export interface Verdict {
  /** Of which table rows. */
  readonly size: string;
  /** What was compared, with its unit. */
  readonly what: string;
  readonly value: number;
  readonly limit: number;
  /** Whether `value` may be at most or must be at least `limit`. */
  readonly bound: "most" | "least";
  readonly met: boolean;
}

/** What each row with a budget of 3 ms is compared with. */
const FLOORS: Readonly<Record<string, string>> = {
  udp: "floor",
  multicast: "floor",
  rtp: "floor",
  "rtsp-tcp": "floor",
  "rtsp-udp": "floor",
  mpegts: "floor",
  hevc: "hevc-floor",
  mjpeg: "mjpeg-floor",
};

/** Judges the age of frames at one size; rows that did not run are left out. */
export function judgeAges(
  format: Format,
  rows: Partial<Record<string, Summary>>,
): Verdict[] {
  const { height, fps } = format;
  const { atMost, atLeast } = comparisons(format);
  const { floor, ancestor, camagent } = rows;
  const verdicts: Verdict[] = [];
  if (height === 480 && camagent !== undefined) {
    const { ages } = camagent;
    // A camera that is held up skips, and what it skips is not lost.
    verdicts.push(
      atMost(0, camagent.lost, "frames lost"),
      atLeast(0.99 * fps, camagent.fps, "camera's pictures per second"),
    );
    if (floor !== undefined) {
      verdicts.push(
        atMost(2, ages.p50 - floor.ages.p50, "p50 over the floor's, ms"),
        atMost(8, ages.p99 - floor.ages.p99, "p99 over the floor's, ms"),
      );
    }
    if (ancestor !== undefined) {
      const ratio = ancestor.ages.p50 / ages.p50;
      verdicts.push(atLeast(10, ratio, "ancestor's p50 in ours, times"));
    }
  }
  if (height === 480) {
    for (const [name, floorName] of Object.entries(FLOORS)) {
      const [row, floor] = [rows[name], rows[floorName]];
      if (row === undefined || floor === undefined) continue;
      const over = row.ages.p50 - floor.ages.p50;
      verdicts.push(atMost(3, over, `${name}: p50 over the floor's, ms`));
    }
  }
  const { shm } = rows;
  if (shm !== undefined && camagent !== undefined) {
    const over = shm.ages.p50 - camagent.ages.p50;
    verdicts.push(atMost(0, over, "shm: p50 over the pipe's, ms"));
  }
  const { rtsp, "rtsp-usual": usual } = rows;
  if (height === 480 && rtsp !== undefined && usual !== undefined) {
    const ratio = rtsp.ages.p50 / usual.ages.p50;
    verdicts.push(atMost(0.65, ratio, "rtsp: p50 in the usual one's, times"));
  }
  const { "rtsp-tuned": tuned } = rows;
  if (height === 480 && rtsp !== undefined && tuned !== undefined) {
    const below = tuned.ages.p50 - rtsp.ages.p50;
    verdicts.push(atLeast(20, below, "rtsp: p50 below tuned FFmpeg's, ms"));
  }
  if (height === 1080 && floor !== undefined && camagent !== undefined) {
    const over = camagent.ages.p50 - floor.ages.p50;
    verdicts.push(atMost(8, over, "p50 over the floor's, ms"));
  }
  return verdicts;
}

/**
 * Judges what a receiver waits for that joins a running sender. One that
 * connects is given the pictures since the last keyframe; of datagrams it has
 * to wait for the next keyframe, however fast it is.
 */
export function judgeFirstFrames(
  format: Format,
  row: string,
  { delay, age }: FirstFrames,
): Verdict[] {
  const { atMost } = comparisons(format);
  if (row === "rtsp-tcp") {
    return [atMost(350, delay.p50, "rtsp: first frame after, ms")];
  }
  if (row !== "camagent") return [];
  return [
    atMost(
      format.height < 1080 ? 250 : 500,
      delay.p50,
      "first frame after, ms",
    ),
    atMost(150, age.p50, "age of the first frame, ms"),
  ];
}

function comparisons({ width, height }: Format) {
  const size = `${width}x${height}`;
  return {
    atMost: (limit: number, value: number, what: string): Verdict => (
      { size, what, value, limit, bound: "most", met: value <= limit }
    ),
    atLeast: (limit: number, value: number, what: string): Verdict => (
      { size, what, value, limit, bound: "least", met: value >= limit }
    ),
  };
}
