import assert from "node:assert/strict";
import { avcc, avcRecord, hevcRecord } from "../../test/avcc_writer.ts";
import { byteStream } from "../../test/h264_writer.ts";
import { test } from "../../test/harness.ts";
import { annexBFromAvcc, readAvccConfiguration } from "./avcc.ts";

const [VPS, SPS, PPS] = [[0x40, 1, 9], [0x67, 66, 0, 30], [0x68, 0xce]];
const NAL_UNITS = [[6, 5, 0, 0x80], [0x65, 0x88, 1], Array(200).fill(7)];

for (const lengthSize of [1, 2, 3, 4]) {
  test(`annexBFromAvcc() takes lengths of ${lengthSize} bytes`, () => {
    const data = Uint8Array.from(avcc(NAL_UNITS, lengthSize));
    const stream = annexBFromAvcc(data, lengthSize);
    assert.deepEqual(stream, byteStream(NAL_UNITS));
    assert.equal(stream === data, lengthSize === 4);
  });

  test(`readAvccConfiguration() tells of lengths of ${lengthSize} bytes`, () => {
    const h264 = Uint8Array.from(avcRecord([SPS], [PPS], lengthSize));
    const hevc = Uint8Array.from(hevcRecord([[VPS], [SPS]], lengthSize));
    const sizes = [
      readAvccConfiguration("h264", h264),
      readAvccConfiguration("hevc", hevc),
    ].map((it) => it?.lengthSize);
    assert.deepEqual(sizes, [lengthSize, lengthSize]);
  });
}

test("annexBFromAvcc() makes nothing of nothing", () => {
  assert.deepEqual(annexBFromAvcc(new Uint8Array(), 4), new Uint8Array());
});

const BROKEN: Record<string, readonly number[]> = {
  "half a length": [...avcc(NAL_UNITS), 0, 0, 0],
  "a NAL unit without bytes": [...avcc(NAL_UNITS), 0, 0, 0, 0],
  "a NAL unit beyond the end": [...avcc(NAL_UNITS), 0, 0, 0, 2, 1],
  "a length of 32 bits": [0xff, 0xff, 0xff, 0xff, 1, 2],
};

for (const [name, bytes] of Object.entries(BROKEN)) {
  test(`annexBFromAvcc() refuses ${name}`, () => {
    assert.equal(annexBFromAvcc(Uint8Array.from(bytes), 4), undefined);
  });
}

test("readAvccConfiguration() takes all parameter sets, in order", () => {
  const h264 = Uint8Array.from(avcRecord([SPS, SPS], [PPS, PPS, PPS]));
  assert.deepEqual(
    readAvccConfiguration("h264", h264)?.parameterSets,
    byteStream([SPS, SPS, PPS, PPS, PPS]),
  );
  const hevc = Uint8Array.from(hevcRecord([[VPS], [SPS, SPS], [], [PPS]]));
  assert.deepEqual(
    readAvccConfiguration("hevc", hevc)?.parameterSets,
    byteStream([VPS, SPS, SPS, PPS]),
  );
});

test("readAvccConfiguration() takes what is missing for none", () => {
  for (const codec of ["h264", "hevc"] as const) {
    assert.deepEqual(readAvccConfiguration(codec, new Uint8Array()), {
      lengthSize: 4,
      parameterSets: new Uint8Array(),
    });
  }
});

test("readAvccConfiguration() refuses sets that are cut off", () => {
  const h264 = Uint8Array.from(avcRecord([SPS], [PPS]).slice(0, -1));
  assert.equal(readAvccConfiguration("h264", h264), undefined);
  const hevc = Uint8Array.from(hevcRecord([[VPS], [PPS]]).slice(0, -1));
  assert.equal(readAvccConfiguration("hevc", hevc), undefined);
});
