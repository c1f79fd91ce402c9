import assert from "node:assert/strict";
import { FakeClock } from "../../test/fakes/clock.ts";
import { test } from "../../test/harness.ts";
import { StreamError } from "../errors.ts";
import { ms } from "../media/time.ts";
import { Report, type StateChange } from "./report.ts";
import { createStatus } from "./status.ts";

const REFUSED = new StreamError("refused", "Nobody answers");
const BROKEN = new StreamError("lost", "The connection broke");
const SILENT = new StreamError("stalled", "Nothing arrived for 2.0 s");

/** A report on "cam", what it logs and whom it tells. */
function createReport(onState?: (change: StateChange) => void) {
  const clock = new FakeClock();
  const status = createStatus(clock.now());
  const lines: string[] = [];
  const log = {
    info: (line: string) => void lines.push(line),
    warn: (line: string) => void lines.push(`! ${line}`),
  };
  const options = { subject: "cam", clock, status, log, onState };
  return { clock, status, lines, report: new Report(options) };
}

test("Report logs one line per change: what, how long, why, what next", async () => {
  const { clock, lines, report } = createReport();

  report.starting(1);
  await clock.advance(20);
  report.waiting(REFUSED, 1, ms(250));
  await clock.advance(250);
  report.starting(2);
  await clock.advance(132);
  report.running();
  await clock.advance(11_520_000);
  report.waiting(BROKEN, 1, ms(250));
  await clock.advance(250);
  report.starting(3);
  await clock.advance(750);
  report.running();
  await clock.advance(60_000);
  report.stalled(SILENT, false);
  report.waiting(SILENT, 1, ms(1_000));
  report.starting(4);
  await clock.advance(500);
  report.stopped("stopped");

  assert.deepEqual(lines, [
    "starting cam",
    "! lost cam after 20 ms (refused: Nobody answers); retry 1 in 250 ms",
    "running cam after 402 ms",
    "! lost cam after 3h12m (The connection broke); retry 1 in 250 ms",
    "running cam again after 1.0 s",
    "! stalled cam after 1m00s (Nothing arrived for 2.0 s); retry 1 in 1.0 s",
    "stopped cam after 500 ms",
  ]);
});

test("Report says so when a silent thing is kept", async () => {
  const { clock, status, lines, report } = createReport();
  report.starting(1);
  report.running();
  await clock.advance(5_000);

  report.stalled(SILENT, true);
  await clock.advance(7_000);
  report.running();

  assert.deepEqual(lines.slice(2), [
    "! stalled cam after 5.0 s (Nothing arrived for 2.0 s); keeping it open",
    "running cam again after 7.0 s",
  ]);
  assert.deepEqual(status.failures, { stalled: 1 });
});

test("Report logs a repeated failure every 30 s, with a count", async () => {
  const { clock, lines, report } = createReport();

  for (let attempt = 1; attempt <= 25; attempt++) {
    report.starting(attempt);
    report.waiting(REFUSED, attempt, ms(5_000));
    await clock.advance(5_000);
  }

  assert.deepEqual(lines.slice(1), [
    "! lost cam after 0 ms (refused: Nobody answers); retry 1 in 5.0 s",
    "! still refused cam, attempt 7; retry 7 in 5.0 s",
    "! still refused cam, attempt 13; retry 13 in 5.0 s",
    "! still refused cam, attempt 19; retry 19 in 5.0 s",
    "! still refused cam, attempt 25; retry 25 in 5.0 s",
  ]);
});

test("Report logs another failure at once, and the same one after a run", () => {
  const { lines, report } = createReport();
  const fail = (error: Error) => {
    report.starting(2);
    report.waiting(error, 1, ms(250));
  };

  fail(REFUSED);
  fail(new StreamError("refused", "No route"));
  report.starting(3);
  report.running();
  fail(new StreamError("refused", "No route"));

  assert.equal(lines.filter((line) => line.startsWith("! lost")).length, 3);
});

test("Report tells its observer of every change, after the status", async () => {
  const seen: unknown[] = [];
  const states: string[] = [];
  const { clock, status, report } = createReport((change) => {
    seen.push(change);
    states.push(status.state);
  });
  report.starting(1);
  report.running();
  await clock.advance(3);
  report.waiting(BROKEN, 1, ms(250));
  report.failed(BROKEN);

  const attempt = 1;
  assert.deepEqual(seen, [
    { state: "starting", previous: "starting", attempt },
    { state: "running", previous: "starting", attempt },
    { state: "lost", previous: "running", attempt, reason: BROKEN },
    { state: "waiting", previous: "lost", attempt, reason: BROKEN, delay: 250 },
    { state: "failed", previous: "waiting", attempt, reason: BROKEN },
  ]);
  assert.deepEqual(states, seen.map((change) => (change as StateChange).state));
});

test("Report survives an observer that throws", () => {
  const { status, lines, report } = createReport(() => {
    throw new Error("Oops");
  });

  report.starting(1);
  assert.equal(status.state, "starting");
  assert.deepEqual(lines, [
    "starting cam",
    "! Observer of starting failed: Error: Oops",
  ]);
});
