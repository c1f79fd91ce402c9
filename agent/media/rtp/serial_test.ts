import assert from "node:assert/strict";
import { test } from "../../../test/harness.ts";
import { distance16, distance32 } from "./serial.ts";

const CASES: Record<string, [from: number, to: number, distance: number][]> = {
  distance16: [
    [0, 0, 0],
    [1, 3, 2],
    [65535, 0, 1],
    [0, 65535, -1],
    [0, 32767, 32767],
    [0, 32768, -32768],
    [40000, 10000, -30000],
  ],
  distance32: [
    [0, 0, 0],
    [2 ** 32 - 1, 2, 3],
    [2, 2 ** 32 - 1, -3],
    [0, 2 ** 31 - 1, 2 ** 31 - 1],
    [0, 2 ** 31, -(2 ** 31)],
  ],
};

for (const [name, cases] of Object.entries(CASES)) {
  for (const [from, to, distance] of cases) {
    test(`${name}() counts ${distance} from ${from} to ${to}`, () => {
      const count = name === "distance16" ? distance16 : distance32;
      assert.equal(count(from, to), distance);
    });
  }
}
