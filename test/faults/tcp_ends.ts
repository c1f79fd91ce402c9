/**
 * Two plain ends for a proxy: a target that keeps what connects to it, and a
 * socket that remembers what happened to it.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { until } from "./deadline.ts";
import type { Target } from "./socket_address.ts";

const DEADLINE_MS = 5000;

/** One socket and everything that happened to it. */
export class TcpEnd implements AsyncDisposable {
  /** The socket; reads by itself unless paused. */
  readonly socket: Socket;
  /** Every read, in order. */
  readonly reads: Uint8Array[] = [];
  /** "connect", "end", "close" or a code such as "ECONNRESET", in order. */
  readonly happened: string[] = [];
  /** Bytes received so far. */
  bytes = 0;
  readonly #closed: Promise<void>;

  /** Takes the socket over. */
  constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Uint8Array) => {
      this.reads.push(chunk);
      this.bytes += chunk.length;
    });
    socket.on("connect", () => this.happened.push("connect"));
    socket.on("end", () => this.happened.push("end"));
    socket.on("error", (error: NodeJS.ErrnoException) => {
      this.happened.push(error.code ?? error.message);
    });
    this.#closed = new Promise((resolve) =>
      socket.on("close", () => {
        this.happened.push("close");
        resolve();
      })
    );
  }

  /** Connects to a port of this machine; does not wait for it. */
  static connect(port: number): TcpEnd {
    const options = { host: "127.0.0.1", port, allowHalfOpen: true };
    return new TcpEnd(connect(options));
  }

  /** Everything received so far, as text. */
  get text(): string {
    return Buffer.concat(this.reads).toString("latin1");
  }

  /** Waits until at least so many bytes are there. */
  async untilBytes(bytes: number): Promise<void> {
    const enough = () => this.bytes >= bytes;
    await until(DEADLINE_MS, `${bytes} bytes, only ${this.bytes}`, enough);
  }

  /** Waits until one of `a|b` has happened to the socket. */
  async until(what: string): Promise<void> {
    const wanted = what.split("|");
    const there = () => this.happened.some((it) => wanted.includes(it));
    await until(DEADLINE_MS, what, there);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
    await this.#closed;
  }
}

/** Listens on this machine and keeps every connection. */
export class TcpTarget implements AsyncDisposable {
  /** Connections taken so far. */
  readonly taken: TcpEnd[] = [];
  readonly #server = createServer({ allowHalfOpen: true }, (socket) => {
    this.taken.push(new TcpEnd(socket));
  });

  /** Listens on a free port. */
  static async listen(): Promise<TcpTarget> {
    const target = new TcpTarget();
    await new Promise<void>((resolve) =>
      target.#server.listen(0, "127.0.0.1", resolve)
    );
    return target;
  }

  /** Where it listens. */
  get address(): Target {
    const { port } = this.#server.address() as AddressInfo;
    return { host: "127.0.0.1", port };
  }

  /** Waits for the connection of that number, counted from 0. */
  connection(index: number): Promise<TcpEnd> {
    return until(DEADLINE_MS, "connection", () => this.taken[index]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const end of this.taken) await end[Symbol.asyncDispose]();
    await closed;
  }
}
