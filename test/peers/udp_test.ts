import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { clock } from "../../agent/runtime/clock.ts";
import { Agent } from "../e2e/agent.ts";
import { temporaryFolder } from "../e2e/folder.ts";
import { Frames } from "../e2e/frames.ts";
import { Camera, Reader } from "../e2e/stamped.ts";
import { until } from "../faults/deadline.ts";
import { test } from "../harness.ts";
import {
  B_FRAMES,
  Clip,
  FRAME_BYTES,
  HEIGHT,
  ONE_SLICE,
  SLICED,
  WIDTH,
} from "./clip.ts";
import { assertFramesOf } from "./film_frames.ts";
import { FilmReceiver } from "./film_receiver.ts";
import { QUEUE } from "./gstreamer.ts";
import { Program } from "./program.ts";
import { MIN_PSNR_DB, psnrOf } from "./psnr.ts";
import { freeUdpPort, untilBound } from "./udp_port.ts";
import { datagramsOf, UnitSender } from "./unit_sender.ts";

/** Pictures that have to come through: two seconds. */
const PICTURES = 60;

/**
 * Pictures of a film: some follow, so that decoders let go of the last ones
 * that count. A raw stream does not say that a picture is the last.
 */
const FRAMES = PICTURES + 20;

/** FFmpeg as a sender of a film, in real time. */
function ffmpegSends(clip: Clip, url: string): Program {
  return new Program([
    ...["ffmpeg", "-v", "error", "-re", "-f", "h264", "-i", clip.path],
    ...["-c", "copy", "-f", "h264", url],
  ]);
}

const FROM_FFMPEG: [string, string[], string][] = [
  ["one slice a picture", ONE_SLICE, ""],
  ["one slice a picture, ?pkt_size=1316", ONE_SLICE, "?pkt_size=1316"],
  ["four slices a picture", SLICED, ""],
  ["four slices a picture, ?pkt_size=1316", SLICED, "?pkt_size=1316"],
  ["B-frames", B_FRAMES, ""],
];

for (const [what, options, query] of FROM_FFMPEG) {
  test(`camagent recv shows what FFmpeg sends: ${what}`, async () => {
    using folder = temporaryFolder();
    const clip = Clip.encode(folder.path, FRAMES, ...options);
    await using receiver = await FilmReceiver.at("udp://127.0.0.1:0");
    await using _sender = ffmpegSends(
      clip,
      `udp://127.0.0.1:${receiver.port}${query}`,
    );
    await receiver.assertAllCome(clip, PICTURES);
  });
}

/** GStreamer as a sender of a film, in real time. */
function gstreamerSends(
  clip: Clip,
  alignment: string,
  to: readonly string[],
): Program {
  return new Program([
    ...["gst-launch-1.0", "-q", "filesrc", `location=${clip.path}`],
    ...["!", "h264parse", "config-interval=-1", "!"],
    `video/x-h264,stream-format=byte-stream,alignment=${alignment}`,
    ...["!", "udpsink", ...to],
  ]);
}

for (const alignment of ["nal", "au"]) {
  for (const [slices, options] of [["one", ONE_SLICE], ["four", SLICED]]) {
    const what = `alignment=${alignment}, ${slices} slices`;
    test(`camagent recv shows what GStreamer sends: ${what}`, async () => {
      using folder = temporaryFolder();
      const clip = Clip.encode(folder.path, FRAMES, ...options!);
      await using receiver = await FilmReceiver.at("udp://127.0.0.1:0");
      const to = ["host=127.0.0.1", `port=${receiver.port}`];
      await using _sender = gstreamerSends(clip, alignment, to);
      await receiver.assertAllCome(clip, PICTURES);
    });
  }
}

test("camagent recv says what GStreamer has to be told", async () => {
  await using receiver = await FilmReceiver.at("udp://127.0.0.1:0");
  await using _sender = new Program([
    ...["gst-launch-1.0", "-q", "videotestsrc", "is-live=true", "!"],
    ...["x264enc", "tune=zerolatency", "!", "h264parse", "!"],
    ...["udpsink", "host=127.0.0.1", `port=${receiver.port}`],
  ]);
  await receiver.agent.logs(
    /Cannot decode .*stream-format=byte-stream/,
    20_000,
  );
});

test("camagent recv shows what GStreamer encodes and sends", async () => {
  using folder = temporaryFolder();
  const clip = new Clip(folder.path);
  await using receiver = await FilmReceiver.at("udp://127.0.0.1:0");
  const size = `width=${WIDTH},height=${HEIGHT},framerate=30/1`;
  await using sender = new Program([
    ...["gst-launch-1.0", "-q", "videotestsrc", "is-live=true"],
    ...["pattern=ball", `num-buffers=${FRAMES}`, "!", `video/x-raw,${size}`],
    ...["!", "x264enc", "tune=zerolatency", "speed-preset=ultrafast"],
    ...["key-int-max=30", "!", "h264parse", "config-interval=-1", "!"],
    "video/x-h264,stream-format=byte-stream,alignment=au",
    ...["!", "tee", "name=both"],
    ...["both.", "!", "queue", "!", "udpsink", "host=127.0.0.1"],
    ...[`port=${receiver.port}`, "both.", "!", "queue", "!", "filesink"],
    `location=${clip.path}`,
  ]);
  assert.equal(await sender.end(), "0");
  await receiver.assertAllCome(clip, PICTURES);
});

/** Encoded with so many bits that a keyframe fills more than a datagram. */
const LARGE = [...ONE_SLICE, "-vf", "noise=alls=20:allf=t", "-b:v", "16M"];

