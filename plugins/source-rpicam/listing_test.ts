import assert from "node:assert/strict";
import { listing } from "../../test/programs/rpicam/listing.ts";
import { playOf } from "../../test/programs/rpicam/scenario.ts";
import { test } from "../../test/harness.ts";
import { parseListing } from "./listing.ts";

test("parseListing() reads cameras and their modes", () => {
  const text = listing(playOf({ RPICAM_CAMERAS: "imx708,imx219" }));
  const [first, second, ...rest] = parseListing(text);
  assert.deepEqual(rest, []);
  assert.deepEqual({ ...first, modes: first!.modes[0] }, {
    index: 0,
    model: "imx708",
    id: "/base/soc/i2c0mux/i2c@1/imx708@1a",
    size: { width: 4608, height: 2592 },
    modes: {
      format: "SRGGB10_CSI2P",
      size: { width: 1536, height: 864 },
      fps: 120.13,
    },
  });
  assert.deepEqual(
    second!.modes.map(({ format, size }) => [format, size.width]),
    [
      ["SRGGB10_CSI2P", 640],
      ["SRGGB10_CSI2P", 1920],
      ["SRGGB8", 640],
      ["SRGGB8", 3280],
    ],
  );
});

test("parseListing() reads what old versions print", () => {
  const text = listing(playOf({ RPICAM_VERSION: "0.9.0" }));
  const [camera] = parseListing(text);
  assert.deepEqual(camera!.size, { width: 4608, height: 2592 });
  assert.deepEqual(
    camera!.modes.map(({ size: { width }, fps }) => [width, fps]),
    [
      [1536, undefined],
      [2304, undefined],
      [4608, undefined],
    ],
  );
});

const ODD: Record<string, [text: string, models: string[]]> = {
  "nothing": ["", []],
  "no camera": ["No cameras available!\n", []],
  "a size and a rate that nobody knows": [
    "0 : ov5647 (/base/x)\n    Modes: 'SGBRG10' : 640x480 [nan fps - (0, 0)/1x1 crop]\n",
    ["ov5647"],
  ],
  "modes without a camera": ["    Modes: 'X' : 640x480 [30.00 fps]\n", []],
  "a name that is not ASCII, and a path with brackets": [
    "12 : kamera-ä [640x480 8-bit MONO] (/base/a (b)/c)\n",
    ["kamera-ä"],
  ],
};

for (const [what, [text, models]] of Object.entries(ODD)) {
  test(`parseListing() takes ${what}`, () => {
    assert.deepEqual(parseListing(text).map(({ model }) => model), models);
  });
}

test("parseListing() knows no rate where it is no number", () => {
  const [text] = ODD["a size and a rate that nobody knows"]!;
  assert.deepEqual(parseListing(text)[0]!.modes, [
    { format: "SGBRG10", size: { width: 640, height: 480 } },
  ]);
});
