import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import { ms } from "../media/time.ts";
import { type Adaptation, BitrateControl } from "./bitrate_control.ts";

const BITRATE = 2e6;

/** What a link carries that is no bottleneck. */
const ENOUGH = 100e6;

/** A viewer behind a link of so many bits per second. */
class FakeViewer {
  readonly key = {};
  bytes = 0;
  busyMs = 0;
  dropped = 0;
  capacity = ENOUGH;
  #waitingMs = 0;

  /** Half a GOP is dropped whenever so much has waited. */
  pass(milliseconds: number, bitrate: number): void {
    const carried = Math.min(bitrate, this.capacity);
    // Half of the time there is nothing to carry up to the next keyframe.
    const part = this.capacity < bitrate ? 0.5 : bitrate / this.capacity;
    this.bytes += Math.min(bitrate, this.capacity * part) * milliseconds / 8000;
    this.busyMs += part * milliseconds;
    this.#waitingMs += milliseconds * (1 - carried / bitrate);
    if (this.#waitingMs < 200) return;
    this.dropped += 6;
    this.#waitingMs = 0;
  }
}

/** An encoder that heeds a control, and who watches. */
class Machine {
  readonly viewers: FakeViewer[] = [new FakeViewer()];
  readonly control: BitrateControl;
  /** Seconds at which it was started anew, and the share since. */
  readonly changes: [at: number, share: number][] = [];
  #now = 0;

  constructor(adaptation?: Adaptation) {
    this.control = new BitrateControl(adaptation);
    this.control.begin(ms(0));
  }

  run(seconds: number): this {
    for (const end = this.#now + 1000 * seconds; this.#now < end;) {
      this.#now += 50;
      for (const viewer of this.viewers) {
        viewer.pass(50, BITRATE * this.control.share);
      }
      const now = ms(this.#now);
      if (!this.control.isToChange(() => this.viewers, BITRATE, now)) continue;
      this.changes.push([Math.round(this.#now / 1000), this.control.share]);
      this.control.begin(now);
    }
    return this;
  }
}

test("BitrateControl leaves a bitrate alone that links carry", () => {
  const machine = new Machine().run(3600);
  assert.deepEqual(machine.changes, []);
});

test("BitrateControl finds what half a link carries at once", () => {
  const machine = new Machine().run(10);
  machine.viewers[0]!.capacity = BITRATE / 2;
  machine.run(20);
  assert.deepEqual(machine.changes, [[12, 0.25]]);
});

test("BitrateControl forgives a link that coughs", () => {
  const machine = new Machine().run(10);
  for (let minute = 0; minute < 10; minute++) {
    machine.viewers[0]!.dropped += 10;
    machine.run(60);
  }
  assert.deepEqual(machine.changes, []);
});

test("BitrateControl does nothing about a link that breaks off", () => {
  const machine = new Machine().run(10);
  machine.viewers[0]!.capacity = BITRATE / 100;
  machine.run(10);
  machine.viewers[0]!.capacity = ENOUGH;
  machine.run(10);
  assert.deepEqual(machine.changes, []);
});

test("BitrateControl goes up again, step by step", () => {
  const machine = new Machine().run(10);
  machine.viewers[0]!.capacity = BITRATE / 2;
  machine.run(20);
  machine.viewers[0]!.capacity = ENOUGH;
  machine.run(200);
  const shares = machine.changes.map(([, share]) => share);
  assert.deepEqual(shares, [0.25, 0.35, 0.5, 0.7, 1]);
});

test("BitrateControl tries less and less often what is too much", () => {
  const machine = new Machine().run(10);
  machine.viewers[0]!.capacity = BITRATE * 0.45;
  machine.run(600);
  const tries = machine.changes.filter(([, share]) => share === 0.5)
    .map(([at]) => at);
  const pauses = tries.slice(1).map((at, i) => at - tries[i]!);
  assert.deepEqual(pauses.map((it) => Math.round(it / 30)), [2, 4, 8]);
});

test("BitrateControl lowers nobody's bitrate for one of several, unless told to", () => {
  for (
    const [adaptation, shares] of [
      [undefined, []],
      ["slowest", [0.25]],
      ["none", []],
    ] as const
  ) {
    const machine = new Machine(adaptation);
    machine.viewers.push(new FakeViewer());
    machine.run(10);
    machine.viewers[1]!.capacity = BITRATE / 2;
    machine.run(20);
    assert.deepEqual(
      machine.changes.map(([, share]) => share),
      shares,
      adaptation,
    );
  }
});

test("BitrateControl does not judge by who has just come", () => {
  const machine = new Machine("slowest").run(10);
  for (let i = 0; i < 20; i++) {
    const viewer = new FakeViewer();
    machine.viewers.splice(0, 1, viewer);
    // What is dropped up to the first keyframe.
    machine.run(0.5);
    viewer.dropped += 5;
    machine.run(0.5);
    viewer.dropped += 5;
  }
  assert.deepEqual(machine.changes, []);
});

test("BitrateControl goes up when nobody watches", () => {
  const machine = new Machine().run(10);
  machine.viewers[0]!.capacity = BITRATE / 2;
  machine.run(20);
  machine.viewers.length = 0;
  machine.run(200);
  assert.equal(machine.control.share, 1);
});

test("BitrateControl goes up when the slow viewer is not alone any more", () => {
  const machine = new Machine().run(10);
  machine.viewers[0]!.capacity = BITRATE / 2;
  machine.run(20);
  machine.viewers.push(new FakeViewer());
  machine.run(200);
  assert.equal(machine.control.share, 1);
});
