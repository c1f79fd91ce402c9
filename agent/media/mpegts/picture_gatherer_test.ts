import assert from "node:assert/strict";
import { byteStream, writeSlice } from "../../../test/h264_writer.ts";
import { test } from "../../../test/harness.ts";
import { writeHevcSlice } from "../../../test/hevc_writer.ts";
import { us } from "../time.ts";
import { PictureGatherer } from "./picture_gatherer.ts";

/** The first slice of a picture, and another one. */
const SLICES = {
  h264: [writeSlice(0x41), writeSlice(0x41, { firstMb: 600 })],
  hevc: [writeHevcSlice(1), writeHevcSlice(1, { first: false })],
} as const;

for (const codec of ["h264", "hevc"] as const) {
  const [first, second] = SLICES[codec];
  const picture = byteStream([first, second]);

  test(`PictureGatherer marks ${codec} with its codec and timestamp`, () => {
    const gatherer = new PictureGatherer(codec, false);
    gatherer.expect(us(40));
    assert.deepEqual(gatherer.push(picture), []);
    gatherer.expect(us(80));
    const [unit] = gatherer.push(picture);
    assert.deepEqual([unit?.codec, unit?.pts], [codec, 40]);
    const [next] = gatherer.flush();
    assert.deepEqual([next?.codec, next?.pts], [codec, 80]);
    gatherer.push(picture);
    assert.equal("pts" in gatherer.flush()[0]!, false);
  });

  test(`PictureGatherer drops the rest of ${codec} where bytes are missing`, () => {
    const gatherer = new PictureGatherer(codec, false);
    gatherer.push(picture.subarray(0, 7));
    gatherer.miss(true);
    gatherer.push(Uint8Array.of(1, 2, 3, ...byteStream([second])));
    const [unit] = gatherer.flush();
    const cut = byteStream([first.subarray(0, 3), second]);
    assert.deepEqual(unit?.data, cut);
    assert.equal(unit?.damaged, true);
    gatherer.push(picture);
    const [next] = gatherer.flush();
    assert.deepEqual(next?.data, picture);
    assert.deepEqual([next?.damaged, next?.discontinuity], [false, true]);
  });

  test(`PictureGatherer shows what is missing between pictures of ${codec}`, () => {
    const gatherer = new PictureGatherer(codec, false);
    gatherer.push(picture);
    const [first] = gatherer.flush();
    gatherer.miss(false);
    gatherer.push(picture);
    const [second] = gatherer.flush();
    gatherer.push(picture);
    const [third] = gatherer.flush();
    for (const unit of [first, second, third]) {
      assert.deepEqual(unit?.data, picture);
      assert.equal(unit?.damaged, false);
    }
    const found = [first, second, third].map((unit) => unit?.discontinuity);
    assert.deepEqual(found, [false, true, false]);
  });

  test(`PictureGatherer.settle() blames no later picture of ${codec}`, () => {
    const gatherer = new PictureGatherer(codec, false);
    gatherer.miss(true);
    gatherer.push(Uint8Array.of(1, 2, 3));
    assert.deepEqual(gatherer.flush(), []);
    gatherer.settle();
    gatherer.push(picture);
    const [unit] = gatherer.flush();
    assert.deepEqual([unit?.damaged, unit?.discontinuity], [false, true]);
  });
}

test("PictureGatherer forgets the timestamp of a picture that is missing", () => {
  const gatherer = new PictureGatherer("h264", false);
  gatherer.expect(us(40));
  gatherer.miss(true);
  gatherer.push(byteStream(SLICES.h264));
  assert.equal("pts" in gatherer.flush()[0]!, false);
});

test("PictureGatherer keeps the timestamp that stands in front of a picture", () => {
  const gatherer = new PictureGatherer("h264", true);
  gatherer.expect(us(40));
  gatherer.push(byteStream([[9, 0xf0]]));
  gatherer.expect(undefined);
  gatherer.push(byteStream(SLICES.h264));
  const [unit] = gatherer.flush();
  assert.deepEqual([unit?.pts, unit?.discontinuity], [40, true]);
});
