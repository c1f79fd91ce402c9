import assert from "node:assert/strict";
import { BitWriter } from "../../test/h264_writer.ts";
import { test } from "../../test/harness.ts";
import { BitReader } from "./rbsp.ts";
import { readHevcVui, readVui } from "./vui.ts";

/** vui_parameters() with everything in it. */
function full(): BitWriter {
  return new BitWriter()
    .flags(true).u(8, 255).u(16, 5).u(16, 7) // aspect ratio
    .flags(true, true) // overscan
    .flags(true).u(3, 5).flags(true, true).u(8, 9).u(8, 16).u(8, 10) // colour
    .flags(true).ue(1, 2) // chroma location
    .flags(true).u(32, 1001).u(32, 60000).flags(true) // timing
    .flags(true).ue(1).u(8, 0).ue(1, 2).flags(true).ue(3, 4).flags(false)
    .u(20, 0) // NAL HRD of two CPBs
    .flags(true).ue(0).u(8, 0).ue(1, 2).flags(true).u(20, 0) // VCL HRD
    .flags(false, true) // low delay, picture structure
    .flags(true, true).ue(0, 0, 10, 11, 3, 4); // restriction
}

const FULL = {
  sampleAspectRatio: { width: 5, height: 7 },
  colour: { fullRange: true, primaries: 9, transfer: 16, matrix: 10 },
  fps: 60000 / 1001 / 2,
  reorderDepth: 3,
};

function read(bits: BitWriter) {
  return readVui(new BitReader(bits.bytes()));
}

// FFmpeg 5.1.9's trace_headers filter reads it alike.
test("readVui() reads everything that is there", () => {
  assert.deepEqual(read(full()), FULL);
});

test("readVui() leaves out what is not there", () => {
  assert.deepEqual(read(new BitWriter().u(9, 0)), {});
});

test("readVui() keeps what came before the end, wherever that is", () => {
  const bytes = full().bytes();
  const found = new Set<number>();
  for (let length = 0; length <= bytes.length; length++) {
    const vui = readVui(new BitReader(bytes.subarray(0, length)));
    found.add(Object.keys(vui).length);
    const colour = { ...FULL.colour, ...vui.colour };
    assert.deepEqual({ ...FULL, ...vui, colour }, FULL);
  }
  assert.deepEqual([...found], [0, 2, 3, 4]);
});

test("readVui() knows the aspect ratios that have a number", () => {
  const ratios = [0, 1, 2, 16, 17].map((idc) => {
    const bits = new BitWriter().flags(true).u(8, idc).u(8, 0);
    return read(bits).sampleAspectRatio;
  });
  assert.deepEqual(ratios, [
    undefined,
    { width: 1, height: 1 },
    { width: 12, height: 11 },
    { width: 2, height: 1 },
    undefined,
  ]);
});

test("readVui() takes a rate or a ratio with a zero for none", () => {
  const bits = new BitWriter().flags(true).u(8, 255).u(16, 0).u(16, 1)
    .flags(false, false, false, true).u(32, 0).u(32, 50).flags(true)
    .flags(false, false, false, false);
  assert.deepEqual(read(bits), {});
});

test("readVui() tells the range where the colours are not described", () => {
  const bits = new BitWriter().flags(false, false, true).u(3, 5)
    .flags(false, false).u(6, 0);
  assert.deepEqual(read(bits), { colour: { fullRange: false } });
});

test("readVui() reads what comes behind the HRD of the slices", () => {
  const bits = new BitWriter().u(6, 0).flags(true).ue(0).u(8, 0).ue(0, 0)
    .flags(false).u(20, 0).flags(true, false, true, true)
    .ue(0, 0, 10, 11, 2, 2);
  assert.deepEqual(read(bits), { reorderDepth: 2 });
});

test("readVui() does not believe 33 CPBs, or to reorder 17 pictures", () => {
  const hrd = (count: number) => {
    const bits = new BitWriter().u(5, 0).flags(true).ue(count - 1).u(8, 0);
    for (let i = 0; i < count; i++) bits.ue(0, 0).flags(false);
    return bits.u(20, 0).flags(false, false, false, true, true)
      .ue(0, 0, 10, 11, 3, 3);
  };
  assert.deepEqual(read(hrd(32)), { reorderDepth: 3 });
  assert.deepEqual(read(hrd(33)), {});
  const restriction = new BitWriter().u(8, 0).flags(true, true)
    .ue(0, 0, 10, 11, 17, 17);
  assert.deepEqual(read(restriction), {});
});

/** vui_parameters() of H.265 up to its timing. */
function fullHevc(): BitWriter {
  return new BitWriter()
    .flags(true).u(8, 255).u(16, 5).u(16, 7) // aspect ratio
    .flags(true, true) // overscan
    .flags(true).u(3, 5).flags(true, true).u(8, 9).u(8, 16).u(8, 10) // colour
    .flags(true).ue(1, 2) // chroma location
    .flags(false, true, true) // neutral chroma, fields, field info
    .flags(true).ue(1, 2, 3, 4) // default display window
    .flags(true).u(32, 1001).u(32, 60000); // timing
}

// FFmpeg 5.1.9's trace_headers filter reads it alike.
test("readHevcVui() reads up to the timing, and counts fields", () => {
  const vui = readHevcVui(new BitReader(fullHevc().bytes()));
  const { reorderDepth: _, ...common } = FULL;
  assert.deepEqual(vui, { ...common, fps: 60000 / 1001 });
});

test("readHevcVui() leaves out what is not there", () => {
  const vui = readHevcVui(new BitReader(new BitWriter().u(9, 0).bytes()));
  assert.deepEqual(vui, {});
});

test("readHevcVui() keeps what came before the end", () => {
  const bytes = fullHevc().bytes();
  const found = Array.from({ length: bytes.length + 1 }, (_, length) => {
    const vui = readHevcVui(new BitReader(bytes.subarray(0, length)));
    return Object.keys(vui).join();
  });
  assert.deepEqual([...new Set(found)], [
    "",
    "sampleAspectRatio,colour",
    "sampleAspectRatio,colour,fps",
  ]);
});
