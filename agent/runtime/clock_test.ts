import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { within } from "../../test/faults/deadline.ts";
import { test } from "../../test/harness.ts";
import { scriptCommand } from "../../test/programs/script.ts";
import { ms } from "../media/time.ts";
import { bootTag } from "./boot.ts";
import { clock } from "./clock.ts";

/** What a reading in another process may be off by, besides its way here. */
const TOLERANCE_MS = 1;

const DEADLINE_MS = 10_000;

test("clock reads the same in another process", async () => {
  await using other = await OtherProcess.start();
  const readings = [];
  for (let i = 0; i < 10; i++) readings.push(await other.read());
  // The quickest question is answered most exactly.
  readings.sort((a, b) => a.took - b.took);
  const { now, wallClock, took } = readings[0]!;
  assert.ok(Math.abs(now) <= took / 2 + TOLERANCE_MS, `${now} ms`);
  assert.ok(Math.abs(wallClock) <= took / 2 + TOLERANCE_MS, `${wallClock} ms`);
});

test("bootTag is the same in another process", async () => {
  await using other = await OtherProcess.start();
  assert.match(bootTag, /^[0-9a-f]{16}$/);
  assert.equal((await other.read()).bootTag, bootTag);
});

test("clock tells the wall clock in microseconds", () => {
  const before = Date.now();
  const now = clock.wallClock();
  assert.ok(before <= now / 1000 && now / 1000 < Date.now() + 1);
  assert.ok(Number.isInteger(now));
});

test("clock never runs backwards", () => {
  let before = clock.now();
  for (let i = 0; i < 10_000; i++) {
    const now = clock.now();
    assert.ok(now >= before);
    before = now;
  }
});

test("clock sleeps no shorter than it is told to", async () => {
  const since = clock.now();
  await clock.sleep(ms(20));
  // Timers count whole milliseconds.
  assert.ok(clock.now() - since >= 19);
  await clock.sleep(ms(-1));
});

test("clock wakes with the signal's reason", async () => {
  const controller = new AbortController();
  const sleeping = clock.sleep(ms(60_000), controller.signal);
  controller.abort(new Error("Wake up"));
  await assert.rejects(sleeping, { message: "Wake up" });
  const again = clock.sleep(ms(60_000), controller.signal);
  await assert.rejects(again, { message: "Wake up" });
});

test("clock sleeps for ever as well", async () => {
  const controller = new AbortController();
  const sleeping = clock.sleep(ms(Infinity), controller.signal);
  // A timer that cannot count so far fires at once.
  await clock.sleep(ms(20));
  controller.abort(new Error("Wake up"));
  await assert.rejects(sleeping, { message: "Wake up" });
});

interface Reading {
  /** Theirs minus ours in the middle of the question, in milliseconds. */
  readonly now: number;
  readonly wallClock: number;
  readonly bootTag: string;
  /** From question to answer, in milliseconds. */
  readonly took: number;
}

class OtherProcess implements AsyncDisposable {
  readonly #child;
  readonly #closed: Promise<unknown>;

  private constructor() {
    const [command, ...args] = scriptCommand("say_clock.ts");
    this.#child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.#closed = new Promise((resolve) => this.#child.once("close", resolve));
  }

  /** Starts it, and waits for its first answer. */
  static async start(): Promise<OtherProcess> {
    const other = new OtherProcess();
    await other.read();
    return other;
  }

  async read(): Promise<Reading> {
    const answered = new Promise<string>((resolve) =>
      this.#child.stdout.once("data", (chunk) => resolve(String(chunk)))
    );
    const [before, wallBefore] = [clock.now(), clock.wallClock()];
    this.#child.stdin.write("?");
    const answer = JSON.parse(await within(DEADLINE_MS, "answer", answered));
    const took = clock.now() - before;
    return {
      now: answer.now - before - took / 2,
      wallClock: (answer.wallClock - wallBefore) / 1000 - took / 2,
      bootTag: answer.bootTag,
      took,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin.end();
    await this.#closed;
  }
}
