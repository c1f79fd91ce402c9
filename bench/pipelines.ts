/**
 * The rows of the table: who encodes, carries and decodes, as command lines.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

/** What every row has to connect. */
export interface Link {
  /** Pixels in a row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  readonly fps: number;
  /** In bit/s. */
  readonly bitrate: number;
  /** A FIFO with raw 4:2:0 pictures. */
  readonly source: string;
  /** A FIFO between the two halves, for those that use no network. */
  readonly coded: string;
  /** A FIFO that takes RGB frames. */
  readonly frames: string;
  /** A name of shared memory that nobody else uses. */
  readonly segment: string;
  /** A free TCP port. */
  readonly port: number;
  /** The words that start camagent. */
  readonly camagent: readonly string[];
}

/** One pipeline. */
export interface Row {
  /** What it is called on the command line. */
  readonly name: string;
  /** What it is called in the table. */
  readonly title: string;
  /** Whether receivers may come and go while the sender runs. */
  readonly rejoin: boolean;
  /** Whether the sender listens on the link's port. */
  readonly listens: boolean;
  /** Where its frames are; absent: in the link's FIFO. */
  readonly shared?: true;
  /** The row that it is compared with; absent: {@linkcode FLOOR}. */
  readonly floor?: string;
  /** The command from raw pictures to the network. */
  send(link: Link): string[];
  /** The command from the network to RGB frames. */
  receive(link: Link): string[];
}

/** The row that all others are compared with. */
export const FLOOR = "floor";

/** What tutorials give to have FFmpeg wait less. */
const USUAL_FLAGS = [
  ...["-fflags", "nobuffer", "-flags", "low_delay"],
  ...["-probesize", "32", "-analyzeduration", "0"],
];

/** Of those that an organisation may use as it likes (RFC 2365, section 6.2). */
const GROUP = "239.192.0.1";

/** Every pipeline, the floor first. */
export const ROWS: readonly Row[] = [
  pipe(FLOOR, "floor: hand-tuned FFmpeg pipe, no network", "h264", "flv"),
  {
    name: "ancestor",
    title: "tcp, FFmpeg without flags (the ancestor)",
    rejoin: false,
    listens: true,
    send: (link) => [...encoder(link), ...h264OverTcp(link)],
    receive: (link) => [...FFMPEG, "-i", tcp(link), ...rgb(link)],
  },
  {
    name: "usual",
    title: 'tcp, the usual "low latency" flags',
    rejoin: false,
    listens: true,
    send: (link) => [...encoder(link), ...h264OverTcp(link)],
    receive: (link) => [
      ...FFMPEG,
      ...USUAL_FLAGS,
      ...["-i", tcp(link)],
      ...rgb(link),
    ],
  },
  camagent("camagent", "camagent, tcp", tcp, true),
  {
    ...camagent("shm", "camagent, tcp, into shared memory", tcp, true),
    shared: true,
    receive: (link) => [
      ...link.camagent,
      ...["recv", tcp(link), `shm:${link.segment}`],
    ],
  },
  camagent("udp", "camagent, udp", ({ port }) => `udp://127.0.0.1:${port}`),
  camagent(
    "multicast",
    "camagent, udp multicast",
    ({ port }) => `udp://${GROUP}:${port}?interface=lo`,
  ),
  camagent("rtp", "camagent, rtp", ({ port }) => `rtp://127.0.0.1:${port}`),
  camagent("rtsp-tcp", "camagent, rtsp over tcp", rtsp, true),
  {
    ...camagent("rtsp-udp", "camagent, rtsp over udp", rtsp, true),
    receive: (link) => [
      ...link.camagent,
      ...["recv", `${rtsp(link)}#transport=udp`, `pipe:${link.frames}`],
    ],
  },
  foreign("mpegts", "FFmpeg's MPEG-TS to camagent, tcp", "h264", FLOOR),
  pipe("hevc-floor", "floor of H.265: the same pipe", "hevc", "nut"),
  foreign("hevc", "FFmpeg's H.265 to camagent, tcp", "hevc", "hevc-floor"),
  pipe("mjpeg-floor", "floor of MJPEG: the same pipe", "mjpeg", "nut"),
  foreign("mjpeg", "FFmpeg's MJPEG to camagent, tcp", "mjpeg", "mjpeg-floor"),
  {
    ...gstreamer("rtsp-usual", 'rtsp, the usual "low latency" flags'),
    receive: (link) => [
      ...FFMPEG,
      ...USUAL_FLAGS,
      ...["-rtsp_transport", "tcp", "-i", rtsp(link)],
      ...rgb(link),
    ],
  },
  {
    ...gstreamer("rtsp-tuned", "GStreamer's RTSP server to tuned FFmpeg"),
    floor: "rtsp-usual",
    receive: (link) => [
      ...link.camagent,
      ...["recv", `${rtsp(link)}#client=ffmpeg`, `pipe:${link.frames}`],
    ],
  },
  {
    ...gstreamer("rtsp", "GStreamer's RTSP server to camagent"),
    floor: "rtsp-usual",
    receive: (link) => [
      ...link.camagent,
      ...["recv", rtsp(link), `pipe:${link.frames}`],
    ],
  },
];

