import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import { Quantiles, RateMeter } from "./meter.ts";
import { ms } from "./time.ts";

test("RateMeter reads zero without events", () => {
  assert.deepEqual(new RateMeter().read(ms(1000)), {
    perSecond: 0,
    sizePerSecond: 0,
  });
});

test("RateMeter counts events and sizes per second", () => {
  const meter = new RateMeter();
  for (let at = 0; at < 2000; at += 20) meter.add(ms(at), 100);
  assert.deepEqual(meter.read(ms(2000)), {
    perSecond: 50,
    sizePerSecond: 5000,
  });
});

test("RateMeter measures a young stream over what there is of it", () => {
  const meter = new RateMeter();
  for (let at = 1000; at < 2000; at += 20) meter.add(ms(at));
  assert.equal(meter.read(ms(2000)).perSecond, 50);
});

test("RateMeter makes no flood of the first event", () => {
  const meter = new RateMeter();
  meter.add(ms(1000), 10);
  assert.deepEqual(meter.read(ms(1001)), { perSecond: 2, sizePerSecond: 20 });
});

test("RateMeter forgets what is older than two seconds", () => {
  const meter = new RateMeter();
  for (let at = 0; at < 1000; at += 10) meter.add(ms(at));
  for (let at = 3000; at < 5000; at += 100) meter.add(ms(at));
  assert.equal(meter.read(ms(5000)).perSecond, 10);
  assert.equal(meter.read(ms(6900)).perSecond, 0.5);
  assert.equal(meter.read(ms(7000)).perSecond, 0);
});

test("Quantiles reads nothing without values", () => {
  assert.equal(new Quantiles().read(0.5), undefined);
});

test("Quantiles reads the only value for every share", () => {
  const quantiles = new Quantiles();
  quantiles.add(7);
  assert.deepEqual(quantiles.read(0, 0.5, 0.95, 1), [7, 7, 7, 7]);
});

test("Quantiles reads shares of unsorted values", () => {
  const quantiles = new Quantiles();
  for (let i = 0; i < 100; i++) quantiles.add(i * 37 % 100);
  assert.deepEqual(quantiles.read(0.5, 0.95, 1), [50, 95, 99]);
});

test("Quantiles compares numbers as such", () => {
  const quantiles = new Quantiles();
  for (const value of [10, 9, 100]) quantiles.add(value);
  assert.deepEqual(quantiles.read(0, 1), [9, 100]);
});

test("Quantiles keeps the last 300 values", () => {
  const quantiles = new Quantiles();
  for (let i = 0; i < 1000; i++) quantiles.add(i);
  assert.deepEqual(quantiles.read(0, 1), [700, 999]);
});

test("Quantiles leaves the order of its values alone", () => {
  const quantiles = new Quantiles();
  for (let i = 300; i > 0; i--) quantiles.add(i);
  quantiles.read(0.5);
  quantiles.add(1000);
  // The oldest, 300, made room.
  assert.deepEqual(quantiles.read(0, 1), [1, 1000]);
  quantiles.add(1000);
  assert.deepEqual(quantiles.read(298 / 300, 299 / 300), [1000, 1000]);
});

test("Quantiles forgets all values", () => {
  const quantiles = new Quantiles();
  for (let i = 0; i < 1000; i++) quantiles.add(i);
  quantiles.clear();
  assert.equal(quantiles.read(0.5), undefined);
  quantiles.add(5);
  assert.deepEqual(quantiles.read(0, 1), [5, 5]);
});
