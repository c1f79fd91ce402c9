import assert from "node:assert/strict";
import { ms } from "../../agent/media/time.ts";
import { test } from "../harness.ts";
import { FakeClock } from "./clock.ts";

test("FakeClock ends sleeps in the order they fall due", async () => {
  const clock = new FakeClock();
  const begin = clock.now();
  const ended: [string, number][] = [];
  const sleep = async (name: string, duration: number) => {
    await clock.sleep(ms(duration));
    ended.push([name, clock.now() - begin]);
  };
  const all = [sleep("b", 20), sleep("a", 10), sleep("c", 20), sleep("z", 99)];

  await clock.advance(50);
  assert.deepEqual(ended, [["a", 10], ["b", 20], ["c", 20]]);
  assert.equal(clock.now() - begin, 50);
  assert.equal(clock.sleeping, 1);
  await clock.advance(49);
  await Promise.all(all);
});

test("FakeClock includes sleeps that begin while it advances", async () => {
  const clock = new FakeClock();
  let ticks = 0;
  const ticking = (async () => {
    while (ticks < 10) {
      await clock.sleep(ms(100));
      for (let turn = 0; turn < 50; turn++) await undefined;
      ticks++;
    }
  })();

  await clock.advance(950);
  assert.equal(ticks, 9);
  await clock.advance(50);
  assert.equal(ticks, 10);
  await ticking;
});

test("FakeClock sleeps reject with the signal's reason at once", async () => {
  const clock = new FakeClock();
  const controller = new AbortController();
  const sleeping = clock.sleep(ms(10), controller.signal);

  controller.abort(new Error("Stop"));
  await assert.rejects(sleeping, new Error("Stop"));
  await assert.rejects(
    clock.sleep(ms(10), controller.signal),
    new Error("Stop"),
  );
  assert.equal(clock.sleeping, 0);
});

test("FakeClock jump ends sleeps late", async () => {
  const clock = new FakeClock();
  const begin = clock.now();
  const sleeping = clock.sleep(ms(10)).then(() => clock.now() - begin);

  await clock.jump(30_000);
  assert.equal(await sleeping, 30_000);
});

test("FakeClock wallClock goes on with now", async () => {
  const clock = new FakeClock();
  const before = clock.wallClock();

  await clock.advance(2);
  assert.equal(clock.wallClock() - before, 2_000);
});
