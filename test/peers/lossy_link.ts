/**
 * Two receivers behind one bad network, and what they make of it.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { Agent } from "../e2e/agent.ts";
import { wholeFrames } from "../e2e/frames.ts";
import type { UdpFaults } from "../faults/udp_fate.ts";
import { UdpProxy } from "../faults/udp_proxy.ts";
import { UdpSocket } from "../faults/udp_socket.ts";
import { type Clip, FRAME_BYTES } from "./clip.ts";
import { Program } from "./program.ts";
import { freeUdpPort, untilBound } from "./udp_port.ts";

/** What a receiver showed. */
export interface Shown {
  /** Frames. */
  readonly frames: number;
  /** Frames that are none of the film. */
  readonly damaged: number;
}

/** How much faster than in real time a film is sent. */
const RATE = 2;

/** Tells frames apart. */
function digestOf(frame: Uint8Array): string {
  return createHash("sha1").update(frame).digest("base64");
}

/** Digests of what comes out of a stream, as it comes. */
async function gather(stream: NodeJS.ReadableStream): Promise<string[]> {
  const digests: string[] = [];
  try {
    for await (const frame of wholeFrames(stream, FRAME_BYTES)) {
      digests.push(digestOf(frame));
    }
  } catch {
    // It was closed.
  }
  return digests;
}

function judge(digests: readonly string[], clean: ReadonlySet<string>): Shown {
  const damaged = digests.filter((digest) => !clean.has(digest)).length;
  return { frames: digests.length, damaged };
}

/**
 * Has FFmpeg send a film to camagent and to FFmpeg, without options that make
 * it do better: every datagram fares the same on the way to both.
 */
export async function sendOver(
  clip: Clip,
  faults: Partial<UdpFaults>,
  seed: number,
): Promise<{ lost: number; camagent: Shown; ffmpeg: Shown }> {
  const port = freeUdpPort();
  await using plain = new Program(
    [
      ...["ffmpeg", "-v", "fatal", "-f", "h264"],
      ...["-i", `udp://127.0.0.1:${port}?timeout=2000000`],
      ...["-fps_mode", "passthrough", "-pix_fmt", "rgb24"],
      ...["-f", "rawvideo", "pipe:1"],
    ],
    {},
    "bytes",
  );
  await untilBound(port);
  await using receiver = Agent.recv("udp://127.0.0.1:0", "-");
  const [, own] = await receiver.logs(/waits on \S+:(\d+)/);
  const shown = [gather(plain.stdout), gather(receiver.stdout)];
  const targets = [port, Number(own)].map((port) => ({
    host: "127.0.0.1",
    port,
  }));
  using both = new UdpSocket("127.0.0.1", (datagram) => {
    for (const target of targets) both.send(datagram, target);
  });
  const target = { host: "127.0.0.1", port: both.port };
  await using proxy = await UdpProxy.start({ target, seed, faults });
  await using sender = new Program([
    ...["ffmpeg", "-v", "error", "-readrate", `${RATE}`, "-f", "h264"],
    ...["-i", clip.path, "-c", "copy", "-f", "h264"],
    `udp://127.0.0.1:${proxy.port}`,
  ]);
  await sender.end();
  await receiver.says(({ input }) => input.supervisor.state === "stalled");
  // It ends by itself when nothing comes for two seconds.
  await plain.end();
  receiver.kill("SIGTERM");
  const clean = new Set(clip.decode().map(digestOf));
  const [ffmpeg, camagent] = await Promise.all(shown);
  return {
    lost: proxy.fates.filter(({ lost }) => lost !== undefined).length,
    camagent: judge(camagent!, clean),
    ffmpeg: judge(ffmpeg!, clean),
  };
}
