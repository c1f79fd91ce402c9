import assert from "node:assert/strict";
import { FakeClock } from "../../test/fakes/clock.ts";
import { test } from "../../test/harness.ts";
import type { StreamError } from "../errors.ts";
import { type StallOptions, StallTimer } from "./stall.ts";

/** A timer being watched, and the stalls it has told of. */
function watch(options: StallOptions) {
  const clock = new FakeClock();
  const end = new AbortController();
  const stalls: { at: number; error: StreamError }[] = [];
  const begin = clock.now();
  const timer = new StallTimer(clock, options);
  const watching = timer.watch(
    (error) => stalls.push({ at: clock.now() - begin, error }),
    end.signal,
  );
  return {
    clock,
    stalls,
    feed: () => timer.feed(clock.now()),
    times: () => stalls.map(({ at }) => at),
    async [Symbol.asyncDispose]() {
      end.abort();
      await watching;
      assert.equal(clock.sleeping, 0, "a check is left");
    },
  };
}

test("StallTimer tells of a silence to the millisecond", async () => {
  await using it = watch({ stallMs: 2_000 });
  await it.clock.advance(1_234);
  it.feed();

  await it.clock.advance(1_999);
  assert.deepEqual(it.times(), []);
  await it.clock.advance(1);
  assert.deepEqual(it.times(), [3_234]);
  assert.equal(it.stalls[0]!.error.failure, "stalled");
  assert.equal(it.stalls[0]!.error.message, "Nothing arrived for 2.0 s");
});

test("StallTimer stays quiet while it is fed", async () => {
  await using it = watch({ stallMs: 2_000 });

  for (let fed = 0; fed < 50; fed++) {
    it.feed();
    await it.clock.advance(1_990);
  }
  assert.deepEqual(it.times(), []);
});

test("StallTimer tells of each silence once", async () => {
  await using it = watch({ stallMs: 2_000 });

  await it.clock.advance(60_000);
  assert.deepEqual(it.times(), [2_000]);
  it.feed();
  await it.clock.advance(60_000);
  assert.deepEqual(it.times(), [2_000, 62_000]);
});

test("StallTimer has a limit of its own for the first progress", async () => {
  await using it = watch({ stallMs: 2_000, firstProgressMs: 10_000 });

  await it.clock.advance(10_000);
  assert.deepEqual(it.times(), [10_000]);
  assert.equal(
    it.stalls[0]!.error.message,
    "Nothing arrived for 10.0 s since the start",
  );
  it.feed();
  await it.clock.advance(2_000);
  assert.deepEqual(it.times(), [10_000, 12_000]);
});

test("StallTimer follows a limit that shrinks within half a second", async () => {
  let stallMs = Infinity;
  await using it = watch({ stallMs: () => stallMs });
  it.feed();
  await it.clock.advance(60_100);
  assert.deepEqual(it.times(), []);

  stallMs = 2_000;
  await it.clock.advance(500);
  assert.deepEqual(it.times(), [60_500]);
});

test("StallTimer sets no timer when it is fed", async () => {
  await using it = watch({ stallMs: 2_000 });
  await it.clock.advance(0);

  const before = it.clock.sleeping;
  for (let fed = 0; fed < 10_000; fed++) it.feed();
  assert.equal(before, 1);
  assert.equal(it.clock.sleeping, 1);
});

test("StallTimer gives a second's grace when the process was stopped", async () => {
  await using it = watch({ stallMs: 2_000 });
  it.feed();
  await it.clock.advance(1_900);

  await it.clock.jump(30_000);
  await it.clock.advance(999);
  assert.deepEqual(it.times(), []);
  it.feed();
  await it.clock.advance(1_999);
  assert.deepEqual(it.times(), []);
});

test("StallTimer tells of a silence that outlasts the grace", async () => {
  await using it = watch({ stallMs: 2_000 });
  it.feed();
  await it.clock.jump(30_000);

  await it.clock.advance(1_000);
  assert.deepEqual(it.times(), [31_000]);
});

test("StallTimer gives no grace for a timer that is a little late", async () => {
  await using it = watch({ stallMs: 2_000 });
  it.feed();
  await it.clock.advance(1_999);

  await it.clock.jump(200);
  assert.deepEqual(it.times(), [2_199]);
});

test("StallTimer rejects a limit that is no duration", async () => {
  const clock = new FakeClock();
  const timer = new StallTimer(clock, { stallMs: () => NaN });

  await assert.rejects(
    timer.watch(() => {}, new AbortController().signal),
    new RangeError("Cannot watch for a stall of NaN ms"),
  );
});
