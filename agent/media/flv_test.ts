import assert from "node:assert/strict";
import {
  FLV_HEADER,
  FLV_PICTURE,
  writeFlvConfiguration,
  writeFlvTag,
} from "../../test/flv_writer.ts";
import { byteStream } from "../../test/h264_writer.ts";
import { test } from "../../test/harness.ts";
import { nalUnitsOf } from "./annexb.ts";
import { FlvReader, type FlvUnit, MAX_FLV_TAG_BYTES } from "./flv.ts";

/**
 * `ffmpeg -f lavfi -i color=s=16x16:r=30 -frames:v 5 -c:v libx264 -bf 1
 * -b_strategy 0 -bsf:v filter_units=remove_types=6 -f flv -`, FFmpeg 5.1.9. A
 * script tag, the sequence header, five pictures, the end of the sequence.
 */
const SAMPLE = Uint8Array.fromBase64(
  "RkxWAQEAAAAJAAAAABIAALgAAAAAAAAAAgAKb25NZXRhRGF0YQgAAAAIAAhkdXJhdGlvbgA/" +
    "yXjU/fO2RgAFd2lkdGgAQDAAAAAAAAAABmhlaWdodABAMAAAAAAAAAANdmlkZW9kYXRhcmF0" +
    "ZQAAAAAAAAAAAAAJZnJhbWVyYXRlAEA+AAAAAAAAAAx2aWRlb2NvZGVjaWQAQBwAAAAAAAAA" +
    "B2VuY29kZXICAA1MYXZmNTkuMjcuMTAwAAhmaWxlc2l6ZQBAfRAAAAAAAAAACQAAAMMJAAAx" +
    "AAAAAAAAABcAAAAAAWQACv/hABdnZAAKrOR7ARAAAAMAEAAAAwPA8SJRIAEABmjr48siwP34" +
    "+AAAAAA8CQAAFwAAAAAAAAAXAQAAIQAAAA5liIQAz/727L4FNhTIwQAAACIJAAARAAAhAAAA" +
    "ACcBAABDAAAACEGaKbEL//7gAAAAHAkAABEAAEIAAAAAJwEAAAAAAAAIAZ5F5Cf/x4EAAAAc" +
    "CQAAFAAAZAAAAAAnAQAAQgAAAAtBmlDwhkymEJ/+wAAAAB8JAAARAACFAAAAACcBAAAAAAAA" +
    "CAGebakJ/8eBAAAAHAkAAAUAAIUAAAAAFwIAAAAAAAAQ",
);

function read(...parts: readonly (readonly number[])[]): FlvUnit[] {
  return new FlvReader().push(Uint8Array.from([FLV_HEADER, ...parts].flat()));
}

test("FlvReader reads what FFmpeg writes", () => {
  const units = new FlvReader().push(SAMPLE);
  assert.deepEqual(
    units.map(({ pts, keyframe, data }) => [pts, keyframe, data.length]),
    // As `ffprobe -show_packets` says.
    [
      [33_000, true, 18],
      [100_000, false, 12],
      [66_000, false, 12],
      [166_000, false, 15],
      [133_000, false, 12],
    ],
  );
  const types = units.map(({ data }) =>
    [...nalUnitsOf(data)].map((nalUnit) => nalUnit[0]! & 0x1f)
  );
  assert.deepEqual(types, [[5], [1], [1], [1], [1]]);
});

test("FlvReader gives the parameter sets with the first picture", () => {
  const [first, ...others] = new FlvReader().push(SAMPLE);
  assert.equal(
    first?.parameterSets?.toHex(),
    "00000001" + "6764000aace47b0110000003001000000303c0f1225120" +
      "00000001" + "68ebe3cb22c0",
  );
  assert.ok(others.every((unit) => !("parameterSets" in unit)));
});