/** Pictures within which a receiver knows how FFmpeg fills datagrams. */
const LEARNT_AFTER = 70;

/** Frames from the camera to the reader; one comes every 33 ms. */
const SOON_MS = 30;

test("camagent recv does not wait for the next picture of FFmpeg", async () => {
  using folder = temporaryFolder();
  const sink = join(folder.path, "frames");
  await using receiver = await FilmReceiver.at(
    "udp://127.0.0.1:0",
    `pipe:${sink}`,
  );
  await using camera = new Camera(folder.path);
  await using _sender = new Program([
    ...["ffmpeg", "-v", "error", "-probesize", "32", "-f", "rawvideo"],
    ...["-video_size", `${WIDTH}x${HEIGHT}`, "-framerate", "30"],
    ...["-pix_fmt", "yuv420p", "-i", camera.path, "-c:v", "libx264"],
    ...["-preset", "ultrafast", "-g", "30", "-b:v", "2M", ...SLICED],
    ...["-f", "h264", `udp://127.0.0.1:${receiver.port}`],
  ]);
  await until(10_000, "FIFO", () => existsSync(sink));
  await using reader = new Reader(sink);
  await reader.reach(LEARNT_AFTER + 2 * PICTURES);
  const ages = reader.seen.slice(LEARNT_AFTER).map(({ age }) => age);
  const median = ages.sort((a, b) => a - b)[ages.length >> 1]!;
  // deno-lint-ignore no-console
  console.log(`half of the frames are younger than ${median.toFixed(1)} ms`);
  assert.ok(median < SOON_MS, `${median} ms`);
});

test("camagent recv does not wait for the next picture of rpicam-vid", async () => {
  using folder = temporaryFolder();
  const clip = Clip.encode(folder.path, 150, ...ONE_SLICE);
  await using receiver = await FilmReceiver.at("udp://127.0.0.1:0");
  const { port } = receiver;
  const sentAt: number[] = [];
  const to = { host: "127.0.0.1", port };
  const sent = () => sentAt.push(clock.now());
  using _sender = new UnitSender(clip.data, to, sent);
  const frames = await receiver.reach(100);
  const expected = clip.decode();
  let number = 0;
  const ages = frames.map(({ data, at }) => {
    while (psnrOf(data, expected[number]!) < MIN_PSNR_DB) number++;
    return at - sentAt[number]!;
  }).slice(-30);
  const median = ages.sort((a, b) => a - b)[ages.length >> 1]!;
  // deno-lint-ignore no-console
  console.log(`half of the frames are younger than ${median.toFixed(1)} ms`);
  assert.ok(median < SOON_MS, `${median} ms`);
});

test("camagent recv shows whole pictures in large datagrams", async () => {
  using folder = temporaryFolder();
  const clip = Clip.encode(folder.path, FRAMES, ...LARGE);
  const counts = datagramsOf(clip.data).map((unit) => unit.length);
  assert.ok(Math.max(...counts) > 1 && Math.min(...counts) === 1, `${counts}`);
  await using receiver = await FilmReceiver.at("udp://127.0.0.1:0");
  const { port } = receiver;
  using _sender = new UnitSender(clip.data, { host: "127.0.0.1", port });
  await receiver.assertAllCome(clip, PICTURES);
});

/** Checks that every picture came, from the first on. */
async function assertAllComeTo(program: Program, clip: Clip): Promise<void> {
  const frames = new Frames(program.stdout, FRAME_BYTES);
  // FFmpeg looks at some five seconds before it says anything.
  await frames.reach(PICTURES, 20_000);
  frames.all.splice(PICTURES);
  assertFramesOf(clip.decode(), frames.all);
  assert.ok(
    psnrOf(frames.all.at(-1)!.data, clip.decode()[PICTURES - 1]!) >=
      MIN_PSNR_DB,
  );
}

/** camagent sends a film once somebody waits for it. */
async function camagentSends(
  clip: Clip,
  to: string,
  port: number,
): Promise<ReturnType<typeof Agent.send>> {
  await untilBound(port);
  return Agent.send(`file:${clip.loop()}?loop=true`, to);
}

/** FFmpeg as a receiver. */
function ffmpegReceives(url: string): Program {
  return new Program(
    [
      ...["ffmpeg", "-v", "error", "-f", "h264", "-i", url],
      ...["-fps_mode", "passthrough", "-pix_fmt", "rgb24"],
      ...["-f", "rawvideo", "pipe:1"],
    ],
    {},
    "bytes",
  );
}

/** GStreamer as a receiver: the recipe that Android programs use. */
function gstreamerReceives(...from: string[]): Program {
  return new Program(
    [
      ...["gst-launch-1.0", "-q", "udpsrc", ...from, "!", ...QUEUE, "!"],
      ...["h264parse", "!", "avdec_h264", "!"],
      ...["videoconvert", "!", "video/x-raw,format=RGB"],
      ...["!", "fdsink", "sync=false"],
    ],
    {},
    "bytes",
  );
}

const RECEIVERS: Record<string, (port: number) => Program> = {
  "FFmpeg": (port) => ffmpegReceives(`udp://127.0.0.1:${port}`),
  "GStreamer": (port) => gstreamerReceives(`port=${port}`),
};

for (const [name, receives] of Object.entries(RECEIVERS)) {
  test(`${name} shows what camagent sends in datagrams`, async () => {
    using folder = temporaryFolder();
    const clip = Clip.encode(folder.path, FRAMES, ...SLICED);
    const port = freeUdpPort();
    await using receiver = receives(port);
    const to = `udp://127.0.0.1:${port}`;
    await using _sender = await camagentSends(clip, to, port);
    await assertAllComeTo(receiver, clip);
  });
}
