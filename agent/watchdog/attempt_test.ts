import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { FakeClock } from "../../test/fakes/clock.ts";
import { test } from "../../test/harness.ts";
import { StreamError } from "../errors.ts";
import { ms } from "../media/time.ts";
import {
  type Attempt,
  type AttemptOptions,
  type Outcome,
  type Run,
  runAttempt,
} from "./attempt.ts";

const BROKEN = new StreamError("lost", "The connection broke");
const stall = { stallMs: 2_000 };

/** An attempt under way on a fake clock, and what it has told. */
function start(
  run: (attempt: Attempt, clock: FakeClock) => ReturnType<Run>,
  more: Partial<AttemptOptions> = {},
) {
  const clock = new FakeClock();
  const stop = new AbortController();
  const told: string[] = [];
  const log = {
    info() {},
    warn: (line: string) => void told.push(line),
  };
  let attempt: Attempt | undefined;
  const done: Promise<Outcome> = runAttempt(
    (given) => run(attempt = given, clock),
    7,
    { subject: "cam", signal: stop.signal, clock, log, ...more },
    {
      onRunning: () => void told.push("running"),
      onStalled: (_, kept) => void told.push(kept ? "kept" : "stalled"),
    },
  );
  return {
    clock,
    told,
    done,
    stop,
    attempt: attempt!,
    async [Symbol.asyncDispose]() {
      await done;
      assert.equal(clock.sleeping, 0, "a sleep is left");
      assert.equal(getEventListeners(stop.signal, "abort").length, 0);
    },
  };
}

/** Settles when an attempt is to end, by rejecting with the reason. */
function untilAborted({ signal }: Attempt): Promise<never> {
  return new Promise((_, reject) => {
    const end = () => reject(signal.reason);
    if (signal.aborted) end();
    else signal.addEventListener("abort", end);
  });
}

test("runAttempt hands its run a number and a signal", async () => {
  await using it = start(() => Promise.resolve("finished"));

  assert.equal(it.attempt.number, 7);
  assert.equal(it.attempt.signal.aborted, false);
  assert.deepEqual(await it.done, {});
});

test("runAttempt returns what the run rejected with", async () => {
  await using it = start(() => Promise.reject(BROKEN));

  assert.equal((await it.done).error, BROKEN);
});

test("runAttempt returns what the run threw before its first wait", async () => {
  await using it = start(() => {
    throw BROKEN;
  });

  assert.equal((await it.done).error, BROKEN);
});

test("runAttempt calls an end without a word a failure", async () => {
  await using it = start(() => Promise.resolve());

  const { error } = await it.done;
  assert.ok(error instanceof StreamError);
  assert.equal(error.failure, "ended");
});

test("runAttempt tells when the run delivers, once", async () => {
  await using it = start(async ({ progress }, clock) => {
    await clock.sleep(ms(300));
    progress();
    await clock.sleep(ms(900));
    progress();
    await clock.sleep(ms(500));
    throw BROKEN;
  });

  await it.clock.advance(299);
  assert.deepEqual(it.told, []);
  await it.clock.advance(1_401);
  assert.deepEqual(it.told, ["running"]);
  assert.deepEqual(await it.done, { error: BROKEN, delivered: 900 });
});

test("runAttempt ends a silent run with the silence as its reason", async () => {
  let reason: unknown;
  await using it = start(async (attempt) => {
    await untilAborted(attempt).catch((error) => reason = error);
  }, { stall });

  await it.clock.advance(1_999);
  assert.deepEqual(it.told, []);
  await it.clock.advance(1);
  const { error } = await it.done;
  assert.ok(error instanceof StreamError);
  assert.equal(error.failure, "stalled");
  assert.equal(error, reason);
  assert.deepEqual(it.told, ["stalled"]);
});

const LAST_WORDS: [string, () => ReturnType<Run>][] = [
  ["rejects with another error", () => Promise.reject(BROKEN)],
  ["resolves", () => Promise.resolve()],
  ["says it finished", () => Promise.resolve("finished")],
];

