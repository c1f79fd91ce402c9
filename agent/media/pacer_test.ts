import assert from "node:assert/strict";
import { FakeClock } from "../../test/fakes/clock.ts";
import { test } from "../../test/harness.ts";
import { Pacer } from "./pacer.ts";
import { type Milliseconds, us } from "./time.ts";

const BURST = 65_536;
const DATAGRAM = 1452;

/** A clock that counts what is asked of it, and wakes like a real one. */
class CountingClock extends FakeClock {
  sleeps = 0;
  /** Real timers know whole milliseconds only. */
  stepMs = 0;

  override sleep(duration: Milliseconds, signal?: AbortSignal): Promise<void> {
    this.sleeps++;
    const late = Math.max(duration, this.stepMs) as Milliseconds;
    return super.sleep(late, signal);
  }
}

/** Waits as whoever sends does. */
async function room(
  pacer: Pacer,
  clock: FakeClock,
  bytes: number,
): Promise<void> {
  const wait = pacer.take(bytes, clock.now());
  if (wait > 0) await clock.sleep(wait);
}

/** When how many bytes went out, from the first on. */
type Sent = [at: number, bytes: number][];

function setUp() {
  const clock = new CountingClock();
  const pacer = new Pacer();
  let pictures = 0;
  const sent: Sent = [];
  const begin = clock.now();
  /** Sends pictures of which the next is 1/30 s later, all at once. */
  const send = async (...sizes: number[]) => {
    for (const size of sizes) {
      pacer.begin(size, us(pictures++ * 33_333));
      for (let at = 0; at < size; at += DATAGRAM) {
        const bytes = Math.min(DATAGRAM, size - at);
        await room(pacer, clock, bytes);
        sent.push([clock.now() - begin, bytes]);
      }
    }
  };
  return { clock, pacer, sent, send };
}

/** The most bytes that went out within a span of time. */
function mostWithin(sent: Sent, spanMs: number): number {
  return Math.max(
    ...sent.map(([start]) =>
      sent.filter(([at]) => at >= start && at <= start + spanMs)
        .reduce((sum, [, bytes]) => sum + bytes, 0)
    ),
  );
}

function lastOf(sent: Sent): number {
  return sent.at(-1)![0];
}

test("Pacer lets 64 kB pass at once, without a timer", async () => {
  const { clock, sent, send } = setUp();
  await send(BURST);
  assert.equal(clock.sleeps, 0);
  assert.equal(lastOf(sent), 0);
});

test("Pacer sets no timer for small pictures", async () => {
  const { clock, send } = setUp();
  for (let picture = 0; picture < 90; picture++) {
    await send(picture % 30 === 0 ? 60_000 : 8_000);
    await clock.advance(33.3);
  }
  assert.equal(clock.sleeps, 0);
});

for (const stepMs of [0, 1]) {
  for (const size of [70_000, 150_000, 300_000, 600_000]) {
    test(`Pacer spreads ${size} bytes over a third of the interval, by timers of ${stepMs} ms`, async () => {
      const { clock, sent, send } = setUp();
      clock.stepMs = stepMs;
      await send(1_000);
      await clock.advance(33.3);
      sent.length = 0;
      const begin = clock.now();
      const sending = send(size);
      await clock.advance(100);
      await sending;
      const took = lastOf(sent) - (begin - 1000);
      const third = 33.333 / 3;
      // Or sooner: behind the burst it goes at 16 kB in a millisecond at least.
      const wanted = Math.min(third, (size - BURST) / 16_000);
      assert.ok(Math.abs(took - wanted) <= stepMs + 0.1, `${took} ms`);
      assert.ok(mostWithin(sent, 0) <= BURST, `${mostWithin(sent, 0)} at once`);
    });
  }
}

test("Pacer follows the interval of the pictures", async () => {
  const { clock, pacer } = setUp();
  const size = 1_000_000;
  const times: number[] = [];
  for (let picture = 0; picture < 4; picture++) {
    const begin = clock.now();
    pacer.begin(size, us(picture * 200_000));
    const sending = (async () => {
      for (let at = 0; at < size; at += DATAGRAM) {
        await room(pacer, clock, DATAGRAM);
      }
      times.push(clock.now() - begin);
    })();
    await clock.advance(200);
    await sending;
  }
  // The first as if there were 30 a second, the others as they come.
  const [first, ...others] = times.map(Math.round);
  assert.equal(first, 11);
  // No slower than 16 kB in a millisecond.
  for (const took of others) assert.equal(took, 58);
});

test("Pacer spreads the pictures that a viewer finds when it comes", async () => {
  const { clock, sent, send } = setUp();
  const sizes = Array.from({ length: 30 }, (_, i) => i === 0 ? 60_000 : 8_000);
  const sending = send(...sizes);
  await clock.advance(1000);
  await sending;
  assert.ok(mostWithin(sent, 0) <= BURST, `${mostWithin(sent, 0)} at once`);
  assert.ok(mostWithin(sent, 1) <= BURST + 18_000, `${mostWithin(sent, 1)}`);
  const took = lastOf(sent);
  // 292 kB, of which 64 at once.
  assert.ok(took > 13 && took < 15, `${took} ms`);
});

test("Pacer does not save up for more than one burst", async () => {
  const { clock, sent, send } = setUp();
  await clock.advance(60_000);
  const sending = send(2 * BURST);
  await clock.advance(100);
  await sending;
  assert.ok(mostWithin(sent, 0) <= BURST, `${mostWithin(sent, 0)} at once`);
});

test("Pacer takes times that go back or stand still", async () => {
  const { clock, pacer } = setUp();
  for (const pts of [100_000, 66_666, 66_666, 10_000_000]) {
    pacer.begin(200_000, us(pts));
    const waiting = room(pacer, clock, 60_000);
    await clock.advance(33);
    await waiting;
  }
  assert.equal(clock.sleeping, 0);
});
