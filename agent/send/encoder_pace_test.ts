import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import { ms } from "../media/time.ts";
import { EncoderPace } from "./encoder_pace.ts";

/** An encoder whose pictures are so old, for a while; tells when it changed. */
class Machine {
  readonly pace = new EncoderPace();
  /** Milliseconds at which it was started anew, and with which step. */
  readonly changes: [at: number, step: number][] = [];
  #now = 0;

  constructor() {
    this.pace.begin(ms(0));
  }

  /** Nothing happens. */
  stop(seconds: number): this {
    this.#now += 1000 * seconds;
    return this;
  }

  /** @param ageOf The age of pictures at a step. */
  run(seconds: number, ageOf: (step: number) => number): this {
    for (const end = this.#now + 1000 * seconds; this.#now < end;) {
      this.#now += 50;
      const now = ms(this.#now);
      const capturedAt = ms(this.#now - ageOf(this.pace.step));
      if (!this.pace.isToChange(capturedAt, now)) continue;
      this.changes.push([this.#now, this.pace.step]);
      this.pace.begin(now);
    }
    return this;
  }
}

test("EncoderPace leaves an encoder alone that keeps up", () => {
  assert.deepEqual(new Machine().run(7200, () => 499).changes, []);
});

test("EncoderPace forgives what has waited at the start", () => {
  const machine = new Machine().run(2.9, () => 3000).run(600, () => 50);
  assert.deepEqual(machine.changes, []);
});

test("EncoderPace forgives what has waited while the agent stood still", () => {
  const machine = new Machine().run(10, () => 50).stop(60)
    .run(2.9, () => 3000).run(30, () => 50);
  assert.deepEqual(machine.changes, []);
});

test("EncoderPace lets go of pictures until the encoder keeps up", () => {
  const machine = new Machine().run(30, (step) => step < 3 ? 2000 : 60);
  assert.deepEqual(machine.changes, [[3000, 2], [6000, 3]]);
});

test("EncoderPace stays where it is if nothing helps", () => {
  const machine = new Machine().run(3600, () => 9000);
  assert.deepEqual(machine.changes.map(([, step]) => step), [2, 3, 4, 6]);
  assert.equal(machine.pace.isOverwhelmed, true);
  assert.equal(machine.run(1, () => 50).pace.isOverwhelmed, false);
});

test("EncoderPace asks for more after a calm minute", () => {
  const machine = new Machine().run(10, () => 2000).run(300, () => 60);
  assert.deepEqual(machine.changes.slice(-3), [
    [69_000, 3],
    [129_000, 2],
    [189_000, 1],
  ]);
});

test("EncoderPace asks less and less often for what is too much", () => {
  const machine = new Machine().run(7200, (step) => step < 2 ? 2000 : 60);
  const raised = machine.changes.filter(([, step]) => step === 1)
    .map(([at]) => at);
  const pauses = raised.slice(1).map((at, i) => at - raised[i]!);
  assert.deepEqual(pauses.map((pause) => Math.round(pause / 60_000)), [
    2,
    4,
    8,
    16,
    32,
    32,
  ]);
});
