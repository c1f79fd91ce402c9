import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { joinNalUnits, nalUnitsOf } from "../../agent/media/annexb.ts";
import { writeSdp } from "../../agent/media/rtp/mod.ts";
import { Agent } from "../e2e/agent.ts";
import { temporaryFolder } from "../e2e/folder.ts";
import { Frames } from "../e2e/frames.ts";
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
import { assertFramesOf, type Expectation } from "./film_frames.ts";
import { FilmReceiver } from "./film_receiver.ts";
import { QUEUE } from "./gstreamer.ts";
import { Program } from "./program.ts";
import { freeRtpPort } from "./rtp_port.ts";
import { groupFor, untilBound } from "./udp_port.ts";
import { vlc } from "./vlc.ts";

/** Pictures that have to come through: two seconds. */
const PICTURES = 60;

/** Pictures of a film: some follow, for receivers that look ahead. */
const FRAMES = PICTURES + 20;

/** Waits for an SDP with parameter sets. */
async function untilThere(path: string): Promise<void> {
  const isThere = () =>
    existsSync(path) && readFileSync(path, "latin1").includes("sprop-");
  await until(10_000, `file "${path}"`, isThere);
}

/** FFmpeg as a sender of a film, in real time. */
function ffmpegSends(path: string, url: string, ...options: string[]): Program {
  return new Program([
    ...["ffmpeg", "-v", "error", "-re", "-i", path],
    ...["-c", "copy", "-f", "rtp", ...options, url],
  ]);
}

/** Encoded with so many bits that a keyframe takes a hundred packets. */
const LARGE = [...ONE_SLICE, "-vf", "noise=alls=20:allf=t", "-b:v", "16M"];

const FROM_FFMPEG: [what: string, options: string[], query: string][] = [
  ["one slice a picture", ONE_SLICE, ""],
  ["four slices a picture", SLICED, ""],
  ["packets of 200 bytes", SLICED, "?pkt_size=200"],
  ["B-frames", B_FRAMES, ""],
  ["large pictures", LARGE, ""],
];

for (const [what, options, query] of FROM_FFMPEG) {
  test(`camagent recv shows what FFmpeg sends by RTP: ${what}`, async () => {
    using folder = temporaryFolder();
    const clip = Clip.encode(folder.path, FRAMES, ...options);
    await using receiver = await FilmReceiver.at("rtp://127.0.0.1:0");
    const url = `rtp://127.0.0.1:${receiver.port}${query}`;
    await using _ = ffmpegSends(clip.path, url);
    await receiver.assertAllCome(clip, PICTURES);
  });
}

test("camagent recv shows what FFmpeg sends to a group by RTP", async () => {
  using folder = temporaryFolder();
  const clip = Clip.encode(folder.path, FRAMES, ...ONE_SLICE);
  const port = freeRtpPort();
  const group = groupFor(port);
  const at = `rtp://${group}:${port}?interface=lo`;
  await using receiver = await FilmReceiver.at(at);
  const url = `rtp://${group}:${port}?localaddr=127.0.0.1&ttl=1`;
  await using _ = ffmpegSends(clip.path, url);
  await receiver.assertAllCome(clip, PICTURES);
  // FFmpeg reports its clock with the first packet.
  const { sinks: [sink] } = await receiver.agent.says(({ sinks: [sink] }) =>
    sink!.age?.since !== "arrival"
  );
  assert.equal(sink!.age!.since, "capture, wall clock");
});

test("camagent recv needs FFmpeg's SDP where only that has parameter sets", async () => {
  using folder = temporaryFolder();
  const clip = Clip.encode(folder.path, FRAMES, ...ONE_SLICE);
  const film = clip.loop();
  const sdp = join(folder.path, "ffmpeg.sdp");
  const port = freeRtpPort();
  const url = `rtp://127.0.0.1:${port}`;
  {
    await using _ = ffmpegSends(film, url, "-sdp_file", sdp);
    await untilThere(sdp);
  }
  await using receiver = await FilmReceiver.at(`rtp://?sdp=${sdp}`);
  assert.equal(receiver.port, port);
  await using _ = ffmpegSends(film, url);
  await receiver.assertAllCome(clip, PICTURES);
});

