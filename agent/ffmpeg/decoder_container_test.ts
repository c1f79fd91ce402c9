import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { within } from "../../test/faults/deadline.ts";
import { encodeClip, ffmpeg, hasEncoder } from "../../test/ffmpeg.ts";
import { test } from "../../test/harness.ts";
import type { Codec } from "../media/codec.ts";
import { ContainerUnits } from "../media/container_unit.ts";
import { NutReader } from "../media/nut.ts";
import { runtime } from "../runtime/mod.ts";
import { Decoder } from "./decoder.ts";

const DEADLINE_MS = 10_000;

const SIZE = { width: 64, height: 48 };

const BYTES = SIZE.width * SIZE.height * 3 / 2;

const { signal } = new AbortController();

/** How each codec is encoded that only containers have. */
const STREAMS: [codec: Codec, encoder: string, args: string][] = [
  ["mpeg1video", "mpeg1video", "-g 5"],
  ["mpeg2video", "mpeg2video", "-g 5"],
  ["mpeg4", "mpeg4", "-g 5"],
  ["vp8", "libvpx", "-deadline realtime -lag-in-frames 0 -g 5"],
  ["vp9", "libvpx-vp9", "-deadline realtime -lag-in-frames 0 -g 5"],
  ["av1", "libaom-av1", "-usage realtime -cpu-used 8 -lag-in-frames 0"],
];

for (const [codec, encoder, args] of STREAMS) {
  if (!hasEncoder(encoder)) continue;
  test(`Decoder gives each picture of ${codec} before the next goes in`, async () => {
    const clip = encodeClip(`-c:v ${encoder} ${args} -f nut`);
    const units = unitsOf(clip);
    const expected = framesOf(clip);
    assert.equal(expected.length, units.length);
    await using decoder = await start(codec);
    for (const [i, unit] of units.entries()) {
      await decoder.feed(unit, i, SIZE);
      assert.deepEqual(await read(decoder), [i, expected[i]], `picture ${i}`);
    }
  });
}

for (const codec of ["mpeg1video", "mpeg2video", "mpeg4"] as const) {
  test(`Decoder puts the B pictures of ${codec} in order, one held back`, async () => {
    const clip = encodeClip(`-c:v ${codec} -bf 2 -g 6 -f nut`, { frames: 7 });
    const units = unitsOf(clip);
    const expected = framesOf(clip);
    await using decoder = await start(codec, true);
    const pictures: (readonly [number, string])[] = [];
    for (const [i, unit] of units.entries()) {
      await decoder.feed(unit, i, SIZE);
      if (i > 0) pictures.push(await read(decoder));
    }
    decoder.endInput();
    pictures.push(await read(decoder));
    // I, then P ahead of the two that stand in between.
    assert.deepEqual(pictures.map(([number]) => number), [0, 2, 3, 1, 5, 6, 4]);
    assert.deepEqual(pictures.map(([, frame]) => frame), expected);
  });
}

test("Decoder scales what turns out to be of another size", async () => {
  const clip = encodeClip("-c:v mpeg4 -g 5 -f nut", { size: "96x80" });
  await using decoder = await start("mpeg4");
  for (const [i, unit] of unitsOf(clip).entries()) {
    await decoder.feed(unit, i, SIZE);
    assert.equal((await read(decoder))[0], i);
  }
});

function start(codec: Codec, reordered = false): Promise<Decoder> {
  return Decoder.start(
    { codec, reordered, size: SIZE, pixelFormat: "yuv420p", untagged: "bt601" },
    { runtime, signal },
  );
}

/** Reads a frame: the number of its unit, and its bytes in Base64. */
async function read(decoder: Decoder): Promise<readonly [number, string]> {
  const frame = new Uint8Array(BYTES);
  const reading = decoder.readFrame(frame);
  const { pts } = await within(DEADLINE_MS, "frame", reading);
  return [pts, frame.toBase64()];
}

function unitsOf(nut: Uint8Array): Uint8Array<ArrayBuffer>[] {
  const units = new ContainerUnits();
  return new NutReader().push(nut).map((packet) => units.convert(packet)!.data);
}

/** As FFmpeg decodes them by itself. */
function framesOf(nut: Uint8Array): string[] {
  const frames = Buffer.from(ffmpeg(
    ...["-f", "nut", "-i", "pipe:0", "-fps_mode", "passthrough"],
    ...["-f", "rawvideo", "-pix_fmt", "yuv420p", "pipe:1"],
    nut,
  ));
  return Array.from(
    { length: frames.length / BYTES },
    (_, i) => frames.subarray(i * BYTES, (i + 1) * BYTES).toString("base64"),
  );
}
