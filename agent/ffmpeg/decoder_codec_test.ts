import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { within } from "../../test/faults/deadline.ts";
import { ffmpeg, hasEncoder } from "../../test/ffmpeg.ts";
import { test } from "../../test/harness.ts";
import { AccessUnitSplitter } from "../media/access_unit_splitter.ts";
import { joinNalUnits, nalUnitsOf } from "../media/annexb.ts";
import type { Codec } from "../media/codec.ts";
import { frameBytes, packedFormat, type PixelFormat } from "../media/frame.ts";
import { readHevcHeader } from "../media/hevc.ts";
import { runtime } from "../runtime/mod.ts";
import { type DecodedFrame, Decoder } from "./decoder.ts";

const DEADLINE_MS = 10_000;

const FRAMES = 8;

const { signal } = new AbortController();

/** H.265 can only be tried where FFmpeg was built with x265. */
const HAS_X265 = hasEncoder("libx265");

const X265 = "-c:v libx265 -preset ultrafast -tune zerolatency " +
  "-x265-params log-level=none -bsf:v hevc_metadata=aud=insert";

/** What is encoded: the picture's size, and how. */
const STREAMS: [codec: Codec, size: string, encoder: string][] = [
  ["h264", "64x48", "-c:v libx264 -tune zerolatency -pix_fmt yuv420p"],
  ["mjpeg", "64x48", "-c:v mjpeg -pix_fmt yuvj420p"],
  ["mjpeg", "53x39", "-c:v mjpeg -pix_fmt yuvj420p"],
  ["mjpeg", "53x39", "-c:v mjpeg -pix_fmt yuvj422p"],
  ["mjpeg", "53x39", "-c:v mjpeg -pix_fmt yuvj444p"],
  ...(HAS_X265
    ? [
      ["hevc", "64x48", `${X265} -pix_fmt yuv420p`],
      ["hevc", "62x46", `${X265} -pix_fmt yuv420p`],
      ["hevc", "853x479", `${X265} -pix_fmt yuv444p`],
      ["hevc", "64x48", `${X265} -pix_fmt yuvj420p -color_range pc`],
    ] satisfies [Codec, string, string][]
    : []),
];

for (const [codec, size, encoder] of STREAMS) {
  const encoded = once(() => encode(codec, size, encoder));
  for (const pixelFormat of ["rgb24", "yuv420p"] as const) {
    const what = `${codec} of ${size} (${encoder.split(" ").at(-1)})`;
    test(`Decoder gives ${pixelFormat} of ${what} as FFmpeg does`, async () => {
      const stream = encoded();
      const expected = ffmpeg(
        ...["-f", codec, "-i", "pipe:0", "-fps_mode", "passthrough"],
        // FFmpeg 7 leaves the range of JPEG as it is, unless it is told.
        ...(pixelFormat === "rgb24" ? [] : ["-vf", "scale=out_range=tv"]),
        ...["-f", "rawvideo", "-pix_fmt", pixelFormat, "pipe:1"],
        stream,
      );
      const units = unitsOf(codec, stream);
      assert.equal(units.length, FRAMES);
      const frames = await decode(units, { codec, size, pixelFormat });
      assert.equal(frames.length * frames[0]!.data.length, expected.length);
      frames.forEach(({ pts, complaint, data }, i) => {
        assert.deepEqual([pts, complaint], [1000 + i, undefined]);
        const at = i * data.length;
        const frame = expected.subarray(at, at + data.length);
        assert.equal(Buffer.compare(frame, data), 0, `frame ${i}`);
      });
    });
  }
}

/** What happens to the fourth and the fifth picture, of each of which it is said. */
const DAMAGE: [
  name: string,
  codec: Codec,
  encoder: string,
  hurt: (nalUnits: Uint8Array[]) => Uint8Array[],
][] = [
  [
    "lacks a slice",
    "h264",
    "-c:v libx264 -preset ultrafast -tune zerolatency -x264-params slices=2",
    (nalUnits) => nalUnits.slice(0, -1),
  ],
  [
    "is cut off",
    "h264",
    "-c:v libx264 -preset ultrafast -tune zerolatency -x264-params slices=1",
    (nalUnits) => nalUnits.map((it) => it.subarray(0, it.length / 2)),
  ],
  [
    "is cut off",
    "mjpeg",
    "-c:v mjpeg",
    (pictures) => pictures.map((it) => it.subarray(0, it.length / 2)),
  ],
];

