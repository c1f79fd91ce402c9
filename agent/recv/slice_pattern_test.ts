import assert from "node:assert/strict";
import { BitWriter, byteStream, writeSps } from "../../test/h264_writer.ts";
import { test } from "../../test/harness.ts";
import { parseSps } from "../media/sps.ts";
import { SlicePattern } from "./slice_pattern.ts";

/** 1200 macroblocks. */
const SPS = parseSps(writeSps({ log2MaxFrameNum: 4 }));

/** A picture whose slices begin there. */
function picture(
  starts: readonly number[],
  { header = 0x41, type = 5, frameNums = [1] } = {},
): Uint8Array {
  return byteStream(
    starts.map((firstMb, i) =>
      new BitWriter().ue(firstMb, type, 0)
        .u(4, frameNums[i % frameNums.length]!).u(8, 0x55).nalUnit(header)
    ),
  );
}

const FOUR = [0, 280, 600, 920];

/** Judges pictures; returns the indices of the broken ones. */
function broken(pattern: SlicePattern, pictures: readonly Uint8Array[]) {
  return pictures.flatMap((data, i) => pattern.isBroken(data, SPS) ? [i] : []);
}

function learnt(): SlicePattern {
  const pattern = new SlicePattern();
  assert.deepEqual(broken(pattern, Array(30).fill(picture(FOUR))), []);
  return pattern;
}

test("SlicePattern misses slices that were always there", () => {
  const found = broken(learnt(), [
    picture(FOUR),
    picture([0, 600, 920]),
    picture(FOUR),
    picture([0, 280, 600]),
    picture([0]),
    picture(FOUR),
  ]);
  assert.deepEqual(found, [1, 3, 4]);
});

test("SlicePattern misses nothing before it has seen enough", () => {
  const pattern = new SlicePattern();
  const few = Array(29).fill(picture(FOUR));
  assert.deepEqual(broken(pattern, [...few, picture([0, 280])]), []);
});

test("SlicePattern follows an encoder that cuts in another way", () => {
  const others = [[0], [0, 400, 800], [0, 280, 600, 920, 1100]];
  for (const starts of others.slice(1)) {
    assert.deepEqual(broken(learnt(), Array(40).fill(picture(starts))), []);
  }
  // That looks like a loss at first.
  const pattern = learnt();
  const found = broken(pattern, Array(40).fill(picture(others[0]!)));
  assert.deepEqual(found, [0, 1]);
});

test("SlicePattern expects nothing where each picture is cut anew", () => {
  const pictures = Array.from(
    { length: 200 },
    (_, i) => picture(i % 7 === 0 ? [0] : [0, 200 + i, 900 + i % 5]),
  );
  assert.deepEqual(broken(new SlicePattern(), pictures), []);
});

test("SlicePattern tells kinds of pictures apart", () => {
  const pictures = Array.from({ length: 200 }, (_, i) => {
    if (i % 50 === 0) return picture([0], { header: 0x65, type: 7 });
    if (i % 50 === 25) return picture([0], { type: 7 });
    return i % 2 === 0 ? picture(FOUR) : picture([0, 600], { header: 1 });
  });
  assert.deepEqual(broken(new SlicePattern(), pictures), []);
});

test("SlicePattern sees a picture that runs into the next", () => {
  const pattern = new SlicePattern();
  const joined = picture([0, 600, 600], { frameNums: [1, 1, 2] });
  assert.equal(pattern.isBroken(joined, SPS), true);
});

test("SlicePattern sees a slice that begins outside of the picture", () => {
  const pattern = new SlicePattern();
  assert.equal(pattern.isBroken(picture([0, 1199]), SPS), false);
  assert.equal(pattern.isBroken(picture([0, 1200]), SPS), true);
});

test("SlicePattern.reset() forgets", () => {
  const pattern = learnt();
  pattern.reset();
  assert.deepEqual(broken(pattern, [picture([0])]), []);
  assert.equal(pattern.isBroken(new Uint8Array(), SPS), false);
});
