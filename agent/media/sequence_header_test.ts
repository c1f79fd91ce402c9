import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import {
  hasSequenceHeader,
  hasSequences,
  isBidirectional,
  type SequenceCodec,
  sequenceHeaderOf,
} from "./sequence_header.ts";

/** A start code of MPEG, and what follows it. */
const unit = (code: number, ...bytes: number[]) => [0, 0, 1, code, ...bytes];

const [SEQUENCE, GROUP, PICTURE] = [
  unit(0xb3, 0x28, 1),
  unit(0xb8, 0, 8),
  unit(0, 0, 0x0f),
];
const [OBJECT, VOL, VOP] = [unit(0xb0, 1), unit(0x20, 0xc4), unit(0xb6, 0x10)];
/** Each an OBU header, its size, its bytes. */
const [DELIMITER, AV1_SEQUENCE, FRAME] = [[0x12, 0], [0x0a, 1, 7], [
  0x32,
  1,
  9,
]];
/** 200 bytes of metadata, of an extended header. */
const METADATA = [0x2e, 0x10, 0xc8, 1, ...Array(200).fill(0x0a)];

const CASES: [codec: SequenceCodec, has: boolean, ...number[][]][] = [
  ["mpeg2video", true, SEQUENCE, GROUP, PICTURE],
  ["mpeg2video", false, GROUP, PICTURE, SEQUENCE],
  ["mpeg1video", true, SEQUENCE, PICTURE],
  ["mpeg1video", false, PICTURE],
  ["mpeg4", true, OBJECT, VOL, VOP],
  ["mpeg4", true, unit(0x2f), VOP],
  ["mpeg4", false, OBJECT, VOP, VOL],
  ["mpeg4", false, VOP],
  ["mpeg4", false],
  ["mpeg4", false, [0, 0, 1]],
  ["av1", true, DELIMITER, AV1_SEQUENCE, FRAME],
  ["av1", true, METADATA, AV1_SEQUENCE, FRAME],
  ["av1", false, DELIMITER, FRAME, AV1_SEQUENCE],
  ["av1", false, METADATA, FRAME],
  ["av1", false, [0x10], AV1_SEQUENCE],
  ["av1", false, [0x12, ...Array(20).fill(0xff)], AV1_SEQUENCE],
  ["av1", false],
];

for (const [codec, has, ...parts] of CASES) {
  const picture = Uint8Array.from(parts.flat());
  const what = picture.subarray(0, 20).toHex();
  test(`hasSequenceHeader() says ${has} of ${codec} ${what}`, () => {
    assert.equal(hasSequenceHeader(codec, picture), has);
  });
}

test("sequenceHeaderOf() takes it out of the configuration of AV1", () => {
  const record = Uint8Array.of(0x81, 4, 0x0c, 0, ...AV1_SEQUENCE);
  const header = Uint8Array.from(AV1_SEQUENCE);
  assert.deepEqual(sequenceHeaderOf("av1", record), header);
  assert.deepEqual(sequenceHeaderOf("av1", header), header);
  const vol = Uint8Array.from(VOL);
  assert.deepEqual(sequenceHeaderOf("mpeg4", vol), vol);
});

test("hasSequences() knows the codecs that have such headers", () => {
  const codecs = ["h264", "mjpeg", "mpeg1video", "mpeg2video", "mpeg4", "vp9"];
  assert.deepEqual(codecs.filter(hasSequences), [
    "mpeg1video",
    "mpeg2video",
    "mpeg4",
  ]);
  assert.ok(hasSequences("av1"));
});

const PICTURES: [codec: string, is: boolean, ...number[][]][] = [
  ["mpeg2video", false, SEQUENCE, PICTURE],
  ["mpeg2video", true, GROUP, unit(0, 0, 0x98)],
  ["mpeg1video", true, unit(0, 0xff, 0xdf)],
  ["mpeg1video", false, unit(0, 0xff, 0xd7)],
  ["mpeg1video", false, unit(0)],
  ["mpeg4", true, unit(0xb6, 0x80)],
  ["mpeg4", false, VOL, unit(0xb6, 0x40)],
  ["mpeg4", false, VOL],
  ["h264", false, unit(0xb6, 0x80)],
];

for (const [codec, is, ...parts] of PICTURES) {
  const picture = Uint8Array.from(parts.flat());
  test(`isBidirectional() says ${is} of ${codec} ${picture.toHex()}`, () => {
    assert.equal(isBidirectional(codec, picture), is);
  });
}
