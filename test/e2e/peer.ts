/**
 * A sender that nobody here wrote, as far as the receiver can tell: it says
 * what it is told to whoever connects.
 *
 * @module
 */

import { execFileSync } from "node:child_process";
import { createServer, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";

/** What happens on a connection. */
export type Script = (socket: Socket) => void;

/** Listens on this machine. */
export class Peer implements AsyncDisposable {
  /** Connections so far. */
  connections = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #script: Script;

  private constructor(server: Server, script: Script) {
    this.#server = server;
    this.#script = script;
  }

  /** Starts to listen on a free port. */
  static async listen(script: Script): Promise<Peer> {
    const server = createServer();
    const peer = new Peer(server, script);
    server.on("connection", (socket) => peer.#take(socket));
    await new Promise<void>((resolve) =>
      server.listen(0, "127.0.0.1", resolve)
    );
    return peer;
  }

  /** Where it listens, as an address. */
  get address(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `tcp://127.0.0.1:${port}`;
  }

  /** Does something else on the next connections. */
  become(script: Script): void {
    this.#script = script;
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #take(socket: Socket): void {
    this.connections++;
    this.#sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => this.#sockets.delete(socket));
    socket.resume();
    this.#script(socket);
  }
}

/** Encodes a test picture as other senders do, without delimiters. */
export function encode(
  size: string,
  frames: number,
  ...options: string[]
): Uint8Array {
  return execFileSync("ffmpeg", [
    ...["-v", "error", "-f", "lavfi", "-i", `testsrc2=size=${size}:rate=30`],
    ...["-frames:v", `${frames}`, "-c:v", "libx264", "-preset", "ultrafast"],
    ...["-tune", "zerolatency", "-g", "15", "-pix_fmt", "yuv420p"],
    ...options,
    ...["-f", "h264", "-"],
  ], { maxBuffer: 1 << 26 });
}
