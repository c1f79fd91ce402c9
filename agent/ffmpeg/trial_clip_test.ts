import assert from "node:assert/strict";
import { ffmpeg } from "../../test/ffmpeg.ts";
import { test } from "../../test/harness.ts";
import { STREAM_CODECS } from "../media/codec.ts";
import { frameBytes } from "../media/frame.ts";
import { readJpeg } from "../media/jpeg.ts";
import { ParameterSetCache } from "../media/parameter_sets.ts";
import { CLIP_FORMAT, clipPictures, looksLike } from "./trial_clip.ts";

const BYTES = frameBytes(CLIP_FORMAT);

const RAW = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-"];

/** The whole clip, as FFmpeg decodes its bytes without our decoder. */
const frames = ffmpeg(
  ...["-f", "h264", "-i", "pipe:0", ...RAW],
  Uint8Array.from(clipPictures("h264").flatMap((picture) => [...picture])),
);

const frame = (number: number) =>
  frames.slice(number * BYTES, (number + 1) * BYTES);

for (const codec of STREAM_CODECS) {
  test(`clipPictures has six pictures of ${codec}, of its size`, () => {
    const pictures = clipPictures(codec);
    assert.equal(pictures.length, 6);
    const [first] = pictures;
    let size: { width: number; height: number } | undefined;
    if (codec === "mjpeg") size = readJpeg(first!);
    else {
      const cache = new ParameterSetCache(codec);
      cache.update(first!);
      size = cache.sps;
      assert.equal(cache.sps?.reorderDepth, 0);
    }
    assert.equal(size?.width, CLIP_FORMAT.width);
    assert.equal(size?.height, CLIP_FORMAT.height);
  });
}

test("looksLike knows each picture from the others", () => {
  assert.equal(frames.length, 6 * BYTES);
  for (let shown = 0; shown < 6; shown++) {
    for (let number = 0; number < 6; number++) {
      assert.equal(looksLike(frame(shown), number), shown === number);
    }
  }
});

const SIZE = `${CLIP_FORMAT.width}x${CLIP_FORMAT.height}`;

/** What decoders that do not work have been seen to make of pictures. */
const WRONG: Record<string, string> = {
  "all gray": "lutyuv=y=128:u=128:v=128",
  "all green": "lutyuv=y=0:u=0:v=0",
  "without colours": "lutyuv=u=128:v=128",
  "with its colours swapped": "swapuv",
  "of another range": "scale=in_range=tv:out_range=pc,format=yuv420p",
  "with its rows too high": "pad=1920:1088,crop=1920:1080:0:8",
};

for (const [name, filter] of Object.entries(WRONG)) {
  test(`looksLike refuses a picture ${name}`, () => {
    const input = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", SIZE];
    const wrong = ffmpeg(
      ...[...input, "-i", "pipe:0", "-vf", filter, ...RAW],
      frame(0),
    );
    assert.equal(wrong.length, BYTES);
    assert.ok(!looksLike(wrong, 0));
  });
}
