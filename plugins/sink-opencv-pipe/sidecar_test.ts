import assert from "node:assert/strict";
import { packedFormat } from "../../agent/media/frame.ts";
import { test } from "../../test/harness.ts";
import { sidecar } from "./sidecar.ts";

test("sidecar() tells all that a reader has to know", () => {
  const text = new TextDecoder().decode(sidecar(packedFormat(5, 3, "nv12")));
  assert.equal(text.at(-1), "\n");
  assert.deepEqual(JSON.parse(text), {
    version: 1,
    width: 5,
    height: 3,
    pixelFormat: "nv12",
    stride: 5,
    planes: [
      { offset: 0, stride: 5, rows: 3, rowBytes: 5 },
      { offset: 15, stride: 6, rows: 2, rowBytes: 6 },
    ],
    frameBytes: 27,
  });
});

test("sidecar() tells the rate where it is known", () => {
  const format = { ...packedFormat(2, 2, "gray"), fps: 29.97 };
  const text = new TextDecoder().decode(sidecar(format));
  assert.equal(JSON.parse(text).fps, 29.97);
});
