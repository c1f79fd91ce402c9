import assert from "node:assert/strict";
import { FakeClock } from "../../test/fakes/clock.ts";
import { test } from "../../test/harness.ts";
import {
  ConfigError,
  GaveUpError,
  ProcessError,
  StreamError,
} from "../errors.ts";
import { ms } from "../media/time.ts";
import { createStatus } from "./status.ts";
import {
  type Attempt,
  type Run,
  type StateChange,
  supervise,
  type SupervisorOptions,
} from "./supervisor.ts";

const REFUSED = new StreamError("refused", "Nobody answers");
const refuse: Run = () => Promise.reject(REFUSED);

/** A supervisor at work on a fake clock, and everything it has done. */
function start(
  run: (attempt: Attempt, clock: FakeClock) => ReturnType<Run>,
  more: Partial<SupervisorOptions> = {},
) {
  const clock = new FakeClock();
  const stop = new AbortController();
  const status = createStatus(clock.now());
  const begin = clock.now();
  const starts: number[] = [];
  const changes: StateChange[] = [];
  const warnings: string[] = [];
  const supervised = (attempt: Attempt) => {
    starts.push(clock.now() - begin);
    return run(attempt, clock);
  };
  const done = supervise(supervised, {
    subject: "cam",
    signal: stop.signal,
    clock,
    log: { info() {}, warn: (line) => void warnings.push(line) },
    status,
    onState: (change) => void changes.push(change),
    random: () => 0.5,
    ...more,
  });
  // Tests look at `done` later than it may reject.
  done.catch(() => {});
  return {
    clock,
    status,
    starts,
    changes,
    warnings,
    done,
    states: () => changes.map(({ state }) => state),
    abort: () => stop.abort(),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await done.catch(() => {});
      assert.equal(clock.sleeping, 0, "a sleep is left");
    },
  };
}

/** Delivers every 100 ms for a while, the first time at once. */
async function deliver(attempt: Attempt, clock: FakeClock, forMs: number) {
  attempt.progress();
  for (let time = 0; time < forMs; time += 100) {
    await clock.sleep(ms(100), attempt.signal);
    attempt.progress();
  }
}

/** Settles when an attempt is to end, by rejecting with the reason. */
function untilAborted({ signal }: Attempt): Promise<never> {
  return new Promise((_, reject) => {
    const end = () => reject(signal.reason);
    if (signal.aborted) end();
    else signal.addEventListener("abort", end);
  });
}

test("supervise starts again after a loss", async () => {
  await using it = start(async (attempt, clock) => {
    await deliver(attempt, clock, 3_000);
    throw new StreamError("lost", "The connection broke");
  });

  await it.clock.advance(3_250);
  assert.deepEqual(it.starts, [0, 3_250]);
  assert.deepEqual(
    it.states(),
    ["starting", "running", "lost", "waiting", "starting", "running"],
  );
  assert.equal(it.changes[3]!.delay, 250);
});

test("supervise takes an end that nobody asked for as a failure", async () => {
  await using it = start(() => Promise.resolve());

  await it.clock.advance(250);
  assert.deepEqual(
    it.states(),
    ["starting", "ended", "waiting", "starting", "ended", "waiting"],
  );
  assert.equal(it.status.failures.ended, 2);
});

test("supervise ends when its run has finished", async () => {
  await using it = start(async (attempt, clock) => {
    await deliver(attempt, clock, 500);
    return "finished";
  });

  await it.clock.advance(500);
  await it.done;
  assert.deepEqual(it.states(), ["starting", "running", "stopped"]);
});

test("supervise starts again after a silence, as stalled", async () => {
  await using it = start(async (attempt, clock) => {
    await deliver(attempt, clock, 1_000);
    await untilAborted(attempt);
  }, { stall: { stallMs: 2_000 } });

  await it.clock.advance(2_999);
  assert.deepEqual(it.states(), ["starting", "running"]);
  await it.clock.advance(1);
  assert.deepEqual(
    it.states(),
    ["starting", "running", "stalled", "waiting"],
  );
  await it.clock.advance(250);
  assert.deepEqual(it.starts, [0, 3_250]);
});

test("supervise is stalled as soon as it is, however long the end takes", async () => {
  await using it = start(async (attempt, clock) => {
    attempt.progress();
    await untilAborted(attempt).catch(() => clock.sleep(ms(700)));
  }, { stall: { stallMs: 2_000 } });

  await it.clock.advance(2_000);
  assert.equal(it.status.state, "stalled");
  await it.clock.advance(699);
  assert.equal(it.status.state, "stalled");
  await it.clock.advance(1);
  assert.equal(it.status.state, "waiting");
  assert.deepEqual(it.status.failures, { stalled: 1 });
  it.abort();
  await it.clock.advance(700);
});

