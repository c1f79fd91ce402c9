import assert from "node:assert/strict";
import { concat } from "../../agent/media/bytes.ts";
import { ACCESS_UNIT_DELIMITER } from "../../agent/media/delimiter.ts";
import { assertBytes } from "../../test/contract/suite.ts";
import { test } from "../../test/harness.ts";
import { cut } from "./cut.ts";

const DELIMITER = ACCESS_UNIT_DELIMITER.length;

/** A unit of so many bytes, the delimiter included. */
function unit(length: number): Uint8Array<ArrayBuffer> {
  const picture = Uint8Array.from({ length: length - DELIMITER }, (_, i) => i);
  return concat(picture, ACCESS_UNIT_DELIMITER);
}

/** Lengths of units up to three datagrams at which cuts may fall badly. */
function lengthsAround(payload: number): number[] {
  const near = Array.from({ length: 33 }, (_, i) => i - 16);
  return [0, 1, 2, 3].flatMap((count) => near.map((by) => count * payload + by))
    .filter((length) => length >= DELIMITER);
}

for (const payload of [64, 1452]) {
  test(`cut() into ${payload} bytes neither loses one nor splits the delimiter`, () => {
    for (const length of lengthsAround(payload)) {
      const data = unit(length);
      const datagrams = [...cut(data, payload)];
      assertBytes(concat(...datagrams), data, `unit of ${length}`);
      assert.deepEqual(
        datagrams.at(-1)!.slice(-DELIMITER),
        ACCESS_UNIT_DELIMITER,
        `unit of ${length}`,
      );
      const sizes = datagrams.map((datagram) => datagram.length);
      assert.ok(Math.max(...sizes) <= payload, `${sizes}`);
      assert.equal(datagrams.length, Math.ceil(length / payload), `${sizes}`);
    }
  });
}

const SIZES: [length: number, sizes: number[]][] = [
  [6, [6]],
  [63, [63]],
  [64, [64]],
  [65, [59, 6]],
  [69, [63, 6]],
  [70, [64, 6]],
  [128, [64, 64]],
  [129, [64, 59, 6]],
  [134, [64, 64, 6]],
  [0, []],
];

for (const [length, sizes] of SIZES) {
  test(`cut() makes ${length} bytes into ${sizes.join(" and ") || "none"}`, () => {
    const datagrams = [...cut(new Uint8Array(length), 64)];
    assert.deepEqual(datagrams.map(({ length }) => length), sizes);
  });
}

test("cut() copies nothing", () => {
  const data = unit(100);
  for (const { buffer } of cut(data, 64)) assert.equal(buffer, data.buffer);
});
