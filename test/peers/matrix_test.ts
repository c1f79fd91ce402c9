/**
 * Who shows what whom sends: every pair with camagent in it, over every way
 * that both of them know. The table is printed at the end, and is the README's.
 *
 * @module
 */

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Agent } from "../e2e/agent.ts";
import { temporaryFolder } from "../e2e/folder.ts";
import { Frames } from "../e2e/frames.ts";
import { until } from "../faults/deadline.ts";
import { test } from "../harness.ts";
import { Clip, FRAME_BYTES, ONE_SLICE } from "./clip.ts";
import { assertFramesOf } from "./film_frames.ts";
import { FilmReceiver } from "./film_receiver.ts";
import { QUEUE } from "./gstreamer.ts";
import { Program, pythonWith } from "./program.ts";
import { freeRtpPort } from "./rtp_port.ts";
import { groupFor, untilBound } from "./udp_port.ts";
import { vlc } from "./vlc.ts";

/** Pictures that have to come through: two seconds. */
const PICTURES = 60;

/** Pictures of a film: some follow, for decoders that look ahead. */
const FRAMES = PICTURES + 20;

const DEADLINE_MS = 20_000;

/** Ways from one program to another. */
const WAYS = ["TCP", "UDP", "multicast", "MPEG-TS", "RTP", "RTSP"] as const;

type Way = typeof WAYS[number];

/** Where a film goes. */
interface Link {
  readonly folder: string;
  readonly clip: Clip;
  /** The film in a container. */
  readonly film: string;
  readonly port: number;
  readonly group: string;
  /** Where the sender describes what it sends by RTP. */
  readonly sdp: string;
}

/** Others as senders, once the receiver is there. */
const SENDERS: Record<string, Partial<Record<Way, (link: Link) => Program>>> = {
  "FFmpeg": {
    "TCP": (link) =>
      ffmpegSends(link, "h264", `tcp://127.0.0.1:${link.port}?listen`),
    "UDP": (link) => ffmpegSends(link, "h264", `udp://127.0.0.1:${link.port}`),
    "multicast": (link) =>
      ffmpegSends(
        link,
        "h264",
        `udp://${link.group}:${link.port}?localaddr=127.0.0.1&ttl=1`,
      ),
    "MPEG-TS": (link) =>
      ffmpegSends(
        link,
        "mpegts",
        `udp://127.0.0.1:${link.port}?pkt_size=1316`,
      ),
    "RTP": (link) => ffmpegSends(link, "rtp", `rtp://127.0.0.1:${link.port}`),
  },
  "GStreamer": {
    "TCP": (link) => gstreamerSends(link, [], tcpServer(link)),
    "UDP": (link) => gstreamerSends(link, [], udpSink(link, "127.0.0.1")),
    "multicast": (link) => gstreamerSends(link, [], udpSink(link, link.group)),
    "MPEG-TS": (link) =>
      gstreamerSends(link, ["mpegtsmux"], udpSink(link, "127.0.0.1")),
    "RTP": (link) =>
      gstreamerSends(
        link,
        ["rtph264pay", "config-interval=-1", "pt=96"],
        udpSink(link, "127.0.0.1"),
      ),
    "RTSP": ({ film, port }) =>
      new Program([
        pythonWith("gi"),
        join(import.meta.dirname!, "rtsp_server.py"),
        `filesrc location=${film} ! qtdemux ! h264parse ! ` +
        "rtph264pay name=pay0 pt=96 config-interval=1",
        "none",
        `${port}`,
      ]),
  },
  "VLC": {
    "RTSP": ({ folder, film, port }) =>
      vlc(folder, [
        ...[film, "--loop", "--sout-keep"],
        ...["--sout", `#gather:rtp{sdp=rtsp://127.0.0.1:${port}/cam}`],
      ]),
  },
};

