import assert from "node:assert/strict";
import { ms } from "../agent/media/time.ts";
import { test } from "../test/harness.ts";
import { judgeAges, judgeFirstFrames } from "./budgets.ts";
import type { FirstFrames } from "./first_frame.ts";
import type { Format } from "./rig.ts";
import type { Ages, Summary } from "./statistics.ts";

const VGA: Format = { width: 640, height: 480, fps: 30, bitrate: 2e6 };
const HD: Format = { width: 1920, height: 1080, fps: 30, bitrate: 8e6 };

const GOOD = {
  floor: summary(ages(4, 6)),
  ancestor: summary(ages(138, 140)),
  camagent: summary(ages(5.5, 13)),
};

test("judgeAges is content with what keeps the budgets", () => {
  const verdicts = judgeAges(VGA, GOOD);
  assert.equal(verdicts.length, 5);
  assert.ok(verdicts.every(({ met }) => met));
});

const BAD: Record<string, [Summary, string]> = {
  "a median far from the floor": [
    summary(ages(6.1, 13)),
    "p50 over the floor's, ms",
  ],
  "stragglers": [summary(ages(5.5, 14.1)), "p99 over the floor's, ms"],
  "a lost frame": [{ ...GOOD.camagent, lost: 1 }, "frames lost"],
  "a camera that is held up": [
    { ...GOOD.camagent, fps: 29.6 },
    "camera's pictures per second",
  ],
};

for (const [name, [camagent, what]] of Object.entries(BAD)) {
  test(`judgeAges objects to ${name}`, () => {
    const missed = judgeAges(VGA, { ...GOOD, camagent })
      .filter(({ met }) => !met);
    assert.deepEqual(missed.map(({ what }) => what), [what]);
  });
}

test("judgeAges objects to an agent less than ten times as fast as the ancestor", () => {
  const rows = { ...GOOD, ancestor: summary(ages(54, 60)) };
  const missed = judgeAges(VGA, rows).filter(({ met }) => !met);
  assert.deepEqual(missed.map(({ limit }) => limit), [10]);
});

test("judgeAges compares a codec with its own floor", () => {
  const floor = summary(ages(10, 12));
  for (const [p50, met] of [[13, true], [13.1, false]] as const) {
    const rows = { "hevc-floor": floor, hevc: summary(ages(p50, 20)) };
    assert.deepEqual(judgeAges(VGA, rows).map((one) => one.met), [met]);
  }
});

test("judgeAges compares RTSP with what the usual flags make of it", () => {
  const usual = summary(ages(100, 102));
  for (const [p50, met] of [[65, true], [65.1, false]] as const) {
    const rows = { "rtsp-usual": usual, rtsp: summary(ages(p50, 80)) };
    assert.deepEqual(judgeAges(VGA, rows).map((one) => one.met), [met]);
  }
});

test("judgeAges compares our RTSP client with tuned FFmpeg", () => {
  const tuned = summary(ages(60, 62));
  for (const [p50, met] of [[40, true], [40.1, false]] as const) {
    const rows = { "rtsp-tuned": tuned, rtsp: summary(ages(p50, 80)) };
    assert.deepEqual(judgeAges(VGA, rows).map((one) => one.met), [met]);
  }
});

test("judgeAges objects to shared memory that is later than a pipe", () => {
  const { p50 } = GOOD.camagent.ages;
  for (const [over, met] of [[-1, true], [0, true], [0.1, false]] as const) {
    const shm = summary(ages(p50 + over, 20));
    const verdicts = judgeAges(HD, { camagent: GOOD.camagent, shm });
    assert.deepEqual(verdicts.map((one) => one.met), [met]);
  }
});

test("judgeAges allows 8 ms over the floor at 1080p", () => {
  const over = (p50: number) => ({ ...GOOD, camagent: summary(ages(p50, 90)) });
  assert.deepEqual(judgeAges(HD, over(12)).map(({ met }) => met), [true]);
  assert.deepEqual(judgeAges(HD, over(12.1)).map(({ met }) => met), [false]);
});

test("judgeAges has no verdict without the agent", () => {
  const { floor, ancestor } = GOOD;
  assert.deepEqual(judgeAges(VGA, { floor, ancestor }), []);
});

test("judgeFirstFrames allows 250 ms, at 1080p 500 ms", () => {
  const met = (format: Format, delay: number, age: number) =>
    judgeFirstFrames(format, "camagent", joins(delay, age))
      .map(({ met }) => met);
  assert.deepEqual(met(VGA, 250, 150), [true, true]);
  assert.deepEqual(met(VGA, 251, 151), [false, false]);
  assert.deepEqual(met(HD, 500, 150), [true, true]);
  assert.deepEqual(met(HD, 501, 150), [false, true]);
});

test("judgeFirstFrames allows RTSP 350 ms", () => {
  for (const [delay, met] of [[350, true], [351, false]] as const) {
    const verdicts = judgeFirstFrames(VGA, "rtsp-tcp", joins(delay, 900));
    assert.deepEqual(verdicts.map((one) => one.met), [met]);
  }
});

test("judgeFirstFrames has no verdict on what waits for a keyframe", () => {
  assert.deepEqual(judgeFirstFrames(VGA, "rtp", joins(500, 10)), []);
});

function joins(delay: number, age: number): FirstFrames {
  return { delay: ages(delay, 0), age: ages(age, 0) };
}

function ages(p50: number, p99: number): Ages {
  return { p50: ms(p50), p95: ms(p50), p99: ms(p99), max: ms(p99) };
}

function summary(ages: Ages): Summary {
  const nothing = { own: 0, children: 0, residentMb: 0 };
  return {
    ages,
    sent: 600,
    received: 600,
    lost: 0,
    repeated: 0,
    unreadable: 0,
    fps: 30,
    firstFrame: ms(100),
    usage: {
      source: nothing,
      sender: nothing,
      receiver: nothing,
      reader: nothing,
    },
  };
}

test("judgeAges allows 3 ms over the floor for every transport of datagrams", () => {
  for (const name of ["udp", "multicast", "rtp"]) {
    const over = (p50: number) =>
      judgeAges(VGA, { floor: GOOD.floor, [name]: summary(ages(p50, 90)) });
    assert.deepEqual(over(7).map(({ met }) => met), [true]);
    assert.deepEqual(over(7.1).map(({ met }) => met), [false]);
  }
});