test("FlvReader does not care for the borders of chunks", () => {
  const whole = new FlvReader().push(SAMPLE);
  for (let size = 1; size < SAMPLE.length; size++) {
    const reader = new FlvReader();
    const units: FlvUnit[] = [];
    for (let at = 0; at < SAMPLE.length; at += size) {
      units.push(...reader.push(SAMPLE.subarray(at, at + size)));
    }
    assert.deepEqual(units, whole);
  }
});

test("FlvReader gives an access unit with its last byte", () => {
  const reader = new FlvReader();
  const data = [
    ...FLV_HEADER,
    ...writeFlvTag(9, 0, writeFlvConfiguration(4)),
    ...writeFlvTag(9, 0, FLV_PICTURE),
  ];
  assert.deepEqual(reader.push(Uint8Array.from(data.slice(0, -1))), []);
  assert.equal(reader.push(Uint8Array.from(data.slice(-1))).length, 1);
});

for (const lengthSize of [1, 2, 3, 4]) {
  test(`FlvReader reads lengths of ${lengthSize} bytes`, () => {
    const zeros = Array(lengthSize - 1).fill(0);
    const nalUnits = [[6, 5, 0, 0x80], [0x65, 0x88, 1]];
    const body = nalUnits.flatMap((
      nalUnit,
    ) => [...zeros, nalUnit.length, ...nalUnit]);
    const units = read(
      writeFlvTag(9, 0, writeFlvConfiguration(lengthSize)),
      writeFlvTag(9, 0, [0x17, 1, 0, 0, 0, ...body]),
    );
    assert.deepEqual(units.map((unit) => unit.data), [byteStream(nalUnits)]);
  });
}

test("FlvReader announces parameter sets again when they change", () => {
  const other = [0x67, 66, 0, 31];
  const units = read(
    ...[
      writeFlvConfiguration(4),
      FLV_PICTURE,
      writeFlvConfiguration(4),
      FLV_PICTURE,
    ].map((body) => writeFlvTag(9, 0, body)),
    ...[
      writeFlvConfiguration(4, other),
      writeFlvConfiguration(4, other),
      FLV_PICTURE,
      FLV_PICTURE,
    ]
      .map((body) => writeFlvTag(9, 0, body)),
  );
  assert.deepEqual(units.map((unit) => unit.parameterSets), [
    byteStream([[0x67, 66, 0, 30], [0x68, 0xce]]),
    undefined,
    byteStream([other, [0x68, 0xce]]),
    undefined,
  ]);
});

test("FlvReader takes a keyframe from the slices, not from the tag", () => {
  const recovery = [0, 0, 0, 5, 6, 6, 1, 0xc4, 0x80, 0, 0, 0, 2, 0x41, 0x9a];
  const units = read(
    writeFlvTag(9, 0, [0x17, 1, 0, 0, 0, ...recovery]),
    writeFlvTag(9, 0, [0x27, ...FLV_PICTURE.slice(1)]),
  );
  assert.deepEqual(
    units.map(({ keyframe, recoveryPoint }) => [keyframe, recoveryPoint]),
    [[false, true], [true, false]],
  );
});

test("FlvReader skips everything that is no picture", () => {
  const units = read(
    writeFlvTag(18, 0, Array(300).fill(1)),
    writeFlvTag(8, 0, [0xaf, 1, 2, 3]),
    writeFlvTag(9, 0, [0x57, 0]),
    writeFlvTag(9, 0, []),
    writeFlvTag(9, 0, [0x57, 1, 0, 0, 0, 9, 9]),
    writeFlvTag(9, 0, [0x17, 2, 0, 0, 0]),
    writeFlvTag(9, 0, [0x17, 2, 0, 0, 0, 9, 9]),
    writeFlvTag(9, 0, [0x17, 1, 0, 0, 0]),
    writeFlvTag(8, 0, []),
    writeFlvTag(9, 0, FLV_PICTURE),
  );
  assert.equal(units.length, 1);
});