for (const [what, end] of LAST_WORDS) {
  test(`runAttempt keeps the first cause if the run then ${what}`, async () => {
    await using it = start(async (attempt) => {
      await untilAborted(attempt).catch(() => {});
      return end();
    }, { stall });

    await it.clock.advance(2_000);
    const { error } = await it.done;
    assert.ok(error instanceof StreamError);
    assert.equal(error.failure, "stalled");
  });
}

test("runAttempt lets a silent run be where the policy says so", async () => {
  await using it = start(untilAborted, { stall: { ...stall, restart: false } });

  await it.clock.advance(60_000);
  it.attempt.progress();
  await it.clock.advance(2_000);
  it.attempt.progress();
  assert.deepEqual(it.told, ["kept", "running", "kept", "running"]);
  it.stop.abort();
});

test("runAttempt asks at every silence whether it is to end", async () => {
  let ends = false;
  let asked = 0;
  const restart = () => {
    asked++;
    return ends;
  };
  await using it = start(untilAborted, { stall: { ...stall, restart } });

  await it.clock.advance(10_000);
  // One silence is one question.
  assert.deepEqual([asked, it.told], [1, ["kept"]]);
  assert.equal(it.attempt.signal.aborted, false);
  it.attempt.progress();
  ends = true;
  await it.clock.advance(2_000);
  const { error } = await it.done;
  assert.ok(error instanceof StreamError);
  assert.equal(error.failure, "stalled");
  assert.deepEqual([asked, it.told], [2, ["kept", "running", "stalled"]]);
});

test("runAttempt ends a silent run where the function says so", async () => {
  const restart = () => true;
  await using it = start(untilAborted, { stall: { ...stall, restart } });

  await it.clock.advance(2_000);
  assert.deepEqual(it.told, ["stalled"]);
  assert.equal(it.attempt.signal.aborted, true);
});

test("runAttempt ignores progress of a run that is ending", async () => {
  await using it = start(async (attempt) => {
    await untilAborted(attempt).catch(() => attempt.progress());
  }, { stall });

  await it.clock.advance(2_000);
  assert.equal((await it.done).delivered, undefined);
  assert.deepEqual(it.told, ["stalled"]);
});

test("runAttempt ignores progress of a run that has ended", async () => {
  await using it = start(() => Promise.reject(BROKEN), { stall });

  const outcome = await it.done;
  it.attempt.progress();
  assert.deepEqual(outcome, { error: BROKEN });
  assert.deepEqual(it.told, []);
});

test("runAttempt ends its run when stopped, and waits for it", async () => {
  let cleanedUp = false;
  await using it = start(async (attempt, clock) => {
    await untilAborted(attempt).catch(() => clock.sleep(ms(800)));
    cleanedUp = true;
  });

  it.stop.abort();
  await it.clock.advance(799);
  assert.equal(cleanedUp, false);
  await it.clock.advance(1);
  await it.done;
  assert.equal(cleanedUp, true);
  assert.deepEqual(it.told, []);
});

test("runAttempt does not call a run stalled that was told to end", async () => {
  await using it = start(async (attempt, clock) => {
    await untilAborted(attempt).catch(() => clock.sleep(ms(60_000)));
  }, { stall, killGraceMs: 90_000 });

  it.stop.abort();
  await it.clock.advance(60_000);
  await it.done;
  assert.deepEqual(it.told, []);
});

test("runAttempt runs nothing that is stopped already", async () => {
  let ran = false;
  await using it = start(() => {
    ran = true;
    return Promise.resolve();
  }, { signal: AbortSignal.abort() });

  await it.done;
  assert.equal(ran, false);
});

test("runAttempt warns once of a run that does not end", async () => {
  let end = () => {};
  const never = () => new Promise<void>((resolve) => end = resolve);
  await using it = start(never, { stall, killGraceMs: 1_500 });

  await it.clock.advance(3_499);
  assert.deepEqual(it.told, ["stalled"]);
  await it.clock.advance(600_000);
  assert.deepEqual(it.told, [
    "stalled",
    "cam goes on 1.5 s after it was told to end",
  ]);
  end();
});

test("runAttempt fails with a stall limit that is no duration", async () => {
  await using it = start(untilAborted, { stall: { stallMs: () => NaN } });

  assert.ok((await it.done).error instanceof RangeError);
});
