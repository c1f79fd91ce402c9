import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import { ms } from "../media/time.ts";
import { QuietGap } from "./quiet_gap.ts";

const FRAME_MS = 33;

/** A sender that hands over each picture in two chunks, so far apart. */
class Sender {
  readonly gap = new QuietGap();
  now = 0;

  send(pictures: number, pauseInside = 0.1): void {
    for (let i = 0; i < pictures; i++) {
      this.now += FRAME_MS;
      this.gap.take(true, true, ms(this.now));
      this.now += pauseInside;
      if (pauseInside >= this.gap.wait) this.gap.end();
      this.gap.take(false, true, ms(this.now));
      if (FRAME_MS >= this.gap.wait) this.gap.end();
    }
  }
}

test("QuietGap is relied on after thirty pictures", () => {
  const sender = new Sender();
  sender.send(29);
  assert.equal(sender.gap.wait, Infinity);
  sender.send(2);
  assert.equal(sender.gap.wait, 1);
});

test("QuietGap learns nothing from a sender that pauses anywhere", () => {
  const sender = new Sender();
  sender.send(100, 5);
  assert.equal(sender.gap.wait, Infinity);
});

test("QuietGap gives up for good when it was wrong", () => {
  const sender = new Sender();
  sender.send(40);
  sender.send(1, 1);
  sender.send(100);
  assert.equal(sender.gap.wait, Infinity);
});

test("QuietGap begins to learn anew where a sender pauses inside", () => {
  const sender = new Sender();
  sender.send(20);
  sender.send(1, 5);
  sender.send(20);
  assert.equal(sender.gap.wait, Infinity);
  sender.send(20);
  assert.equal(sender.gap.wait, 1);
});

test("QuietGap waits for pauses, not for pictures that come in a burst", () => {
  const gap = new QuietGap();
  for (let i = 0; i < 100; i++) gap.take(true, true, ms(0.1 * i));
  assert.equal(gap.wait, Infinity);
});

test("QuietGap learns nothing where pictures say that they are over", () => {
  const gap = new QuietGap();
  for (let i = 0; i < 100; i++) gap.take(true, false, ms(FRAME_MS * i));
  assert.equal(gap.wait, Infinity);
});
