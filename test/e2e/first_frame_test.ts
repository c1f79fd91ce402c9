import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import type { Socket } from "node:net";
import { performance } from "node:perf_hooks";
import {
  AccessUnitSplitter,
  RtpH264Packetizer,
  us,
} from "../../agent/media/mod.ts";
import { until } from "../faults/deadline.ts";
import { UdpSocket } from "../faults/udp_socket.ts";
import { test } from "../harness.ts";
import { Agent } from "./agent.ts";
import { Peer } from "./peer.ts";

const DEADLINE_MS = 15_000;

/** How soon after its first keyframe a stream is to be seen. */
const SOON_MS = 350;

/**
 * The same in starts of an FFmpeg that decodes one picture, for machines where
 * these take longer than 90 ms: up to two are started, one behind the other.
 */
const SOON_STARTS = 3;

/** Pictures of a film, at 30 a second. */
const PICTURES = 60;

const PERIOD_MS = 1000 / 30;

const FRAME_BYTES = 320 * 240 * 3;

const X264 = [
  ...["libx264", "-preset", "ultrafast", "-tune", "zerolatency"],
  ...["-pix_fmt", "yuv420p"],
];

const X265 = [
  ...["libx265", "-preset", "ultrafast", "-tune", "zerolatency"],
  ...["-x265-params", "log-level=error", "-pix_fmt", "yuv420p"],
];

const JPEG = ["mjpeg", "-q:v", "5", "-pix_fmt", "yuvj420p"];

/** How FFmpeg makes each of the formats that are found out. */
const FORMATS: Record<string, string[]> = {
  "H.264": [...X264, "-f", "h264"],
  "H.265": [...X265, "-f", "hevc"],
  "MJPEG": [...JPEG, "-f", "mjpeg"],
  "H.264 in MPEG-TS": [...X264, "-f", "mpegts"],
  "H.265 in MPEG-TS": [...X265, "-f", "mpegts"],
  "H.264 in FLV": [...X264, "-f", "flv"],
  "H.264 in Matroska": [...X264, "-f", "matroska", "-live", "1"],
  "H.265 in Matroska": [...X265, "-f", "matroska", "-live", "1"],
};

/** A film as a live sender writes it. */
function encode(pictures: number, options: readonly string[]): Uint8Array {
  return execFileSync("ffmpeg", [
    ...["-v", "error", "-f", "lavfi", "-i", "testsrc2=s=320x240:r=30"],
    ...["-frames:v", `${pictures}`, "-g", `${PICTURES}`, "-c:v", ...options],
    ...["-flush_packets", "1", "pipe:1"],
  ], { maxBuffer: 1 << 28 });
}

/** The first picture, with all that stands in front of it, and the rest. */
function live(options: readonly string[]): Uint8Array[] {
  const film = encode(PICTURES, options);
  const first = encode(1, options).length;
  // Of MPEG-TS in whole packets.
  const step = Math.ceil((film.length - first) / PICTURES / 188) * 188;
  const pieces = [film.subarray(0, first)];
  for (let at = first; at < film.length; at += step) {
    pieces.push(film.subarray(at, at + step));
  }
  return pieces;
}