/** Others as receivers, of raw frames on stdout. */
const RECEIVERS: Record<string, Partial<Record<Way, (link: Link) => Program>>> =
  {
    "FFmpeg": {
      "TCP": ({ port }) =>
        ffmpegReceives("-f", "h264", "-i", `tcp://127.0.0.1:${port}`),
      "UDP": ({ port }) =>
        ffmpegReceives("-f", "h264", "-i", `udp://127.0.0.1:${port}`),
      "multicast": ({ port, group }) =>
        ffmpegReceives(
          ...["-f", "h264"],
          ...["-i", `udp://${group}:${port}?localaddr=127.0.0.1`],
        ),
      "RTP": ({ sdp }) =>
        ffmpegReceives(
          ...["-protocol_whitelist", "file,udp,rtp", "-i", sdp],
        ),
      "RTSP": ({ port }) =>
        ffmpegReceives("-i", `rtsp://127.0.0.1:${port}/cam`),
    },
    "GStreamer": {
      "TCP": ({ port }) =>
        gstreamerReceives("tcpclientsrc", "host=127.0.0.1", `port=${port}`),
      "UDP": ({ port }) =>
        gstreamerReceives("udpsrc", `port=${port}`, "!", ...QUEUE),
      "multicast": ({ port, group }) =>
        gstreamerReceives(
          ...["udpsrc", `address=${group}`, `port=${port}`],
          ...["multicast-iface=lo", "!", ...QUEUE],
        ),
      "RTP": ({ port }) =>
        gstreamerReceives(
          ...["udpsrc", `port=${port}`, `caps=${RTP_CAPS}`, "!", ...QUEUE],
          ...["!", "rtph264depay"],
        ),
      "RTSP": ({ port }) =>
        gstreamerReceives(
          ...["rtspsrc", `location=rtsp://127.0.0.1:${port}/cam`, "!"],
          ...[...QUEUE, "!", "rtph264depay"],
        ),
    },
    "VLC": {
      "RTP": ({ folder, sdp }) =>
        vlc(folder, [
          ...["--demux", "live555,avformat", "--network-caching", "50", sdp],
          "--sout",
          "#transcode{vcodec=RV24}:std{access=file,mux=dummy,dst=-}",
        ], "bytes"),
    },
  };

const RTP_CAPS = "application/x-rtp,media=video,clock-rate=90000," +
  "encoding-name=H264,payload=96";

/** Where camagent sends to, and what it receives from. */
const ADDRESSES: Partial<Record<Way, (link: Link) => string>> = {
  "TCP": ({ port }) => `tcp://127.0.0.1:${port}`,
  "UDP": ({ port }) => `udp://127.0.0.1:${port}`,
  "multicast": ({ port, group }) => `udp://${group}:${port}?interface=lo`,
  "MPEG-TS": ({ port }) => `udp://127.0.0.1:${port}`,
  "RTP": ({ port }) => `rtp://127.0.0.1:${port}`,
  "RTSP": ({ port }) => `rtsp://127.0.0.1:${port}/cam`,
};

/** What has been seen, by row. */
const seen = new Map<string, Set<Way>>();

for (const [name, ways] of Object.entries(SENDERS)) {
  for (const way of WAYS) {
    const sends = ways[way];
    if (sends === undefined) continue;
    cell(name, "camagent", way, async (link) => {
      const address = ADDRESSES[way]!(link);
      await using stack = new AsyncDisposableStack();
      if (isServed(way)) {
        stack.use(sends(link));
        await untilListens(link.port);
        const agent = stack.use(Agent.recv(address, "-"));
        return await framesOf(agent.stdout, link.clip);
      }
      const receiver = stack.use(await FilmReceiver.at(address));
      stack.use(sends(link));
      assertFramesOf(
        link.clip.decode(),
        await receiver.reach(PICTURES / 2),
        { gaps: true },
      );
    });
  }
}

for (const [name, ways] of Object.entries(RECEIVERS)) {
  for (const way of WAYS) {
    const receives = ways[way];
    if (receives === undefined) continue;
    cell("camagent", name, way, async (link) => {
      await using stack = new AsyncDisposableStack();
      if (way === "RTP") await describe(link);
      if (isServed(way)) {
        stack.use(camagentSends(way, link));
        await untilListens(link.port);
      }
      const receiver = stack.use(receives(link));
      if (!isServed(way)) {
        await untilBound(link.port);
        stack.use(camagentSends(way, link));
      }
      return await framesOf(receiver.stdout, link.clip);
    });
  }
}

for (const way of ["TCP", "UDP", "multicast", "RTP", "RTSP"] as const) {
  cell("camagent", "camagent", way, async (link) => {
    await using stack = new AsyncDisposableStack();
    if (isServed(way)) {
      stack.use(camagentSends(way, link));
      await untilListens(link.port);
      const agent = stack.use(Agent.recv(ADDRESSES[way]!(link), "-"));
      return await framesOf(agent.stdout, link.clip);
    }
    const receiver = stack.use(await FilmReceiver.at(ADDRESSES[way]!(link)));
    stack.use(camagentSends(way, link));
    assertFramesOf(
      link.clip.decode(),
      await receiver.reach(PICTURES / 2),
      { gaps: true, loop: true },
    );
  });
}

test("The table of who shows what whom sends is the README's", () => {
  const lines = tableOf(seen);
  // deno-lint-ignore no-console
  console.log(lines.join("\n"));
  const readme = readFileSync(
    join(import.meta.dirname!, "../../README.md"),
    "utf8",
  );
  for (const line of lines) assert.ok(readme.includes(line), line);
});

