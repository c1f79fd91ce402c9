/**
 * The bars of the test picture, as Python programs print them.
 *
 * @module
 */

import assert from "node:assert/strict";
import { BARS } from "../e2e/test_picture.ts";

export { BARS };

/** BT.601 luma of the bars, full range. */
export const GRAY_BARS = [76, 150, 226, 29, 105, 179].map((y) => [y, y, y]);

/** Where the bars are, below everything that moves. */
export const AT = "[470, 53::107]";

/** Farther off than H.264 makes a flat area, nearer than another bar is. */
const TOLERANCE = 40;

/** Pictures in a row in which more than a small square hides the bars. */
const STRAYS = 4;

/** Checks pixels as Python prints them: `[[254, 0, 0], ...]` a picture. */
export function assertBars(
  lines: readonly string[],
  bars: readonly (readonly number[])[],
  order = [0, 1, 2],
): void {
  const strays = lines.filter((line) => !showsBars(line, bars, order));
  assert.ok(strays.length <= STRAYS, strays.join("\n"));
}

function showsBars(
  line: string,
  bars: readonly (readonly number[])[],
  order: readonly number[],
): boolean {
  const pixels: number[][] = JSON.parse(line);
  assert.equal(pixels.length, bars.length);
  const right = pixels.filter((pixel, bar) =>
    order.every((channel, at) =>
      Math.abs(pixel[at]! - bars[bar]![channel]!) <= TOLERANCE
    )
  );
  // A small square wanders over the bars.
  return right.length >= bars.length - 1;
}