/** Sends one after the other, a picture's time apart. */
function send<T>(pieces: readonly T[], write: (piece: T) => void): Disposable {
  let sent = 0;
  const next = () => {
    if (sent < pieces.length) write(pieces[sent++]!);
  };
  next();
  const timer = setInterval(next, PERIOD_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** When the receiver has written its first frame. */
class FirstFrame {
  at: number | undefined;
  #bytes = 0;

  constructor(stdout: NodeJS.ReadableStream) {
    stdout.on("data", (chunk: Uint8Array) => {
      this.#bytes += chunk.length;
      if (this.#bytes >= FRAME_BYTES) this.at ??= performance.now();
    });
  }

  async after(sentAt: number): Promise<number> {
    const at = await until(DEADLINE_MS, "first frame", () => this.at);
    return at - sentAt;
  }
}

/** Milliseconds that FFmpeg takes for one picture, the best of three times. */
function startOfFfmpeg(): number {
  const input = encode(1, FORMATS["H.265 in Matroska"]!);
  const args = ["-v", "error", "-f", "matroska", "-i", "pipe:0"];
  const output = ["-frames:v", "1", "-f", "null", "-"];
  const times = Array.from({ length: 3 }, () => {
    const since = performance.now();
    execFileSync("ffmpeg", [...args, ...output], { input });
    return performance.now() - since;
  });
  return Math.min(...times);
}

function check(name: string, tookMs: number): void {
  const startMs = startOfFfmpeg();
  // deno-lint-ignore no-console
  console.log(
    `${name}: first frame after ${tookMs.toFixed(0)} ms, ` +
      `${(tookMs / startMs).toFixed(1)} starts of FFmpeg`,
  );
  const limit = Math.max(SOON_MS, SOON_STARTS * startMs);
  assert.ok(tookMs <= limit, `${tookMs} ms, at most ${limit}`);
}

for (const [name, options] of Object.entries(FORMATS)) {
  test(`camagent recv shows ${name} over TCP soon after its first keyframe`, async () => {
    const pieces = live(options);
    let sentAt = NaN;
    await using stack = new AsyncDisposableStack();
    const serve = (socket: Socket) => {
      sentAt = performance.now();
      stack.use(send(pieces, (piece) => socket.write(piece)));
    };
    const peer = stack.use(await Peer.listen(() => {}));
    const receiver = stack.use(Agent.recv(peer.address, "-"));
    const frame = new FirstFrame(receiver.stdout);
    // As a camera that is switched on when the receiver has long been there.
    await receiver.says(() => peer.connections > 0);
    peer.become(serve);
    await until(DEADLINE_MS, "stream", () => !Number.isNaN(sentAt));
    check(name, await frame.after(sentAt));
  });
}

/** Bytes of a datagram: seven packets of MPEG-TS. */
const DATAGRAM_BYTES = 7 * 188;

/** What is sent in datagrams, and how they are made of it. */
const DATAGRAMS: Record<string, (options: string[]) => Uint8Array[][]> = {
  "H.264": (options) => live(options).map(slices),
  "MJPEG": (options) => live(options).map(slices),
  "H.264 in MPEG-TS": (options) => live(options).map(slices),
  "H.265 in MPEG-TS": (options) => live(options).map(slices),
  "H.264 in RTP": packets,
};

function slices(piece: Uint8Array): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (let at = 0; at < piece.length; at += DATAGRAM_BYTES) {
    found.push(piece.subarray(at, at + DATAGRAM_BYTES));
  }
  return found;
}

function packets(options: string[]): Uint8Array[][] {
  const from = { ssrc: 1, sequence: 0, timestamp: 0 };
  const packetizer = new RtpH264Packetizer(from);
  const splitter = new AccessUnitSplitter();
  const film = new Uint8Array(encode(PICTURES, options));
  return [...splitter.push(film), ...splitter.flush()].map(({ data }, i) =>
    packetizer.packetize({ data, pts: us(i * 33_333) })
  );
}

for (const [name, datagramsOf] of Object.entries(DATAGRAMS)) {
  test(`camagent recv shows ${name} over UDP soon after its first keyframe`, async () => {
    const pictures = datagramsOf(FORMATS[name] ?? FORMATS["H.264"]!);
    await using receiver = Agent.recv("udp://127.0.0.1:0", "-");
    const frame = new FirstFrame(receiver.stdout);
    const [, port] = await receiver.logs(/waits on \S+:(\d+)/);
    const to = { host: "127.0.0.1", port: Number(port) };
    using socket = new UdpSocket("127.0.0.1", () => {});
    const sentAt = performance.now();
    using _ = send(pictures, (datagrams) => {
      for (const datagram of datagrams) socket.send(datagram, to);
    });
    check(name, await frame.after(sentAt));
  });
}