/** One cell of the table. */
function cell(
  from: string,
  to: string,
  way: Way,
  run: (link: Link) => Promise<void>,
): void {
  test(`${to} shows what ${from} sends by ${way}`, async () => {
    using folder = temporaryFolder();
    const clip = Clip.encode(folder.path, FRAMES, ...ONE_SLICE);
    const port = freeRtpPort();
    await run({
      folder: folder.path,
      clip,
      film: clip.loop(),
      port,
      group: groupFor(port),
      sdp: join(folder.path, "cam.sdp"),
    });
    const row = `${from} | ${to}`;
    if (!seen.has(row)) seen.set(row, new Set());
    seen.get(row)!.add(way);
  });
}

/** Whether the receiver dials. */
function isServed(way: Way): boolean {
  return way === "TCP" || way === "RTSP";
}

async function untilListens(port: number): Promise<void> {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  await until(
    DEADLINE_MS,
    `listener at port ${port}`,
    () =>
      ["tcp", "tcp6"].some((name) =>
        readFileSync(`/proc/net/${name}`, "latin1").split("\n")
          .map((line) => line.trim().split(/\s+/))
          // 0A is TCP_LISTEN (include/net/tcp_states.h).
          .some(([, at, , state]) => at?.endsWith(suffix) && state === "0A")
      ),
  );
}

async function framesOf(
  stdout: NodeJS.ReadableStream,
  clip: Clip,
): Promise<void> {
  const frames = new Frames(stdout, FRAME_BYTES);
  await frames.reach(PICTURES / 2, DEADLINE_MS);
  assertFramesOf(clip.decode(), frames.all.slice(0, PICTURES / 2), {
    gaps: true,
    loop: true,
  });
}

function camagentSends(way: Way, link: Link): Agent<unknown> {
  const to = ADDRESSES[way]!(link);
  const query = way === "RTP" ? `?sdp=${link.sdp}` : "";
  return Agent.send(`file:${link.film}?loop=true`, `${to}${query}`);
}

/** Has the sender write its description, before anybody is there. */
async function describe(link: Link): Promise<void> {
  await using _ = camagentSends("RTP", link);
  await until(
    DEADLINE_MS,
    "SDP",
    () =>
      existsSync(link.sdp) &&
      readFileSync(link.sdp, "latin1").includes("sprop-"),
  );
}

function ffmpegSends({ film }: Link, format: string, url: string): Program {
  return new Program([
    ...["ffmpeg", "-v", "error", "-re", "-stream_loop", "-1", "-i", film],
    ...["-c", "copy", "-bsf:v", "h264_mp4toannexb,dump_extra"],
    ...["-f", format, url],
  ]);
}

function gstreamerSends(
  { clip }: Link,
  through: readonly string[],
  sink: readonly string[],
): Program {
  return new Program([
    ...["gst-launch-1.0", "-q", "filesrc", `location=${clip.path}`, "!"],
    ...["h264parse", "config-interval=-1", "!"],
    "video/x-h264,stream-format=byte-stream,alignment=au",
    ...["!", ...through, ...(through.length > 0 ? ["!"] : []), ...sink],
  ]);
}

function udpSink({ port }: Link, host: string): string[] {
  return ["udpsink", `host=${host}`, `port=${port}`, "multicast-iface=lo"];
}

function tcpServer({ port }: Link): string[] {
  return [
    ...["tcpserversink", "host=127.0.0.1", `port=${port}`, "sync=true"],
    // Whoever comes gets the film from its first picture.
    ...["recover-policy=keyframe", "sync-method=latest-keyframe"],
  ];
}

function ffmpegReceives(...input: string[]): Program {
  return new Program(
    [
      ...["ffmpeg", "-v", "error", ...input, "-fps_mode", "passthrough"],
      ...["-pix_fmt", "rgb24", "-f", "rawvideo", "pipe:1"],
    ],
    {},
    "bytes",
  );
}

function gstreamerReceives(...source: string[]): Program {
  return new Program(
    [
      ...["gst-launch-1.0", "-q", ...source, "!", "h264parse", "!"],
      ...["avdec_h264", "!", "videoconvert", "!", "video/x-raw,format=RGB"],
      ...["!", "fdsink", "sync=false"],
    ],
    {},
    "bytes",
  );
}

/** What is seen, as Markdown. */
function tableOf(seen: Map<string, Set<Way>>): string[] {
  const rows = [...seen].map(([names, ways]) => [
    ...names.split(" | "),
    ...WAYS.map((way) => ways.has(way) ? "yes" : ""),
  ]);
  const all = [["from", "to", ...WAYS], ...rows];
  const widths = all[0]!.map((_, i) =>
    Math.max(...all.map((row) => row[i]!.length))
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |`;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [line(all[0]!), rule, ...all.slice(1).map(line)];
}