const isHurt = (index: number) => index === 3 || index === 4;

for (const [name, codec, encoder, hurt] of DAMAGE) {
  test(`Decoder tells of each picture of ${codec} that it ${name}`, async () => {
    const size = "320x240";
    const stream = encode(codec, size, `${encoder} -pix_fmt yuvj420p`);
    const units = unitsOf(codec, stream).map((unit, i) => {
      if (!isHurt(i)) return unit;
      if (codec === "mjpeg") return Uint8Array.from(hurt([unit])[0]!);
      return joinNalUnits(hurt([...nalUnitsOf(unit)]));
    });
    const output = { codec, size, pixelFormat: "gray", lossy: true } as const;
    const frames = await decode(units, output);
    assert.deepEqual(
      frames.map(({ complaint }) => complaint !== undefined),
      units.map((_, i) => isHurt(i)),
    );
  });
}

if (HAS_X265) {
  test("Decoder tells that a picture of hevc is missing", async () => {
    const stream = encode("hevc", "320x240", `${X265} -pix_fmt yuv420p`);
    const units = unitsOf("hevc", stream);
    units.splice(3, 1);
    const output = { codec: "hevc", size: "320x240", lossy: true } as const;
    const frames = await decode(units, { ...output, pixelFormat: "gray" });
    const first = frames.findIndex(({ complaint }) => complaint !== undefined);
    assert.equal(first, 3);
  });
}

/** Decodes units one by one: each frame comes before the next unit goes in. */
async function decode(
  units: readonly Uint8Array<ArrayBuffer>[],
  { size, ...output }: {
    codec: Codec;
    size: string;
    pixelFormat: PixelFormat;
    lossy?: boolean;
  },
): Promise<(DecodedFrame & { data: Uint8Array })[]> {
  const [width = 0, height = 0] = size.split("x").map(Number);
  const bytes = frameBytes(packedFormat(width, height, output.pixelFormat));
  const frames: (DecodedFrame & { data: Uint8Array })[] = [];
  await using decoder = await Decoder.start(
    { ...output, untagged: "bt601" },
    { runtime, signal },
  );
  for (const [i, unit] of units.entries()) {
    const data = new Uint8Array(bytes);
    await decoder.feed(unit, 1000 + i, { width, height });
    const reading = decoder.readFrame(data);
    frames.push({ ...await within(DEADLINE_MS, "frame", reading), data });
  }
  return frames;
}

function encode(
  codec: Codec,
  size: string,
  encoder: string,
): Uint8Array<ArrayBuffer> {
  const source = `testsrc2=size=640x480:rate=30,scale=${
    size.replace("x", ":")
  }`;
  return ffmpeg(
    ...["-f", "lavfi", "-i", source, "-frames:v", `${FRAMES}`],
    ...encoder.split(" "),
    ...["-f", codec, "pipe:1"],
  );
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => made ??= make();
}

function unitsOf(
  codec: Codec,
  stream: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer>[] {
  if (codec === "h264") {
    const splitter = new AccessUnitSplitter();
    return [...splitter.push(stream), ...splitter.flush()]
      .map(({ data }) => data);
  }
  return codec === "hevc" ? cutAtDelimiters(stream) : cutAtSoi(stream);
}

function cutAtDelimiters(
  stream: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer>[] {
  const units: Uint8Array<ArrayBuffer>[][] = [];
  for (const nalUnit of nalUnitsOf(stream)) {
    if (readHevcHeader(nalUnit)?.type === 35) units.push([]);
    units.at(-1)?.push(nalUnit);
  }
  return units.map(joinNalUnits);
}

function cutAtSoi(
  stream: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer>[] {
  const starts = [...stream.keys()].filter((at) =>
    stream[at] === 0xff && stream[at + 1] === 0xd8
  );
  return starts.map((start, i) => stream.slice(start, starts[i + 1]));
}
