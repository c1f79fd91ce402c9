import assert from "node:assert/strict";
import { concat } from "../../agent/media/bytes.ts";
import * as media from "../../agent/media/mod.ts";
import { byteStream, writePps, writeSps } from "../../test/h264_writer.ts";
import { test } from "../../test/harness.ts";
import { type CutPicture, FrameCutter } from "./frame_cutter.ts";

const SETS = byteStream([writeSps(), writePps()]);
const IDR = byteStream([Uint8Array.of(0x65, 0x88, 1)]);
const KEYFRAME = concat(SETS, IDR);

/** A picture of two slices. */
const picture = (number: number) =>
  byteStream([
    Uint8Array.of(0x41, 0x9a, number),
    Uint8Array.of(0x41, 0x40, number),
  ]);

function describe(pictures: readonly CutPicture[]) {
  return pictures.map(({ unit, pts, capturedAt }) => [
    unit.data.length,
    pts,
    capturedAt,
  ]);
}

test("FrameCutter hands a picture over as soon as its mark is there", () => {
  const cutter = new FrameCutter(media);
  cutter.mark("# timecode format v2");
  cutter.push(KEYFRAME);
  assert.deepEqual(cutter.take(), []);
  cutter.mark("0.000");
  const [first] = cutter.take();
  assert.deepEqual(first!.unit.data, KEYFRAME);
  assert.equal(first!.unit.keyframe, true);
  cutter.push(picture(1));
  assert.deepEqual(cutter.take(), []);
  cutter.mark("33.367");
  assert.deepEqual(describe(cutter.take()), [
    [picture(1).length, 33367, undefined],
  ]);
});

test("FrameCutter leaves alone what is written of the next picture", () => {
  for (let split = 0; split <= picture(2).length; split++) {
    const cutter = new FrameCutter(media);
    cutter.push(concat(KEYFRAME, picture(1), picture(2).subarray(0, split)));
    cutter.mark("0.000");
    cutter.mark("40.000");
    assert.equal(cutter.take().length, 2, `split at ${split}`);
    cutter.push(picture(2).subarray(split));
    assert.deepEqual(cutter.take(), []);
    cutter.mark("80.000");
    const [last, ...rest] = cutter.take();
    assert.deepEqual(last!.unit.data, picture(2));
    assert.deepEqual(rest, []);
  }
});

test("FrameCutter waits for a mark that is late", () => {
  const cutter = new FrameCutter(media);
  cutter.push(concat(KEYFRAME, picture(1), picture(2)));
  cutter.mark("0.000");
  assert.deepEqual(describe(cutter.take()), [[KEYFRAME.length, 0, undefined]]);
  assert.deepEqual(cutter.take(), []);
  cutter.mark("40.000");
  cutter.mark("80.000");
  assert.equal(cutter.take().length, 2);
});

test("FrameCutter tells when the sensor took a picture", () => {
  const cutter = new FrameCutter(media);
  cutter.push(KEYFRAME);
  // An early version: the sensor's time comes first.
  cutter.metadata("SensorTimestamp=5000000000");
  cutter.mark("0.000");
  assert.deepEqual(describe(cutter.take()), [[KEYFRAME.length, 0, 5000]]);
  // A later one: behind the mark, and too late for this picture.
  cutter.push(picture(1));
  cutter.mark("33.300");
  assert.deepEqual(describe(cutter.take())[0]!.slice(1), [33300, 5033.3]);
  cutter.metadata("ExposureTime=9994");
  cutter.metadata("SensorTimestamp=5033400000");
  // The clock of the marks and the sensor's have come apart by 0.1 ms.
  cutter.push(picture(2));
  cutter.mark("66.600");
  assert.deepEqual(describe(cutter.take())[0]!.slice(1), [66600, 5066.7]);
});

test("FrameCutter takes no nonsense for a time", () => {
  const cutter = new FrameCutter(media);
  for (const line of ["", "x", "SensorTimestamp=", "SensorTimestamp=-5"]) {
    cutter.metadata(line);
  }
  cutter.mark("tomorrow");
  cutter.push(KEYFRAME);
  assert.deepEqual(cutter.take(), []);
  cutter.mark("0.000");
  assert.deepEqual(describe(cutter.take()), [[KEYFRAME.length, 0, undefined]]);
});

test("FrameCutter gives no two pictures the same time", () => {
  const cutter = new FrameCutter(media);
  cutter.push(concat(KEYFRAME, picture(1), picture(2)));
  for (const line of ["0.000", "0.000", "0.000"]) cutter.mark(line);
  assert.deepEqual(cutter.take().map(({ pts }) => pts), [0, 1, 2]);
});

test("FrameCutter repeats parameter sets that came once", () => {
  const cutter = new FrameCutter(media);
  cutter.push(concat(KEYFRAME, IDR));
  cutter.mark("0.000");
  cutter.mark("33.333");
  const [, second] = cutter.take();
  assert.deepEqual(second!.unit.data, KEYFRAME);
});

/** A keyframe and so many pictures. */
const pictures = (count: number) =>
  concat(KEYFRAME, ...Array.from({ length: count }, (_, i) => picture(i + 1)));

test("FrameCutter notices that there are no marks", () => {
  const cutter = new FrameCutter(media);
  cutter.push(pictures(29));
  assert.deepEqual([cutter.isUnmarked, cutter.take()], [false, []]);
  cutter.push(picture(30));
  assert.equal(cutter.isUnmarked, true);
  const taken = cutter.takeUnmarked(1000).map(({ pts }) => pts);
  assert.deepEqual(taken, Array.from({ length: 30 }, (_, i) => 1000 + i));
});

test("FrameCutter goes back to marks that were only late", () => {
  const cutter = new FrameCutter(media);
  cutter.push(pictures(30));
  assert.equal(cutter.takeUnmarked(1000).length, 30);
  for (let mark = 0; mark < 30; mark++) cutter.mark(`${40 * mark}.000`);
  assert.deepEqual([cutter.isUnmarked, cutter.take()], [false, []]);
  cutter.mark("1200.000");
  cutter.push(picture(31));
  const [last, ...rest] = cutter.take();
  assert.deepEqual([last!.pts, rest], [1_200_000, []]);
  assert.deepEqual(last!.unit.data, picture(30));
});