/** How FFmpeg encodes as it sends. */
const ENCODED: Record<string, [format: string, options: string[]]> = {
  "H.264": ["h264", [
    ...["libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "30"],
    ...["-pix_fmt", "yuv420p"],
  ]],
  "H.265": ["hevc", [
    ...["libx265", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "30"],
    ...["-x265-params", "log-level=error", "-pix_fmt", "yuv420p"],
  ]],
  // RFC 2435 has no Huffman tables: they are those of every JPEG.
  "MJPEG": ["mjpeg", [
    ...["mjpeg", "-huffman", "default", "-q:v", "5", "-pix_fmt", "yuvj420p"],
  ]],
};

for (const [name, [format, options]] of Object.entries(ENCODED)) {
  test(`camagent recv shows the ${name} that FFmpeg encodes and sends by RTP`, async () => {
    using folder = temporaryFolder();
    const clip = new Clip(folder.path, format);
    await using receiver = await FilmReceiver.at("rtp://127.0.0.1:0");
    await using sender = new Program([
      ...["ffmpeg", "-v", "error", "-re", "-f", "lavfi"],
      ...["-i", `testsrc2=size=${WIDTH}x${HEIGHT}:rate=30`],
      ...["-frames:v", `${FRAMES}`, "-c:v", ...options],
      ...["-flags", "-global_header", "-map", "0:v", "-f", "tee"],
      `[f=rtp]rtp://127.0.0.1:${receiver.port}|[f=${format}]${clip.path}`,
    ]);
    assert.equal(await sender.end(), "0");
    await receiver.assertAllCome(clip, PICTURES);
  });
}

/** GStreamer as a sender of a film, in real time. */
function gstreamerSends(
  clip: Clip,
  { format = "byte-stream", pay = [] as readonly string[] },
  ...to: string[]
): Program {
  return new Program([
    ...["gst-launch-1.0", "-q", "filesrc", `location=${clip.path}`],
    ...["!", "h264parse", "!"],
    `video/x-h264,stream-format=${format},alignment=au`,
    ...["!", "rtph264pay", "pt=96", ...pay, "!", "udpsink", ...to],
  ]);
}

const FROM_GSTREAMER: [what: string, options: string[], pay: string[]][] = [
  ["one slice a picture", ONE_SLICE, []],
  ["four slices a picture", SLICED, []],
  ["aggregations", SLICED, ["aggregate-mode=zero-latency"]],
  ["packets of 200 bytes", SLICED, ["mtu=200"]],
  ["B-frames", B_FRAMES, []],
];

for (const [what, options, pay] of FROM_GSTREAMER) {
  test(`camagent recv shows what GStreamer sends by RTP: ${what}`, async () => {
    using folder = temporaryFolder();
    const clip = Clip.encode(folder.path, FRAMES, ...options);
    await using receiver = await FilmReceiver.at("rtp://127.0.0.1:0");
    const to = ["host=127.0.0.1", `port=${receiver.port}`];
    const sets = { pay: ["config-interval=-1", ...pay] };
    await using _ = gstreamerSends(clip, sets, ...to);
    await receiver.assertAllCome(clip, PICTURES);
  });
}

test("camagent recv shows what GStreamer sends to a group by RTP", async () => {
  using folder = temporaryFolder();
  const clip = Clip.encode(folder.path, FRAMES, ...ONE_SLICE);
  const port = freeRtpPort();
  const group = groupFor(port);
  const at = `rtp://${group}:${port}?interface=lo`;
  await using receiver = await FilmReceiver.at(at);
  const to = [`host=${group}`, `port=${port}`, "multicast-iface=lo"];
  await using _ = gstreamerSends(clip, { pay: ["config-interval=-1"] }, ...to);
  await receiver.assertAllCome(clip, PICTURES);
});

test("camagent recv takes parameter sets of GStreamer out of an SDP", async () => {
  using folder = temporaryFolder();
  const clip = Clip.encode(folder.path, FRAMES, ...ONE_SLICE);
  const port = freeRtpPort();
  const [sps, pps] = [...nalUnitsOf(clip.data)];
  const sdp = join(folder.path, "gstreamer.sdp");
  const parameterSets = joinNalUnits([sps!, pps!]);
  const text = writeSdp({ address: "127.0.0.1", port, parameterSets });
  writeFileSync(sdp, text);
  await using receiver = await FilmReceiver.at(`rtp://?sdp=${sdp}`);
  const to = ["host=127.0.0.1", `port=${port}`];
  // "avc" has the parameter sets beside the stream.
  const pay = ["config-interval=0"];
  await using _ = gstreamerSends(clip, { format: "avc", pay }, ...to);
  await receiver.assertAllCome(clip, PICTURES);
});

/** What GStreamer encodes and pays with. */
const PAID: Record<
  string,
  [format: string, encoder: string[], payloader: string[]]
> = {
  "H.265": [
    "hevc",
    [
      ...["x265enc", "speed-preset=ultrafast", "tune=zerolatency"],
      ...["key-int-max=30", "!", "h265parse", "config-interval=-1", "!"],
      "video/x-h265,stream-format=byte-stream,alignment=au",
    ],
    ["rtph265pay", "config-interval=-1"],
  ],
  "MJPEG": ["mjpeg", ["jpegenc"], ["rtpjpegpay"]],
};

for (const [name, [format, encoder, payloader]] of Object.entries(PAID)) {
  test(`camagent recv shows the ${name} that GStreamer encodes and sends by RTP`, async () => {
    using folder = temporaryFolder();
    const clip = new Clip(folder.path, format);
    await using receiver = await FilmReceiver.at("rtp://127.0.0.1:0");
    const size = `width=${WIDTH},height=${HEIGHT},framerate=30/1`;
    await using sender = new Program([
      ...["gst-launch-1.0", "-q", "videotestsrc", "is-live=true"],
      ...["pattern=ball", `num-buffers=${FRAMES}`, "!"],
      ...[`video/x-raw,format=I420,${size}`, "!", ...encoder, "!"],
      ...["tee", "name=both", "both.", "!", "queue", "!", ...payloader, "!"],
      ...["udpsink", "host=127.0.0.1", `port=${receiver.port}`],
      ...["both.", "!", "queue", "!", "filesink", `location=${clip.path}`],
    ]);
    assert.equal(await sender.end(), "0");
    await receiver.assertAllCome(clip, PICTURES);
  });
}

test("camagent recv shows what VLC sends by RTP, by its SDP", async () => {
  using folder = temporaryFolder();
  // It throws the last 1.5 s away.
  const clip = Clip.encode(folder.path, 2 * FRAMES, ...ONE_SLICE);
  const port = freeRtpPort();
  const film = clip.loop();
  const sdp = join(folder.path, "vlc.sdp");
  const send = () => {
    const to = `dst=127.0.0.1,port=${port},sdp=file://${sdp}`;
    return vlc(folder.path, [film, "--sout", `#rtp{${to}}`, "vlc://quit"]);
  };
  {
    await using _ = send();
    await untilThere(sdp);
  }
  await using receiver = await FilmReceiver.at(`rtp://?sdp=${sdp}`);
  await using _ = send();
  await receiver.assertAllCome(clip, PICTURES);
});

/** camagent sends a film again and again, and describes it. */
function camagentSends(
  film: string,
  to: string,
  sdp: string,
): ReturnType<typeof Agent.send> {
  const query = to.includes("?") ? "&" : "?";
  return Agent.send(`file:${film}?loop=true`, `${to}${query}sdp=${sdp}`);
}

/** Where camagent sends to. */
interface Sent {
  readonly folder: string;
  readonly sdp: string;
  readonly port: number;
  readonly group: string;
}

/** Checks that a program shows what camagent sends, from the first picture. */
async function assertShows(
  receives: (sent: Sent) => Program,
  address: (sent: Sent) => string,
  expectation?: Expectation,
): Promise<void> {
  using folder = temporaryFolder();
  const clip = Clip.encode(folder.path, FRAMES, ...SLICED);
  const film = clip.loop();
  const port = freeRtpPort();
  const sdp = join(folder.path, "cam.sdp");
  const sent = { folder: folder.path, sdp, port, group: groupFor(port) };
  const to = address(sent);
  {
    await using _ = camagentSends(film, to, sdp);
    await untilThere(sdp);
  }
  await using receiver = receives(sent);
  await untilBound(port);
  await using _ = camagentSends(film, to, sdp);
  const frames = new Frames(receiver.stdout, FRAME_BYTES);
  await frames.reach(PICTURES, 20_000);
  frames.all.splice(PICTURES);
  assertFramesOf(clip.decode(), frames.all, { loop: true, ...expectation });
}

/** FFmpeg as a receiver. */
function ffmpegReceives(sdp: string, ...options: string[]): Program {
  return new Program(
    [
      ...["ffmpeg", "-v", "error", "-protocol_whitelist", "file,udp,rtp"],
      ...[...options, "-i", sdp, "-fps_mode", "passthrough"],
      ...["-pix_fmt", "rgb24", "-f", "rawvideo", "pipe:1"],
    ],
    {},
    "bytes",
  );
}

/** GStreamer as a receiver of RTP in packets, or of streams it has found. */
function gstreamerReceives(...source: string[]): Program {
  return new Program(
    [
      ...["gst-launch-1.0", "-q", ...source, "!", "avdec_h264", "!"],
      ...["videoconvert", "!", "video/x-raw,format=RGB", "!"],
      ...["fdsink", "sync=false"],
    ],
    {},
    "bytes",
  );
}

/** GStreamer's socket, and what it has to be told of the packets. */
function udpsrc(...from: string[]): string[] {
  const caps = "application/x-rtp,media=video,clock-rate=90000," +
    "encoding-name=H264,payload=96";
  return [
    ...["udpsrc", ...from, `caps=${caps}`, "!", ...QUEUE, "!"],
    ...["rtph264depay", "!", "h264parse"],
  ];
}

/** VLC as a receiver; it leaves out what is late. */
function vlcReceives(folder: string, sdp: string): Program {
  const out = "#transcode{vcodec=RV24}:std{access=file,mux=dummy,dst=-}";
  return vlc(folder, [
    ...["--demux", "live555,avformat", "--network-caching", "50", sdp],
    ...["--sout", out],
  ], "bytes");
}

const RECEIVERS: Record<
  string,
  [receives: (sent: Sent) => Program, expectation?: Expectation]
> = {
  "FFmpeg, by the SDP,": [({ sdp }) => ffmpegReceives(sdp)],
  "GStreamer": [({ port }) => gstreamerReceives(...udpsrc(`port=${port}`))],
  "GStreamer, by the SDP,": [({ sdp }) =>
    gstreamerReceives(
      ...["filesrc", `location=${sdp}`, "!", "sdpdemux", "!"],
      ...["rtph264depay", "!", "h264parse"],
    )],
  "VLC, by the SDP,": [
    ({ folder, sdp }) => vlcReceives(folder, sdp),
    { gaps: true },
  ],
};

for (const [name, [receives, expectation]] of Object.entries(RECEIVERS)) {
  test(`${name} shows what camagent sends by RTP`, async () => {
    const to = ({ port }: Sent) => `rtp://127.0.0.1:${port}`;
    await assertShows(receives, to, expectation);
  });
}

const MEMBERS: Record<string, (sent: Sent) => Program> = {
  "FFmpeg, by the SDP,": ({ sdp }) =>
    ffmpegReceives(sdp, "-localaddr", "127.0.0.1"),
  "GStreamer": ({ port, group }) =>
    gstreamerReceives(
      ...udpsrc(`address=${group}`, `port=${port}`, "multicast-iface=lo"),
    ),
};

for (const [name, receives] of Object.entries(MEMBERS)) {
  test(`${name} shows what camagent sends to a group by RTP`, async () => {
    const to = ({ port, group }: Sent) => `rtp://${group}:${port}?interface=lo`;
    await assertShows(receives, to);
  });
}
