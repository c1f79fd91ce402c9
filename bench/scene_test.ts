import assert from "node:assert/strict";
import { test } from "../test/harness.ts";
import { drawScene } from "./scene.ts";

const [WIDTH, HEIGHT] = [64, 48];
const LUMA = WIDTH * HEIGHT;

test("drawScene draws whole pictures", () => {
  const sizes = drawScene(WIDTH, HEIGHT).map(({ length }) => length);
  assert.deepEqual(new Set(sizes), new Set([LUMA * 3 / 2]));
});

test("drawScene moves everywhere, the end of the loop included", () => {
  const scene = drawScene(WIDTH, HEIGHT);
  scene.forEach((picture, index) => {
    const next = scene[(index + 1) % scene.length]!;
    const moved = picture.filter((value, at) => value !== next[at]).length;
    assert.ok(moved > picture.length / 2, `only ${moved} after ${index}`);
  });
});

test("drawScene stays within the range of video", () => {
  for (const picture of drawScene(WIDTH, HEIGHT)) {
    assert.ok(picture.every((value) => value >= 16 && value <= 235));
  }
});
