import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import { type DecodedFrame, DecoderWords } from "./decoder_words.ts";

const DAMAGE = "[h264 @ 0x55] error while decoding MB 3 4, bytestream -5";

test("DecoderWords tells of each frame what was said before it", () => {
  const words = new DecoderWords();
  const lines: [line: string, isTimestamp: boolean][] = [
    ["frame:0    pts:7       pts_time:7", true],
    ["c=1", true],
    [DAMAGE, false],
    ["[h264 @ 0x55] concealing 1200 DC, 1200 AC errors in P frame", false],
    ["frame:1    pts:8       pts_time:8", true],
    ["[h264 @ 0x55] SEI type 5 size 1016 truncated at 1000", false],
    ["frame:2    pts:NOPTS   pts_time:NOPTS", true],
  ];
  for (const [line, isTimestamp] of lines) {
    assert.equal(words.read(line), isTimestamp, line);
  }
  const frames: DecodedFrame[] = words.frames.drain();
  assert.deepEqual(frames, [
    { pts: 7 },
    { pts: 8, complaint: DAMAGE },
    { pts: -1 },
  ]);
  assert.equal(words.complaints, 2);
  assert.ok(!words.refused.aborted);
});

test("DecoderWords tells that hardware has refused the stream", () => {
  const words = new DecoderWords();
  words.read(
    "[h264 @ 0x55] Failed setup for format vaapi_vld: " +
      "hwaccel initialisation returned error.",
  );
  assert.throws(() => words.refused.throwIfAborted(), {
    name: "StreamError",
    failure: "undecodable",
    message: "the hardware does not take the stream: h264: Failed setup for " +
      "format vaapi_vld: hwaccel initialisation returned error.",
  });
});
