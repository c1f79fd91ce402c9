import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import { isComplaint, isRefusal } from "./decoder_complaint.ts";

/** FFmpeg 5.1.9 and 7.1.5, of streams of which something was missing. */
const COMPLAINTS = [
  "pipe:0: corrupt decoded frame in stream 0",
  "[vist#0:0/h264 @ 0x55] [dec:h264 @ 0x5c] corrupt decoded frame",
  "Error while decoding stream #0:0: Invalid data found when processing input",
  "[vist#0:0/hevc @ 0x55] [dec:hevc @ 0x5c] Error submitting packet to decoder: Invalid data found when processing input",
  "[h264 @ 0x55] error while decoding MB 12 29, bytestream -5",
  "[h264 @ 0x55] concealing 1200 DC, 1200 AC, 1200 MV errors in P frame",
  "[h264 @ 0x55] Missing reference picture, default is 65530",
  "[h264 @ 0x55] reference picture missing during reorder",
  "[h264 @ 0x55] reference count overflow",
  "[NULL @ 0x55] missing picture in access unit with size 1472",
  "[hevc @ 0x55] Could not find ref with POC 7",
  "[hevc @ 0x55] entry_point_offset table is corrupted",
  "[hevc @ 0x55] The cu_qp_delta 60 is outside the valid range [-26, 25].",
  "[mjpeg @ 0x55] error y=12 x=3",
  "[mjpeg @ 0x55] mjpeg_decode_dc: bad vlc: 0:0 (0x55d1e0)",
  "[mjpeg @ 0x55] overread 8",
  // Another thread has written in between.
  "error while decoding MB 12 29",
];

/** Of streams that are whole, by the same versions; or of no picture. */
const OTHERS = [
  "[ivf @ 0x55] Stream #0: not enough frames to estimate rate; consider increasing probesize",
  "[swscaler @ 0x55] deprecated pixel format used, make sure you did set range correctly",
  "[rawvideo @ 0x55] Application provided invalid, non monotonically increasing dts to muxer in stream 0: 2 >= 2",
  "[hevc @ 0x55] Skipping invalid undecodable NALU: 9",
  "[mjpeg @ 0x55] EOI missing, emulating",
  "[h264 @ 0x55] SEI type 5 size 1016 truncated at 1000",
  "frame:17   pts:4711    pts_time:4.711",
  "c=1",
  "",
];

for (const line of COMPLAINTS) {
  test(`isComplaint finds damage in "${line}"`, () => {
    assert.ok(isComplaint(line));
  });
}

for (const line of OTHERS) {
  test(`isComplaint finds nothing in "${line}"`, () => {
    assert.ok(!isComplaint(line));
  });
}

test("isRefusal tells that hardware was passed over", () => {
  const lines = [
    "[h264 @ 0x55] Failed setup for format vaapi_vld: hwaccel initialisation returned error.",
    "[av1 @ 0x55] Failed setup for format cuda: hwaccel initialisation returned error.",
  ];
  for (const line of lines) assert.ok(isRefusal(line), line);
  for (const line of [...COMPLAINTS, ...OTHERS]) {
    assert.ok(!isRefusal(line), line);
  }
});