test("FlvReader adds the composition time, which may be negative", () => {
  const before = [
    ...FLV_PICTURE.slice(0, 2),
    0xff,
    0xff,
    0xdf,
    ...FLV_PICTURE.slice(5),
  ];
  const units = read(
    writeFlvTag(9, 100, before),
    writeFlvTag(9, 2 ** 24 + 5, FLV_PICTURE),
  );
  assert.deepEqual(
    units.map((unit) => unit.pts),
    [67_000, (2 ** 24 + 5) * 1000],
  );
});

test("FlvReader counts on where FFmpeg's 31 bits of time wrap", () => {
  const times = [2 ** 31 - 33, 0, 33, 10, 2 ** 30, 2 ** 31 - 1, 5];
  const units = read(...times.map((time) => writeFlvTag(9, time, FLV_PICTURE)));
  assert.deepEqual(
    units.map((unit) => unit.pts / 1000),
    [-33, 0, 33, 10, 2 ** 30, 2 ** 31 - 1, 2 ** 31 + 5].map((time) =>
      2 ** 31 + time
    ),
  );
});

test("FlvReader reads 31 bits of time", () => {
  const [unit] = read(writeFlvTag(9, 2 ** 31 + 5, FLV_PICTURE));
  assert.equal(unit?.pts, 5000);
});

test("FlvReader hands out buffers of their own", () => {
  const reader = new FlvReader();
  const chunk = Uint8Array.from([
    ...FLV_HEADER,
    ...writeFlvTag(9, 0, FLV_PICTURE),
  ]);
  const [unit] = reader.push(chunk);
  chunk.fill(0xee);
  assert.deepEqual(unit?.data, byteStream([[0x65, 0x88]]));
});

const BAD: Record<string, [readonly number[], RegExp]> = {
  "another container": [[...FLV_HEADER].fill(0x41, 0, 3), /begin with "FLV"$/],
  "another version": [[...FLV_HEADER].fill(2, 3, 4), /begin with "FLV"$/],
  "another codec": [
    [...FLV_HEADER, ...writeFlvTag(9, 0, [0x12, 1, 0, 0, 0, 1])],
    /video tag 18 is not H\.264$/,
  ],
  "a FourCC in place of a codec": [
    [...FLV_HEADER, ...writeFlvTag(9, 0, [0x97, 0, 0, 0, 0, 1])],
    /video tag 151 is not H\.264$/,
  ],
  "a tag above the bound": [
    [...FLV_HEADER, 0, 0, 0, 0, 9, 0x80, 0, 1, 0, 0, 0, 0, 0, 0, 0],
    new RegExp(`tag of ${MAX_FLV_TAG_BYTES + 1} bytes$`),
  ],
  "a NAL unit beyond its tag": [
    [
      ...FLV_HEADER,
      ...writeFlvTag(9, 0, [0x17, 1, 0, 0, 0, 0, 0, 0, 3, 0x65, 0x88]),
    ],
    /NAL units that do not fill a tag$/,
  ],
  "half a length": [
    [...FLV_HEADER, ...writeFlvTag(9, 0, [...FLV_PICTURE, 0, 0, 0])],
    /NAL units that do not fill a tag$/,
  ],
  "a NAL unit without bytes": [
    [...FLV_HEADER, ...writeFlvTag(9, 0, [...FLV_PICTURE, 0, 0, 0, 0])],
    /NAL units that do not fill a tag$/,
  ],
  "a configuration that is cut off": [
    [
      ...FLV_HEADER,
      ...writeFlvTag(9, 0, writeFlvConfiguration(4).slice(0, -3)),
    ],
    /parameter sets beyond their tag$/,
  ],
};

for (const [name, [data, message]] of Object.entries(BAD)) {
  test(`FlvReader refuses ${name}`, () => {
    const reader = new FlvReader();
    assert.throws(() => reader.push(Uint8Array.from(data)), {
      name: "FlvError",
      message,
    });
  });
}
