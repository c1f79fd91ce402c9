import assert from "node:assert/strict";
import { avcc, avcRecord, hevcRecord } from "../../test/avcc_writer.ts";
import {
  byteStream,
  writePps,
  writeSlice,
  writeSps,
} from "../../test/h264_writer.ts";
import { test } from "../../test/harness.ts";
import {
  writeHevcPps,
  writeHevcSlice,
  writeHevcSps,
  writeVps,
} from "../../test/hevc_writer.ts";
import { NUT_MPEG4_SAMPLE, NUT_SAMPLE } from "../../test/nut_sample.ts";
import { type ContainerUnit, ContainerUnits } from "./container_unit.ts";
import { nalUnitsOf } from "./annexb.ts";
import { type NutPacket, NutReader } from "./nut.ts";
import { us } from "./time.ts";

type Bytes = Uint8Array | readonly number[];

/** Converts packets of one stream; the first is a keyframe. */
function convert(
  codec: NutPacket["codec"],
  extradata: Bytes,
  ...packets: readonly Bytes[]
): (ContainerUnit | undefined)[] {
  const units = new ContainerUnits();
  const stream = {
    codec,
    extradata: Uint8Array.from(extradata),
    size: { width: 64, height: 48 },
  };
  return packets.map((data, i) => {
    const [pts, keyframe] = [us(40_000 * i), i === 0];
    const packet = { ...stream, data: Uint8Array.from(data), pts, keyframe };
    return units.convert(packet);
  });
}

const [SPS, PPS, IDR, P] = [
  writeSps(),
  writePps(),
  writeSlice(0x65),
  writeSlice(0x41),
];
const RECOVERY = [6, 6, 1, 0xc4, 0x80];
const RECORD = avcRecord([SPS], [PPS]);

test("ContainerUnits reads the pictures that FFmpeg copies", () => {
  const units = new ContainerUnits();
  const read = new NutReader().push(NUT_SAMPLE)
    .map((packet) => units.convert(packet)!);
  assert.deepEqual(
    read.map(({ data }) =>
      [...nalUnitsOf(data)].map((nalUnit) => nalUnit[0]! & 0x1f)
    ),
    [[7, 8, 5], [1], [1], [1], [1]],
  );
  const { data: _, ...first } = read[0]!;
  assert.deepEqual(first, {
    codec: "h264",
    pts: 33_328,
    keyframe: true,
    recoveryPoint: false,
    size: { width: 16, height: 16 },
  });
});

for (const lengthSize of [1, 2, 4]) {
  test(`ContainerUnits turns lengths of ${lengthSize} bytes into start codes`, () => {
    const units = convert(
      "h264",
      avcRecord([SPS], [PPS], lengthSize),
      avcc([[9, 0xf0], IDR], lengthSize),
      avcc([P, P], lengthSize),
    );
    assert.deepEqual(units.map((unit) => [unit?.data, unit?.keyframe]), [
      [byteStream([SPS, PPS, IDR]), true],
      [byteStream([P, P]), false],
    ]);
  });
}

test("ContainerUnits gives H.265 its parameter sets", () => {
  const sets = [writeVps(), writeHevcSps(), writeHevcPps()];
  const [idr, p] = [writeHevcSlice(19), writeHevcSlice(1)];
  const record = hevcRecord(sets.map((set) => [set]));
  const units = convert("hevc", record, avcc([idr]), avcc([p]), avcc([idr]));
  assert.deepEqual(units.map((unit) => unit?.data), [
    byteStream([...sets, idr]),
    byteStream([p]),
    byteStream([...sets, idr]),
  ]);
});

test("ContainerUnits takes a keyframe from the slices, not from the container", () => {
  const units = convert(
    "h264",
    RECORD,
    avcc([P]),
    avcc([IDR]),
    avcc([RECOVERY, P]),
  );
  assert.deepEqual(
    units.map((unit) => [unit?.keyframe, unit?.recoveryPoint]),
    [[false, false], [true, false], [false, true]],
  );
  assert.deepEqual(units[2]?.data, byteStream([SPS, PPS, RECOVERY, P]));
});

