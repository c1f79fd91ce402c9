import assert from "node:assert/strict";
import { test } from "../harness.ts";
import { FrameWatch } from "./recovery.ts";

const deadlineMs = 1000;

test("FrameWatch measures to the first frame captured after the fault", async () => {
  const c = watch();
  const { measured } = await c.fault(1000);
  c.frame(1010, 990);
  c.frame(1020, 1000);
  c.frame(1700, 1650);
  c.frame(1733, 1683);
  assert.equal(await measured, 700);
  assert.deepEqual(c.watch.recoveries, [700]);
});

test("FrameWatch takes no bad frame for a recovery", async () => {
  const c = watch();
  const { measured } = await c.fault(1000);
  c.frame(1200, 1100, false);
  c.frame(1300, 1250);
  assert.equal(await measured, 300);
  assert.deepEqual([c.watch.good, c.watch.bad], [1, 1]);
});

test("FrameWatch goes by the counter where there is no capture time", async () => {
  const c = watch({ inFlight: 3 });
  const frame = (arrivedAt: number, sequence: number) =>
    c.watch.frame({ arrivedAt, sequence, ok: true });
  frame(900, 41);
  frame(901, 40);
  const { measured } = await c.fault(1000);
  for (const late of [42, 43, 44]) frame(1001, late);
  frame(1500, 45);
  assert.equal(await measured, 500);
});

test("FrameWatch counts from the end of a fault that takes its time", async () => {
  const c = watch();
  c.clock.now = 1000;
  const measured = c.watch.faultAndMeasure(async () => {
    c.frame(1100, 1090);
    await Promise.resolve();
    c.clock.now = 11_000;
  }, { deadlineMs });
  await settle();
  c.frame(11_010, 10_900);
  c.frame(11_250, 11_240);
  assert.equal(await measured, 250);
});

test("FrameWatch counts a fault without recovery as missed", async () => {
  const c = watch();
  const measuring = c.watch.faultAndMeasure(() => {}, { deadlineMs: 5 });
  await assert.rejects(measuring, { message: "No good frame within 5 ms" });
  const never = { p50: Infinity, p95: Infinity, max: Infinity };
  assert.deepEqual(c.watch.summary(), { count: 0, missed: 1, ...never });
  const { measured } = await c.fault(2000);
  c.frame(2040, 2030);
  assert.equal(await measured, 40);
});

test("FrameWatch passes on what went wrong with the fault itself", async () => {
  const c = watch();
  const fault = () => Promise.reject(new Error("No such process"));
  const measuring = c.watch.faultAndMeasure(fault, { deadlineMs });
  await assert.rejects(measuring, { message: "No such process" });
  assert.equal(c.watch.summary().missed, 0);
});

test("FrameWatch refuses to measure two faults at a time", async () => {
  const c = watch();
  const { measured } = await c.fault(0);
  const second = c.watch.faultAndMeasure(() => {}, { deadlineMs });
  await assert.rejects(second, {
    message: "Cannot measure two faults at a time",
  });
  c.frame(10, 5);
  assert.equal(await measured, 10);
});

test("FrameWatch.summary() takes quantiles of the recoveries", async () => {
  const c = watch();
  for (let ms = 100; ms >= 1; ms--) {
    const { measured } = await c.fault(1000 * ms);
    c.frame(1000 * ms + ms, 1000 * ms + 0.5);
    await measured;
  }
  const expected = { count: 100, missed: 0, p50: 50, p95: 95, max: 100 };
  assert.deepEqual(c.watch.summary(), expected);
});

test("FrameWatch.ages() and worstGap() look between two times", () => {
  const c = watch();
  c.frame(0, -5);
  c.frame(1000, 990);
  c.frame(1400, 1370);
  c.frame(2000, 1000);
  c.frame(2500, 0, false);
  assert.deepEqual(c.watch.ages(1000, 2000), [
    { second: 0, count: 2, mean: 20, p95: 30, max: 30 },
  ]);
  assert.equal(c.watch.worstGap(900, 1900), 500);
  assert.equal(c.watch.worstGap(1000, 3000), 1000);
});

test("FrameWatch takes the machine's monotonic clock by default", async () => {
  const watch = new FrameWatch();
  const { clock } = await import("../../agent/runtime/clock.ts");
  const measured = watch.faultAndMeasure(() => {}, { deadlineMs });
  await settle();
  const now = clock.now();
  watch.frame({ arrivedAt: now + 100, capturedAt: now + 90, ok: true });
  const recovery = await measured;
  assert.ok(recovery >= 100 && recovery < 1000, `${recovery} ms`);
});

/** A watch with a clock that is set by hand. */
function watch(options: { inFlight?: number } = {}) {
  const clock = { now: 0 };
  const watch = new FrameWatch({ ...options, now: () => clock.now });
  return {
    clock,
    watch,
    /** Has a fault happen at that time. */
    async fault(at: number) {
      clock.now = at;
      const measured = watch.faultAndMeasure(() => {}, { deadlineMs });
      await settle();
      // In an object, or the promise would be waited for here.
      return { measured };
    },
    frame: (arrivedAt: number, capturedAt: number, ok = true) =>
      watch.frame({ arrivedAt, capturedAt, ok }),
  };
}

/** Lets promises that are settled take effect. */
function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
