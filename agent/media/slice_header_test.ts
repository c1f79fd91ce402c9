import assert from "node:assert/strict";
import {
  BitWriter,
  byteStream,
  SAMPLE,
  writePps,
  writeSps,
} from "../../test/h264_writer.ts";
import { test } from "../../test/harness.ts";
import { AccessUnitSplitter } from "./access_unit_splitter.ts";
import { sliceHeadersOf } from "./slice_header.ts";
import { parseSps, spsOf } from "./sps.ts";

const SPS = parseSps(writeSps({ log2MaxFrameNum: 6 }));

function slice(
  header: number,
  firstMb: number,
  type: number,
  frameNum: number,
) {
  return new BitWriter().ue(firstMb, type, 0).u(6, frameNum).u(8, 0x55)
    .nalUnit(header);
}

test("sliceHeadersOf() reads what x264 writes", () => {
  const units = new AccessUnitSplitter().push(SAMPLE);
  const sps = spsOf(units[0]!.data)!;
  assert.deepEqual(units.map(({ data }) => sliceHeadersOf(data, sps)), [
    [{ header: 0x65, firstMb: 0, sliceType: 2, frameNum: 0 }],
    [{ header: 0x41, firstMb: 0, sliceType: 0, frameNum: 1 }],
    [{ header: 0x41, firstMb: 0, sliceType: 0, frameNum: 2 }],
    [{ header: 0x65, firstMb: 0, sliceType: 2, frameNum: 0 }],
  ]);
});

test("sliceHeadersOf() reads every slice, whatever stands between", () => {
  const data = byteStream([
    ...[writeSps(), writePps(), slice(0x65, 0, 7, 0), writePps()],
    ...[slice(0x65, 600, 2, 63), [0x6c, 0xff], slice(0x65, 1199, 2, 5)],
  ]);
  const found = sliceHeadersOf(data, SPS);
  assert.deepEqual(found.map(({ firstMb }) => firstMb), [0, 600, 1199]);
  assert.deepEqual(found.map(({ frameNum }) => frameNum), [0, 63, 5]);
  assert.deepEqual(found.map(({ sliceType }) => sliceType), [2, 2, 2]);
});

test("sliceHeadersOf() leaves out what is cut off, and 4:4:4", () => {
  const data = byteStream([slice(0x41, 0, 0, 1), [0x41], [0x41, 1]]);
  assert.equal(sliceHeadersOf(data, SPS).length, 1);
  assert.deepEqual(sliceHeadersOf(data, { ...SPS, chromaFormatIdc: 3 }), []);
  assert.deepEqual(sliceHeadersOf(new Uint8Array(), SPS), []);
});
