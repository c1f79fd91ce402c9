import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import type { Codec } from "../media/codec.ts";
import {
  type DecoderMethod,
  ffmpegDecoder,
  isSoftware,
  methodName,
  SOFTWARE,
} from "./decoder_method.ts";

const CASES: [
  method: DecoderMethod,
  codec: Codec,
  name: string,
  decoder: string,
][] = [
  [SOFTWARE, "h264", "software", "h264"],
  [SOFTWARE, "av1", "software", "libdav1d"],
  [{ hwaccel: "vaapi" }, "hevc", "vaapi", "hevc"],
  [{ hwaccel: "vaapi" }, "av1", "vaapi", "av1"],
  [{ decoder: "h264_v4l2m2m" }, "h264", "h264_v4l2m2m", "h264_v4l2m2m"],
];

for (const [method, codec, name, decoder] of CASES) {
  test(`ffmpegDecoder() decodes ${codec} with ${name} by ${decoder}`, () => {
    assert.equal(methodName(method), name);
    assert.equal(ffmpegDecoder(codec, method), decoder);
    assert.equal(isSoftware(method), name === "software");
  });
}