test("ContainerUnits keeps to the parameter sets that came last", () => {
  const wide = writeSps({ widthInMbs: 80 });
  const units = convert(
    "h264",
    RECORD,
    avcc([wide, PPS, IDR]),
    avcc([P]),
    avcc([IDR]),
  );
  assert.deepEqual(units.map((unit) => unit?.data), [
    byteStream([wide, PPS, IDR]),
    byteStream([P]),
    byteStream([wide, PPS, IDR]),
  ]);
});

const STREAMS: Record<string, readonly [extradata: Bytes, keyframe: Bytes]> = {
  "nothing beside it": [[], byteStream([SPS, PPS, IDR], 3)],
  "parameter sets beside it": [
    byteStream([SPS, PPS], 3),
    byteStream([[9, 0xf0], IDR]),
  ],
};

for (const [name, [extradata, keyframe]] of Object.entries(STREAMS)) {
  test(`ContainerUnits passes an Annex B byte stream on with ${name}`, () => {
    const units = convert("h264", extradata, keyframe, byteStream([P]));
    assert.deepEqual(units.map((unit) => unit?.data), [
      byteStream([SPS, PPS, IDR]),
      byteStream([P]),
    ]);
  });
}

const SEQUENCES: Record<string, readonly [extra: number[], head: number[]]> = {
  mpeg1video: [[0, 0, 1, 0xb3, 7], [0, 0, 1, 0xb3, 7]],
  mpeg2video: [[0, 0, 1, 0xb3, 7], [0, 0, 1, 0xb3, 7]],
  mpeg4: [[0, 0, 1, 0x20, 7], [0, 0, 1, 0x20, 7]],
  av1: [[0x81, 4, 12, 0, 0x0a, 1, 7], [0x0a, 1, 7]],
};

for (const codec of ["mpeg1video", "mpeg2video", "mpeg4", "av1"] as const) {
  test(`ContainerUnits gives keyframes of ${codec} what they lack`, () => {
    const [extradata, head] = SEQUENCES[codec]!;
    const picture = [0x32, 3, 0, 0, 1, 0xb6];
    const [bare, other] = convert(codec, extradata, picture, picture);
    assert.deepEqual([...bare!.data], [...head, ...picture]);
    assert.deepEqual([...other!.data], picture);
    const [whole] = convert(codec, extradata, [...head, ...picture]);
    assert.deepEqual([...whole!.data], [...head, ...picture]);
  });
}

test("ContainerUnits gives keyframes of FFmpeg's MPEG-4 a VOL", () => {
  const units = new ContainerUnits();
  const read = new NutReader().push(NUT_MPEG4_SAMPLE)
    .map((packet) => units.convert(packet)!);
  const vol = "00000120";
  assert.deepEqual(
    read.map(({ data, keyframe }) => [keyframe, data.toHex().includes(vol)]),
    [[true, true], [false, false], [true, true], [false, false]],
  );
});

for (const codec of ["mjpeg", "vp8", "vp9"] as const) {
  test(`ContainerUnits passes ${codec} on as it is`, () => {
    const units = convert(codec, [1, 2, 3], [0, 0, 1, 9], [4]);
    assert.deepEqual(
      units.map((unit) => [[...unit!.data], unit!.keyframe]),
      [[[0, 0, 1, 9], true], [[4], false]],
    );
  });
}

test("ContainerUnits passes over packets without a picture", () => {
  assert.deepEqual(convert("h264", RECORD, avcc([[9, 0xf0]])), [undefined]);
});

const BAD: Record<string, readonly [extradata: Bytes, packet: Bytes, RegExp]> =
  {
    "a NAL unit beyond its packet": [RECORD, [0, 0, 0, 9, 1], /fill a frame$/],
    "a flood of NAL units": [
      RECORD,
      avcc(Array(513).fill([1])),
      /fill a frame$/,
    ],
    "parameter sets that are cut off": [
      RECORD.slice(0, -1),
      avcc([IDR]),
      /beyond their record$/,
    ],
  };

for (const [name, [extradata, packet, message]] of Object.entries(BAD)) {
  test(`ContainerUnits refuses ${name}`, () => {
    const error = { name: "NutError", message };
    assert.throws(() => convert("h264", extradata, packet), error);
  });
}