test("supervise keeps a silent run where the policy says so", async () => {
  let current: Attempt | undefined;
  await using it = start((attempt) => {
    current = attempt;
    return untilAborted(attempt);
  }, { stall: { stallMs: 2_000, restart: false } });

  await it.clock.advance(60_000);
  current?.progress();
  await it.clock.advance(2_000);
  current?.progress();

  assert.deepEqual(
    it.states(),
    ["starting", "stalled", "running", "stalled", "running"],
  );
  assert.deepEqual(it.starts, [0]);
});

test("supervise asks whether a silence is to end the run, and says so", async () => {
  let restart = false;
  await using it = start((attempt) => {
    attempt.progress();
    return untilAborted(attempt);
  }, { stall: { stallMs: 2_000, restart: () => restart } });

  await it.clock.advance(5_000);
  assert.equal(it.status.state, "stalled");
  assert.deepEqual(it.status.failures, { stalled: 1 });
  assert.deepEqual(it.warnings, [
    "stalled cam after 2.0 s (Nothing arrived for 2.0 s); keeping it open",
  ]);
  assert.deepEqual(it.starts, [0]);
  restart = true;
  // A silence that is known of is not asked about again.
  await it.clock.advance(5_000);
  assert.deepEqual(it.starts, [0]);
});

test("supervise is not fed by an attempt that is over", async () => {
  const attempts: Attempt[] = [];
  await using it = start((attempt) => {
    attempts.push(attempt);
    return attempt.number === 1 ? refuse(attempt) : untilAborted(attempt);
  }, { stall: { stallMs: 2_000 } });

  await it.clock.advance(250);
  assert.deepEqual(attempts.map(({ number }) => number), [1, 2]);
  for (let time = 0; time < 2_000; time += 100) {
    attempts[0]!.progress();
    await it.clock.advance(100);
  }
  assert.ok(!it.states().includes("running"));
  assert.equal(it.status.failures.stalled, 1);
});

test("supervise does not retry what the user has to mend", async () => {
  const missing = new ProcessError("Cannot start", {
    command: ["ffmpeg"],
    reason: "not-found",
  });
  for (const error of [new ConfigError("Cannot bind port 5001"), missing]) {
    await using it = start(() => Promise.reject(error));

    await it.clock.advance(60_000);
    await assert.rejects(it.done, (thrown) => thrown === error);
    assert.deepEqual(it.starts, [0]);
    assert.deepEqual(it.states(), ["starting", "failed"]);
  }
});

test("supervise gives up on a ConfigError that follows lost peers", async () => {
  const error = new ConfigError("Cannot decode");
  await using it = start((attempt) =>
    attempt.number < 3 ? refuse(attempt) : Promise.reject(error)
  );

  await it.clock.advance(60_000);
  await assert.rejects(it.done, (thrown) => thrown === error);
  assert.equal(it.starts.length, 3);
});

test("supervise retries even a ConfigError once it has run", async () => {
  await using it = start((attempt) => {
    if (attempt.number === 1) attempt.progress();
    return Promise.reject(new ConfigError("No such file"));
  });

  await it.clock.advance(60_000);
  assert.ok(it.starts.length > 10);
  assert.equal(it.status.state, "waiting");
});

test("supervise pauses longer and longer until something is delivered", async () => {
  await using it = start(async (attempt, clock) => {
    if (attempt.number === 5) await deliver(attempt, clock, 1_000);
    throw REFUSED;
  });

  await it.clock.advance(6_000);
  assert.deepEqual(
    it.starts,
    [0, 250, 750, 1_750, 3_750, 5_000, 5_500],
  );
});

test("supervise starts at most 20 times in the first minute of a crash loop", async () => {
  await using it = start(() => Promise.resolve(), { random: () => 0 });

  await it.clock.advance(59_999);
  assert.ok(it.starts.length <= 20, `${it.starts.length} starts`);
  await it.clock.advance(540_000);
  const before = it.starts.length;
  await it.clock.advance(600_000);
  assert.equal(it.starts.length - before, 120);
});

