import assert from "node:assert/strict";
import { byteStream } from "../../test/h264_writer.ts";
import { test } from "../../test/harness.ts";
import { MAX_NAL_UNITS } from "./access_unit_splitter.ts";
import { tidyPicture } from "./nal_unit_picture.ts";

const [SPS, IDR, P] = [[0x67, 1], [0x65, 0x88, 1], [0x41, 0x9a]];
const RECOVERY = [6, 6, 1, 0xc4, 0x80];

test("tidyPicture() gives back what is tidy", () => {
  for (const nalUnits of [[SPS, IDR], [P], [P, P]]) {
    const data = byteStream(nalUnits);
    assert.equal(tidyPicture("h264", data)?.data, data);
  }
  const hevc = byteStream([[0x26, 1, 0xaf]]);
  assert.equal(tidyPicture("hevc", hevc)?.data, hevc);
});

const UNTIDY: Record<string, Uint8Array<ArrayBuffer>> = {
  "start codes of three bytes": byteStream([SPS, IDR], 3),
  "one of three and one of five": Uint8Array.of(
    ...[0, 0, 1, ...SPS, 0, 0, 0, 0, 1, ...IDR],
  ),
  "bytes in front": Uint8Array.of(7, ...byteStream([SPS, IDR])),
  "zeros behind": Uint8Array.of(...byteStream([SPS, IDR]), 0, 0),
  "a delimiter": byteStream([[9, 0xf0], SPS, IDR]),
  "filler data and end marks": byteStream([
    ...[SPS, [12, 0xff, 0x80], IDR],
    ...[[10], [11], [12, 0x80]],
  ]),
};

for (const [name, data] of Object.entries(UNTIDY)) {
  test(`tidyPicture() takes away ${name}`, () => {
    const tidy = byteStream([SPS, IDR]);
    assert.deepEqual(tidyPicture("h264", data)?.data, tidy);
  });
}

test("tidyPicture() takes the delimiters of H.265 away", () => {
  const data = byteStream([[0x46, 1, 0x50], [0x26, 1, 0xaf], [0x4c, 1, 0x80]]);
  const tidy = byteStream([[0x26, 1, 0xaf]]);
  assert.deepEqual(tidyPicture("hevc", data)?.data, tidy);
});

const ENTRIES: [
  name: string,
  codec: "h264" | "hevc",
  nalUnits: readonly (readonly number[])[],
  entry: readonly [keyframe: boolean, recoveryPoint: boolean],
][] = [
  ["an IDR picture", "h264", [SPS, IDR], [true, false]],
  ["a picture", "h264", [P, [6, 5, 0, 0x80]], [false, false]],
  ["a recovery point", "h264", [RECOVERY, P], [false, true]],
  ["an IDR picture of H.265", "hevc", [[0x26, 1]], [true, false]],
  ["a CRA picture of H.265", "hevc", [[0x2a, 1]], [true, false]],
  ["a picture of H.265", "hevc", [[0x02, 1]], [false, false]],
  [
    "a recovery point of H.265",
    "hevc",
    [[0x4e, 1, 6, 1, 0xc4, 0x80], [0x02, 1]],
    [false, true],
  ],
];

for (const [name, codec, nalUnits, entry] of ENTRIES) {
  test(`tidyPicture() tells whether decoding begins at ${name}`, () => {
    const picture = tidyPicture(codec, byteStream(nalUnits));
    assert.deepEqual([picture?.keyframe, picture?.recoveryPoint], entry);
  });
}

test("tidyPicture() refuses a flood of NAL units", () => {
  const flood = (count: number) =>
    tidyPicture("h264", byteStream(Array(count).fill([0x41])));
  assert.ok(flood(MAX_NAL_UNITS));
  assert.equal(flood(MAX_NAL_UNITS + 1), undefined);
});
