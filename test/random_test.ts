import assert from "node:assert/strict";
import { test } from "./harness.ts";
import { parseSeed, Random, runSeed } from "./random.ts";

const DRAWS = 20_000;

/** The first numbers of mulberry32's reference code, times 2^32. */
const REFERENCE: Record<number, number[]> = {
  0: [1144304738, 1416247, 958946056],
  1: [2693262067, 11749833, 2265367787],
};

for (const [seed, expected] of Object.entries(REFERENCE)) {
  test(`Random draws mulberry32's numbers for seed ${seed}`, () => {
    const random = new Random(Number(seed));
    const drawn = expected.map(() => random.next() * 2 ** 32);
    assert.deepEqual(drawn, expected);
  });
}

test("Random repeats itself for the same seed, not for another", () => {
  const draw = (seed: number) => {
    const random = new Random(seed);
    return Array.from({ length: 100 }, () => random.next());
  };
  assert.deepEqual(draw(7), draw(7));
  assert.notDeepEqual(draw(7), draw(8));
});

test("Random.between() reaches both ends, and every value alike", () => {
  const random = new Random(3);
  const counts = [0, 0, 0, 0, 0];
  for (let i = 0; i < DRAWS; i++) counts[random.between(0, 4)]!++;
  for (const count of counts) assert.ok(Math.abs(count / DRAWS - 0.2) < 0.02);
  assert.equal(random.between(9, 9), 9);
});

test("Random.chance() holds its probability, never 0 and always 1", () => {
  const random = new Random(4);
  const rate = (probability: number) => {
    let yes = 0;
    for (let i = 0; i < DRAWS; i++) yes += Number(random.chance(probability));
    return yes / DRAWS;
  };
  assert.equal(rate(0), 0);
  assert.equal(rate(1), 1);
  assert.ok(Math.abs(rate(0.05) - 0.05) < 0.01);
});

test("Random takes this run's seed when none is given", () => {
  assert.equal(new Random().seed, runSeed());
});

for (const text of ["-1", "1.5", "4294967296", "seed", "0x10", ""]) {
  test(`parseSeed() refuses "${text}"`, () => {
    assert.throws(() => parseSeed(text), {
      message: `Cannot use seed "${text}": not a whole number below 4294967296`,
    });
  });
}

test("parseSeed() takes the largest seed", () => {
  assert.equal(parseSeed("4294967295"), 4294967295);
});
