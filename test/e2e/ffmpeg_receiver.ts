/**
 * FFmpeg as a receiver of RTP, to compare with.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { until } from "../faults/deadline.ts";
import { UdpSocket } from "../faults/udp_socket.ts";
import { HASHING, readHashes } from "./clip.ts";

/** FFmpeg needs less than a second, alone on a machine. */
const START_MS = 10_000;

/** Decodes what comes to its port. */
export class FfmpegReceiver implements AsyncDisposable {
  /** Where packets are to go. */
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  #text = "";

  private constructor(folder: string, port: number) {
    this.port = port;
    const path = join(folder, `${port}.sdp`);
    writeFileSync(path, describe(port));
    this.#child = spawn("ffmpeg", [
      ...["-v", "fatal", "-protocol_whitelist", "file,udp,rtp", "-i", path],
      ...HASHING,
    ], { stdio: ["ignore", "pipe", "inherit"] });
    this.#child.stdout!.on("data", (chunk) => this.#text += chunk);
    this.#closed = new Promise((resolve) => this.#child.once("close", resolve));
  }

  /** Starts FFmpeg, and waits until it is bound. */
  static async listen(folder: string): Promise<FfmpegReceiver> {
    const receiver = new FfmpegReceiver(folder, freePort());
    await until(START_MS, "FFmpeg", () => isBound(receiver.port));
    return receiver;
  }

  /** Hashes of all frames so far. */
  get hashes(): string[] {
    return readHashes(this.#text);
  }

  /** Ends it, and has the hashes of what it had not written yet. */
  async end(): Promise<string[]> {
    this.#signal("SIGINT");
    await this.#closed;
    return this.hashes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#signal("SIGKILL");
    await this.#closed;
    this.#child.stdout!.destroy();
  }

  #signal(name: NodeJS.Signals): void {
    const { exitCode, signalCode, pid } = this.#child;
    if (exitCode === null && signalCode === null) process.kill(pid!, name);
  }
}

/** The stream brings its parameter sets along. */
function describe(port: number): string {
  return [
    "v=0",
    "o=- 0 0 IN IP4 127.0.0.1",
    "s=-",
    "c=IN IP4 127.0.0.1",
    "t=0 0",
    `m=video ${port} RTP/AVP 96`,
    "a=rtpmap:96 H264/90000",
    "a=fmtp:96 packetization-mode=1",
    "",
  ].join("\r\n");
}

/** An even one: FFmpeg takes the next one as well. */
function freePort(): number {
  while (true) {
    using socket = new UdpSocket("127.0.0.1", () => {});
    if (socket.port % 2 === 0) return socket.port;
  }
}

/** proc(5): the second column is `address:port`. */
function isBound(port: number): boolean {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")} `;
  return ["udp", "udp6"].some((table) =>
    readFileSync(`/proc/net/${table}`, "latin1").split("\n")
      .some((line) => line.trim().split(/\s+/)[1]?.concat(" ").endsWith(suffix))
  );
}
