import assert from "node:assert/strict";
import { test } from "../harness.ts";
import { Random } from "../random.ts";
import { type Fate, FateDealer, type UdpFaults } from "./udp_fate.ts";

const DATAGRAMS = 20_000;
const BYTES = 1000;

test("FateDealer harms nothing unless told to", () => {
  for (const fate of deal({}, 100)) {
    const { index, atMs } = fate;
    const unharmed = { bytes: BYTES, delayMs: 0, behind: 0, copies: 1 };
    assert.deepEqual(fate, { index, atMs, ...unharmed });
  }
});

test("FateDealer deals the same for the same seed only", () => {
  const faults = { loss: 0.1, jitterMs: 5, delayMs: 9, corrupt: 0.1 };
  assert.deepEqual(deal(faults, 500, 7), deal(faults, 500, 7));
  assert.notDeepEqual(deal(faults, 500, 7), deal(faults, 500, 8));
});

test("FateDealer loses the same datagrams whatever else goes wrong", () => {
  const other = { duplicate: 0.5, corrupt: 0.5, reorder: 0.5, jitterMs: 3 };
  const lost = (faults: Partial<UdpFaults>) =>
    deal({ loss: 0.1, ...faults }, 500).map((fate) => fate.lost);
  assert.deepEqual(lost({}), lost(other));
});

for (const rate of [0, 0.001, 0.05, 0.2, 1]) {
  test(`FateDealer loses, doubles and harms a share of ${rate}`, () => {
    const near = (share: number) =>
      assert.ok(Math.abs(share - rate) < 0.01, `${share} for ${rate}`);
    near(share(deal({ loss: rate }), ({ lost }) => lost === "loss"));
    near(share(deal({ duplicate: rate }), ({ copies }) => copies === 2));
    near(share(deal({ reorder: rate }), ({ behind }) => behind === 3));
    const harmed = deal({ corrupt: rate, truncate: rate });
    near(share(harmed, ({ flippedBit }) => flippedBit !== undefined));
    near(share(harmed, ({ truncatedTo }) => truncatedTo !== undefined));
  });
}

test("FateDealer flips and cuts within the datagram, anywhere in it", () => {
  const fates = deal({ corrupt: 1, truncate: 1 });
  const bits = fates.map(({ flippedBit }) => flippedBit!);
  const sizes = fates.map(({ truncatedTo }) => truncatedTo!);
  assert.ok(Math.min(...bits) < 100 && Math.max(...bits) < 8 * BYTES);
  assert.ok(Math.max(...bits) > 8 * BYTES - 100);
  assert.deepEqual([Math.min(...sizes), Math.max(...sizes)], [0, BYTES - 1]);
});

test("FateDealer leaves an empty datagram whole", () => {
  const dealer = new FateDealer(new Random(1));
  dealer.change({ corrupt: 1, truncate: 1 }, 0);
  const { flippedBit, truncatedTo } = dealer.deal(0, 0);
  assert.deepEqual([flippedBit, truncatedTo], [undefined, undefined]);
});

test("FateDealer loses in bursts of the mean length asked for", () => {
  const fates = deal({ burst: { enter: 0.01, leave: 0.1, loss: 1 } });
  const lost = fates.map((fate) => fate.lost === "burst");
  const total = lost.filter(Boolean).length;
  const bursts = lost.filter((it, i) => it && !lost[i - 1]).length;
  // Stationary share of the bad state: enter / (enter + leave).
  assert.ok(Math.abs(total / DATAGRAMS - 1 / 11) < 0.02, `${total} lost`);
  assert.ok(Math.abs(total / bursts - 10) < 2, `${total / bursts} a burst`);
});

test("FateDealer spreads the delay by the jitter", () => {
  const delays = deal({ delayMs: 200, jitterMs: 50 }).map((f) => f.delayMs);
  const mean = delays.reduce((sum, ms) => sum + ms, 0) / delays.length;
  assert.ok(Math.abs(mean - 200) < 1, `${mean} ms`);
  assert.ok(Math.min(...delays) >= 150 && Math.min(...delays) < 151);
  assert.ok(Math.max(...delays) <= 250 && Math.max(...delays) > 249);
});

test("FateDealer lets jitter overtake unless the order is to be kept", () => {
  const overtaken = (ordered: boolean) =>
    deal({ delayMs: 20, jitterMs: 20, ordered })
      .map(({ atMs, delayMs }) => atMs + delayMs)
      .some((dueAt, i, all) => i > 0 && dueAt < all[i - 1]!);
  assert.equal(overtaken(false), true);
  assert.equal(overtaken(true), false);
});

test("FateDealer queues what the rate does not pass, and drops the rest", () => {
  // One datagram a millisecond is 1 MB/s; half of it passes.
  const fates = deal({ rate: 500_000, queueBytes: 50_000 });
  const passed = share(fates, ({ lost }) => lost === undefined);
  assert.ok(Math.abs(passed - 0.5) < 0.02, `${passed} passed`);
  assert.ok(fates.every(({ lost }) => !lost || lost === "overrun"));
  const longest = Math.max(...fates.map(({ delayMs }) => delayMs));
  assert.ok(longest > 90 && longest <= 102, `${longest} ms in the queue`);
});

test("FateDealer loses everything in a blackout, and nothing beside", () => {
  const blackouts = [{ fromMs: 100, forMs: 50 }, { fromMs: 400, forMs: 1 }];
  const lost = deal({ blackouts }, 500)
    .filter((fate) => fate.lost === "blackout")
    .map(({ atMs }) => atMs);
  const dark = Array.from({ length: 50 }, (_, i) => 100 + i);
  assert.deepEqual(lost, [...dark, 400]);
});

test("FateDealer.change() leaves the other faults as they are", () => {
  const dealer = new FateDealer(new Random(1));
  dealer.change({ loss: 1 }, 0);
  dealer.change({ delayMs: 5 }, 0);
  assert.equal(dealer.deal(BYTES, 0).lost, "loss");
  dealer.change({ loss: 0 }, 1);
  assert.equal(dealer.deal(BYTES, 1).delayMs, 5);
});

/** The fates of datagrams that arrive 1 ms apart. */
function deal(
  faults: Partial<UdpFaults>,
  count = DATAGRAMS,
  seed = 1,
): Fate[] {
  const dealer = new FateDealer(new Random(seed));
  dealer.change(faults, 0);
  return Array.from({ length: count }, (_, atMs) => dealer.deal(BYTES, atMs));
}

function share(fates: Fate[], is: (fate: Fate) => boolean): number {
  return fates.filter(is).length / fates.length;
}