/** FFmpeg on both sides of a FIFO, with all that is known to help. */
function pipe(name: string, title: string, codec: Codec, format: string): Row {
  return {
    name,
    title,
    rejoin: false,
    listens: false,
    send: (link) => [
      ...encoder(link, codec),
      ...["-fps_mode", "passthrough", "-flush_packets", "1"],
      ...["-f", format, "-y", link.coded],
    ],
    receive: (link) => [
      ...FFMPEG,
      ...["-flags", "low_delay", "-probesize", "32", "-analyzeduration", "0"],
      ...["-f", format, "-i", link.coded],
      ...["-fps_mode", "passthrough", "-threads", "1", "-avioflags", "direct"],
      ...rgb(link),
    ],
  };
}

/** FFmpeg as the sender, the agent as the receiver that is told nothing. */
function foreign(
  name: string,
  title: string,
  codec: Codec,
  floor: string,
): Row {
  const format = name;
  return {
    name,
    title,
    rejoin: false,
    listens: true,
    floor,
    send: (link) => [
      ...encoder(link, codec),
      ...["-fps_mode", "passthrough", "-flush_packets", "1"],
      ...["-f", format, `${tcp(link)}?listen`],
    ],
    receive: (link) => [
      ...link.camagent,
      ...["recv", tcp(link), `pipe:${link.frames}`],
    ],
  };
}

/** GStreamer as an encoder and RTSP server, which starts with its receiver. */
function gstreamer(name: string, title: string): Omit<Row, "receive"> {
  return {
    name,
    title,
    rejoin: false,
    listens: true,
    send: ({ width, height, fps, bitrate, source, port }) => [
      "/usr/bin/python3",
      fileURLToPath(new URL("../test/peers/rtsp_server.py", import.meta.url)),
      [
        `filesrc location=${source} blocksize=${width * height * 3 / 2}`,
        `rawvideoparse format=i420 width=${width} height=${height} ` +
        `framerate=${fps}/1`,
        `x264enc tune=zerolatency speed-preset=ultrafast key-int-max=${fps} ` +
        // Of several slices FFmpeg gets the last one only: GStreamer 1.22
        // writes parameter sets in front of each.
        `bitrate=${bitrate / 1000} sliced-threads=false threads=1`,
        "rtph264pay name=pay0 pt=96 config-interval=-1",
      ].join(" ! "),
      "none",
      `${port}`,
    ],
  };
}

/** The agent on both sides of an address. */
function camagent(
  name: string,
  title: string,
  address: (link: Link) => string,
  listens = false,
): Row {
  return {
    name,
    title,
    rejoin: true,
    listens,
    send: (link) => [
      ...link.camagent,
      "send",
      `ffmpeg:${link.source}?format=rawvideo&pixelFormat=yuv420p` +
      `&size=${link.width}x${link.height}&fps=${link.fps}`,
      address(link),
    ],
    receive: (link) => [
      ...link.camagent,
      ...["recv", address(link), `pipe:${link.frames}`],
    ],
  };
}

const FFMPEG = ["ffmpeg", "-hide_banner", "-loglevel", "error", "-nostdin"];

/** What FFmpeg encodes to. */
type Codec = "h264" | "hevc" | "mjpeg";

/** The same encoder for every row of a codec, with the agent's bound on H.264. */
function encoder(link: Link, codec: Codec = "h264"): string[] {
  const { width, height, fps, source } = link;
  return [
    ...FFMPEG,
    ...["-f", "rawvideo", "-pix_fmt", "yuv420p"],
    ...["-video_size", `${width}x${height}`, "-framerate", `${fps}`],
    ...["-i", source],
    ...encoding(link, codec),
  ];
}

function encoding({ fps, bitrate }: Link, codec: Codec): string[] {
  const fast = ["-preset", "ultrafast", "-tune", "zerolatency"];
  const rate = ["-g", `${fps}`, "-b:v", `${bitrate}`];
  switch (codec) {
    case "h264":
      return [
        ...["-c:v", "libx264", ...fast, ...rate],
        ...["-maxrate", `${bitrate}`, "-bufsize", `${bitrate / 4}`],
      ];
    case "hevc":
      return [
        ...["-c:v", "libx265", ...fast, ...rate],
        ...["-x265-params", "log-level=error"],
      ];
    case "mjpeg":
      // Its frame threads hold pictures.
      return [
        ...["-c:v", "mjpeg", "-threads", "1"],
        ...["-q:v", "5", "-pix_fmt", "yuvj420p"],
      ];
  }
}

function h264OverTcp(link: Link): string[] {
  return ["-f", "h264", `${tcp(link)}?listen`];
}

function tcp({ port }: Link): string {
  return `tcp://127.0.0.1:${port}`;
}

function rtsp({ port }: Link): string {
  return `rtsp://127.0.0.1:${port}/cam`;
}

function rgb({ frames }: Link): string[] {
  return ["-f", "rawvideo", "-pix_fmt", "rgb24", "-y", frames];
}
