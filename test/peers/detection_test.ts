import assert from "node:assert/strict";
import { temporaryFolder } from "../e2e/folder.ts";
import { test } from "../harness.ts";
import { Clip, HEIGHT, WIDTH } from "./clip.ts";
import { FilmReceiver } from "./film_receiver.ts";
import { Program } from "./program.ts";

/** Pictures that have to come through: two seconds. */
const PICTURES = 60;

/** Pictures of a film: some follow, for decoders that look ahead. */
const FRAMES = PICTURES + 20;

/** How FFmpeg encodes, by what its bare stream is called. */
const ENCODERS: Record<string, string[]> = {
  h264: [
    ...["libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "30"],
    ...["-pix_fmt", "yuv420p"],
  ],
  hevc: [
    ...["libx265", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "30"],
    ...["-x265-params", "log-level=error", "-pix_fmt", "yuv420p"],
  ],
  mjpeg: ["mjpeg", "-q:v", "5", "-pix_fmt", "yuvj420p"],
  mpeg2video: ["mpeg2video", "-g", "15", "-bf", "0", "-b:v", "4M"],
  m4v: ["mpeg4", "-g", "30", "-b:v", "4M"],
};

/** What is sent, in what it is sent, and what the receiver calls it. */
const STREAMS: [codec: string, container: string, format: string][] = [
  ["hevc", "hevc", "hevc"],
  ["mjpeg", "mjpeg", "mjpeg"],
  ["h264", "mpegts", "mpegts"],
  ["hevc", "mpegts", "mpegts"],
  ["mpeg2video", "mpegts", "mpegts"],
  ["h264", "flv", "flv"],
  ["h264", "matroska", "matroska"],
  ["hevc", "matroska", "matroska"],
  ["mjpeg", "matroska", "matroska"],
  ["m4v", "avi", "avi"],
  ["m4v", "nut", "nut"],
];

/** Containers of which whoever joins later knows nothing. */
const HEADED = ["flv", "matroska", "avi", "nut"];

for (const [codec, container, format] of STREAMS) {
  const what = codec === container ? codec : `${codec} in ${container}`;

  test(`camagent recv finds out what FFmpeg sends over TCP: ${what}`, async () => {
    await using receiver = await FilmReceiver.at(
      "tcp://127.0.0.1:0?mode=listen",
    );
    await check(receiver, "tcp", { codec, container, format });
  });

  if (HEADED.includes(container)) continue;
  test(`camagent recv finds out what FFmpeg sends over UDP: ${what}`, async () => {
    await using receiver = await FilmReceiver.at("udp://127.0.0.1:0");
    await check(receiver, "udp", { codec, container, format });
  });
}

const BY_RTP: [codec: string, container: string, format: string][] = [
  ["h264", "rtp", "rtp"],
  ["hevc", "rtp", "rtp"],
  ["h264", "rtp_mpegts", "mpegts"],
];

for (const [codec, container, format] of BY_RTP) {
  test(`camagent recv udp: finds out that FFmpeg sends ${container} with ${codec}`, async () => {
    await using receiver = await FilmReceiver.at("udp://127.0.0.1:0");
    await check(receiver, "rtp", { codec, container, format });
  });
}

/** Sends a film in real time as FFmpeg does, and looks at what comes. */
async function check(
  receiver: FilmReceiver,
  scheme: string,
  { codec, container, format }: {
    readonly codec: string;
    readonly container: string;
    readonly format: string;
  },
): Promise<void> {
  using folder = temporaryFolder();
  // FFmpeg's demuxer has another name than its muxer.
  const demuxer = codec === "mpeg2video" ? "mpegvideo" : codec;
  const clip = new Clip(folder.path, demuxer);
  const url = `${scheme}://127.0.0.1:${receiver.port}`;
  const hasHeader = HEADED.includes(container);
  const bare = hasHeader ? `${codec}:bsfs/v=dump_extra` : codec;
  await using sender = new Program([
    ...["ffmpeg", "-v", "error", "-re", "-f", "lavfi"],
    ...["-i", `testsrc2=size=${WIDTH}x${HEIGHT}:rate=30`],
    ...["-frames:v", `${FRAMES}`, "-c:v", ...ENCODERS[codec]!],
    ...["-flags", `${hasHeader ? "+" : "-"}global_header`],
    ...["-map", "0:v", "-flush_packets", "1", "-f", "tee"],
    `[f=${container}]${url}|[f=${bare}]${clip.path}`,
  ]);
  const status = await receiver.agent.says(
    ({ input }) => input.codec !== undefined,
    20_000,
  );
  assert.equal(status.input.format, format);
  assert.equal(await sender.end(), "0");
  await receiver.assertAllCome(clip, PICTURES);
}
