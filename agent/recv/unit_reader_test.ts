import assert from "node:assert/strict";
import { byteStream, SAMPLE } from "../../test/h264_writer.ts";
import {
  writeHevcPps,
  writeHevcSlice,
  writeHevcSps,
  writeVps,
} from "../../test/hevc_writer.ts";
import { SAMPLE_JPEG } from "../../test/jpeg_writer.ts";
import { test } from "../../test/harness.ts";
import { packetsOf } from "../../test/rtp_writer.ts";
import { concat } from "../media/bytes.ts";
import { createReader, type StreamFormat } from "./unit_reader.ts";

/** "FLV", version 1, video, and the size of that. */
const FLV_HEADER = Uint8Array.of(0x46, 0x4c, 0x56, 1, 1, 0, 0, 0, 9);

/** A tag of a frame of so many kinds, PreviousTagSize in front of it. */
function tag(...body: number[]): Uint8Array {
  const head = [0, 0, 0, 0, 9, 0, 0, body.length, 0, 0, 0, 0, 0, 0, 0];
  return Uint8Array.of(...head, ...body);
}

/** AVCDecoderConfigurationRecord of two tiny sets. */
const CONFIGURATION = tag(
  ...[0x17, 0, 0, 0, 0, 1, 66, 0, 30, 0xff, 0xe1, 0, 4, 0x67, 66, 0, 30],
  ...[1, 0, 2, 0x68, 0xce],
);

const HEVC = byteStream([
  writeVps(),
  writeHevcSps(),
  writeHevcPps(),
  writeHevcSlice(19),
  writeHevcSlice(1),
]);

const FRAMED = concat(
  ...packetsOf(["0 6742c01eda0280bfe5", "0 68ce3c80", "0! 65888080"])
    .flatMap((packet) => [Uint8Array.of(0, packet.length), packet]),
);

const STREAMS: Record<string, [StreamFormat, Uint8Array, string[]]> = {
  "H.264": ["h264", SAMPLE, ["key", "", "", "key", ""]],
  "H.265": ["hevc", HEVC, ["hevc key", "hevc"]],
  "JPEG": ["mjpeg", SAMPLE_JPEG, ["mjpeg key"]],
  "FLV": [
    "flv",
    concat(
      FLV_HEADER,
      CONFIGURATION,
      tag(0x17, 1, 0, 0, 0, 0, 0, 0, 2, 0x65, 0x88),
      tag(0x27, 1, 0, 0, 0, 0, 0, 0, 2, 0x41, 0x9a),
    ),
    ["key", ""],
  ],
  "RTP over a connection": ["rtp", FRAMED, ["h264 key"]],
};

for (const [name, [format, bytes, expected]] of Object.entries(STREAMS)) {
  test(`createReader() reads ${name}, however it comes`, () => {
    for (const size of [1, 7, bytes.length]) {
      const reader = createReader(format)!;
      const units = [];
      for (let at = 0; at < bytes.length; at += size) {
        units.push(...reader.push(bytes.slice(at, at + size)));
      }
      units.push(...reader.flush());
      const seen = units.map(({ codec, keyframe }) =>
        [codec, keyframe && "key"].filter(Boolean).join(" ")
      );
      assert.deepEqual(seen, expected);
      assert.ok(units.every(({ damaged }) => !damaged));
      assert.equal(reader.isForeign, false);
      assert.equal(reader.isInPicture, false);
    }
  });
}

test("createReader() puts FLV's parameter sets in front of the picture", () => {
  const [, flv] = STREAMS["FLV"]!;
  const [keyframe, other] = createReader("flv")!.push(flv.slice());
  assert.equal(keyframe!.hasParameterSets, true);
  assert.deepEqual(
    keyframe!.data,
    byteStream([[0x67, 66, 0, 30], [0x68, 0xce], [0x65, 0x88]]),
  );
  assert.equal(other!.hasParameterSets, false);
});

test("createReader() tells what it does not read in FLV", () => {
  const reader = createReader("flv")!;
  // Sorenson H.263.
  reader.push(concat(FLV_HEADER, tag(0x12, 0, 0, 0, 0, 0, 0)));
  assert.equal(reader.isForeign, true);
  assert.deepEqual(reader.flush(), []);
});
