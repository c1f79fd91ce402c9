import assert from "node:assert/strict";
import { packedFormat } from "../media/frame.ts";
import { test } from "../../test/harness.ts";
import { drawPicture } from "./blocks.ts";

/** A picture that is black above and white below. */
function picture(width: number, height: number) {
  const data = new Uint8Array(width * height);
  data.fill(255, width * height / 2);
  return { ...packedFormat(width, height, "gray"), data };
}

test("drawPicture() has two pixels in each character", () => {
  const lines = drawPicture(picture(2, 4), 80, true);
  const cell = (color: string) =>
    `\x1b[38;2;${color};48;2;${color}m\u2580`.repeat(2) + "\x1b[0m";
  assert.deepEqual(lines, [cell("0;0;0"), cell("255;255;255")]);
  const [line] = drawPicture(picture(1, 2), 80, true);
  assert.equal(line, "\x1b[38;2;0;0;0;48;2;255;255;255m\u2580\x1b[0m");
});

test("drawPicture() has shades where there are no colours", () => {
  assert.deepEqual(drawPicture(picture(3, 4), 80, false), ["   ", "███"]);
  assert.deepEqual(drawPicture(picture(1, 2), 80, false), ["▒"]);
});

test("drawPicture() fits the screen, and leaves room on it", () => {
  for (
    const [width, height, columns, expected] of [
      [640, 480, 80, [58, 22]],
      [1920, 1080, 80, [78, 22]],
      [1920, 1080, 40, [40, 11]],
      [3000, 100, 200, [80, 1]],
      [100, 3000, 80, [1, 22]],
      [640, 480, 1, [1, 1]],
    ] as const
  ) {
    const lines = drawPicture(picture(width, height), columns, false);
    assert.deepEqual([lines[0]!.length, lines.length], expected);
  }
});