test("supervise holds a crash loop that delivers to 12 starts a minute", async () => {
  await using it = start((attempt) => {
    attempt.progress();
    return Promise.resolve();
  });

  await it.clock.advance(20_000);
  const burst = it.starts.filter((at) => at < 5_000).length;
  assert.equal(burst, 20);
  const before = it.starts.length;
  await it.clock.advance(300_000);
  assert.equal(it.starts.length - before, 60);
});

test("supervise gives up after maxRetries that delivered nothing", async () => {
  await using it = start(refuse, { maxRetries: 3 });

  await it.clock.advance(60_000);
  await assert.rejects(it.done, (error) => {
    assert.ok(error instanceof GaveUpError);
    assert.equal(error.attempts, 4);
    assert.equal(error.cause, REFUSED);
    return true;
  });
  assert.equal(it.starts.length, 4);
  assert.equal(it.states().at(-1), "failed");
});

test("supervise counts maxRetries anew after a delivery", async () => {
  await using it = start(async (attempt, clock) => {
    if (attempt.number === 3) await deliver(attempt, clock, 1_000);
    throw REFUSED;
  }, { maxRetries: 2 });

  await it.clock.advance(60_000);
  await assert.rejects(it.done, GaveUpError);
  assert.equal(it.starts.length, 5);
});

test("supervise restarts once if the stream does not outlive a stop", async () => {
  await using it = start(async (attempt, clock) => {
    await deliver(attempt, clock, attempt.number === 1 ? 5_000 : 100_000);
    await untilAborted(attempt);
  }, { stall: { stallMs: 2_000 } });

  await it.clock.advance(5_000);
  await it.clock.jump(30_000);
  await it.clock.advance(30_000);
  assert.deepEqual(it.starts, [0, 36_250]);
  assert.equal(it.status.state, "running");
});

test("supervise never starts what is stopped already", async () => {
  await using it = start(refuse, { signal: AbortSignal.abort() });

  await it.done;
  assert.deepEqual(it.starts, []);
  assert.deepEqual(it.states(), ["stopped"]);
});

const STOPS: [string, number, Run][] = [
  ["starting", 0, untilAborted],
  ["running", 100, (attempt) => (attempt.progress(), untilAborted(attempt))],
  ["waiting", 100, refuse],
];

for (const [state, afterMs, run] of STOPS) {
  test(`supervise stops while it is ${state}`, async () => {
    await using it = start(run, { stall: { stallMs: 2_000 } });

    await it.clock.advance(afterMs);
    assert.equal(it.status.state, state);
    it.abort();
    await it.done;
    assert.equal(it.status.state, "stopped");
    assert.equal(it.clock.sleeping, 0);
  });
}

test("supervise waits for the end of a stalled attempt when stopped", async () => {
  let ended = false;
  await using it = start(async (attempt, clock) => {
    await untilAborted(attempt).catch(() => clock.sleep(ms(800)));
    ended = true;
  }, { stall: { stallMs: 2_000 } });

  await it.clock.advance(2_100);
  assert.equal(it.status.state, "stalled");
  it.abort();
  await it.clock.advance(699);
  assert.equal(ended, false);
  await it.clock.advance(1);
  await it.done;
  assert.deepEqual(it.states(), ["starting", "stalled", "stopped"]);
});

test("supervise can be stopped by its observer at any change", async () => {
  for (const state of ["starting", "running", "stalled", "waiting"]) {
    const stop = new AbortController();
    await using it = start((attempt) => {
      attempt.progress();
      return untilAborted(attempt);
    }, {
      signal: stop.signal,
      stall: { stallMs: 2_000 },
      onState: (change) => void (change.state === state && stop.abort()),
    });

    await it.clock.advance(2_000);
    await it.done;
    assert.equal(it.status.state, "stopped");
    assert.equal(it.clock.sleeping, 0);
  }
});

test("supervise keeps a status that survives JSON", async () => {
  await using it = start(async (attempt, clock) => {
    if (attempt.number === 3) await deliver(attempt, clock, 1_000);
    throw REFUSED;
  });

  await it.clock.advance(500);
  const before = it.status.startedAt;
  assert.deepEqual(JSON.parse(JSON.stringify(it.status)), {
    state: "waiting",
    since: before + 250,
    startedAt: before,
    attempts: 2,
    restarts: 1,
    lastFailure: {
      kind: "refused",
      message: "Nobody answers",
      at: before + 250,
    },
    failures: { refused: 2 },
  });
  await it.clock.advance(300);
  assert.equal(it.status.state, "running");
  assert.equal(it.status.attempts, 0);
});
