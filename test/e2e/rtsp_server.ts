/**
 * An RTSP server that does what it is told, as far as it goes.
 *
 * @module
 */

import type { Buffer } from "node:buffer";
import { createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { RtpH264Packetizer, us } from "../../agent/media/mod.ts";
import { writePackets } from "../../plugins/transport-rtsp/message.ts";
import { SAMPLE } from "../h264_writer.ts";

/** What it does with those who come. */
export type Behaviour =
  /** Accepts, and says nothing. */
  | "silent"
  /** Closes at once. */
  | "closes"
  /** Knows no such stream. */
  | "missing"
  /** Wants a password that nobody has. */
  | "locked"
  /** Answers everything, and sends nothing. */
  | "empty"
  /** Sends one picture, and goes on answering. */
  | "stalls"
  /** Sends everybody to another server. */
  | "leads";

const SDP = [
  ...["v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=x", "c=IN IP4 127.0.0.1", "t=0 0"],
  ...["m=video 0 RTP/AVP 96", "a=rtpmap:96 H264/90000", "a=control:track1", ""],
].join("\r\n");

function packetsOfPicture(): Uint8Array[] {
  return new RtpH264Packetizer({ ssrc: 1, sequence: 1, timestamp: 1 })
    .packetize({ data: SAMPLE, pts: us(0) });
}

/** Listens on this machine. */
export class FakeRtspServer implements AsyncDisposable {
  /** Connections so far. */
  connections = 0;
  /** Requests so far. */
  requests = 0;
  /** The latest of what it was sent, byte by byte. */
  heard = "";
  readonly #behaviour: Behaviour;
  readonly #other: string;
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((socket) => this.#take(socket));

  private constructor(behaviour: Behaviour, other: string) {
    this.#behaviour = behaviour;
    this.#other = other;
  }

  /**
   * Starts to listen on a free port.
   *
   * @param other Where one that leads leads to.
   */
  static async listen(
    behaviour: Behaviour,
    other = "",
  ): Promise<FakeRtspServer> {
    const server = new FakeRtspServer(behaviour, other);
    await new Promise<void>((done) =>
      server.#server.listen(0, "127.0.0.1", done)
    );
    return server;
  }

  /** Where it listens. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((done) => this.#server.close(done));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #take(socket: Socket): void {
    this.connections++;
    this.#sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => this.#sockets.delete(socket));
    if (this.#behaviour === "closes") {
      socket.destroy();
      return;
    }
    let rest = "";
    socket.on("data", (chunk: Buffer) => {
      this.heard = (this.heard + chunk.toString("latin1")).slice(-4096);
      const requests = (rest + String(chunk)).split("\r\n\r\n");
      rest = requests.pop()!;
      for (const request of requests) this.#answer(socket, request);
    });
  }

  #answer(socket: Socket, request: string): void {
    // What is announced has a body, which the next request follows.
    const [, method] = /^(\w+) \S+ RTSP\/1\.0$/m.exec(
      request.replaceAll("\r", ""),
    ) ?? [];
    if (method === undefined) return;
    this.requests++;
    const number = /^CSeq: *(\d+)/im.exec(request)?.[1] ?? "0";
    const say = (status: string, headers: string[] = [], body = "") =>
      socket.write(
        [`RTSP/1.0 ${status}`, `CSeq: ${number}`, ...headers, "", body]
          .join("\r\n"),
      );
    if (this.#behaviour === "silent") return;
    const isFirst = method === "DESCRIBE" || method === "ANNOUNCE";
    if (isFirst && this.#behaviour === "missing") {
      say("404 Not Found");
    } else if (isFirst && this.#behaviour === "locked") {
      say("401 Unauthorized", ['WWW-Authenticate: Basic realm="x"']);
    } else if (isFirst && this.#behaviour === "leads") {
      say("302 Found", [`Location: ${this.#other}`]);
    } else if (method === "DESCRIBE") {
      const length = `Content-Length: ${SDP.length}`;
      say("200 OK", ["Content-Type: application/sdp", length], SDP);
    } else if (method === "SETUP") {
      const transport = /^Transport: *([^\r\n]*)/im.exec(request)?.[1] ?? "";
      const ports = transport.includes("TCP") ? "" : ";server_port=9-10";
      say("200 OK", ["Session: 1", `Transport: ${transport}${ports}`]);
    } else {
      say("200 OK", ["Session: 1", "Public: DESCRIBE, SETUP, PLAY"]);
      const isPlay = method === "PLAY" && this.#behaviour === "stalls";
      if (isPlay) socket.write(writePackets(0, packetsOfPicture()));
    }
  }
}
