/**
 * TCP connections and listeners.
 *
 * @module
 */

import { connect, createServer, type Server, type Socket } from "node:net";
import { ConfigError, StreamError } from "../errors.ts";
import type {
  DialOptions,
  ListenOptions,
  TcpConnection,
  TcpListener,
} from "../plugin/runtime.ts";
import { Queue } from "./queue.ts";
import { boundSendBuffer } from "./socket_options.ts";

/**
 * Chunks that may wait before the socket is no longer read, so that a burst
 * stays with the sender: about a quarter of a second of 1080p in 64 KiB reads.
 */
const MAX_WAITING_CHUNKS = 8;

/** Opens a connection. */
export async function dialTcp(options: DialOptions): Promise<TcpConnection> {
  const { host, port, signal, timeout } = options;
  signal.throwIfAborted();
  const socket = connect({ host, port, noDelay: true });
  const fail = (why: string, cause?: unknown) =>
    new StreamError("refused", `Cannot connect to ${host}:${port}: ${why}`, {
      cause,
    });
  let stop: (() => void) | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", (error) => reject(fail(causeOf(error), error)));
      stop = () => reject(signal.reason);
      signal.addEventListener("abort", stop, { once: true });
      timer = setTimeout(
        () => reject(fail(`no answer within ${timeout} ms`)),
        timeout,
      );
    });
  } catch (error) {
    socket.on("error", () => {});
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop!);
  }
  return new Connection(socket);
}

/** Starts to listen. */
export async function listenTcp(options: ListenOptions): Promise<TcpListener> {
  const { host, port, sendBuffer } = options;
  const server = createServer({ noDelay: true });
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("listening", resolve);
      server.once("error", reject);
      server.listen({ host, port });
    });
  } catch (error) {
    const where = `${host.includes(":") ? `[${host}]` : host}:${port}`;
    throw new ConfigError(`Cannot listen on ${where}: ${causeOf(error)}`, {
      exitCode: codeOf(error) === "EACCES" ? 77 : 69,
      cause: error,
    });
  }
  const listener = new Listener(server);
  if (sendBuffer !== undefined) boundSendBuffer(listener.port, sendBuffer);
  return listener;
}

class Listener implements TcpListener {
  readonly port: number;
  readonly connections = new Queue<TcpConnection>();
  readonly #server: Server;

  constructor(server: Server) {
    this.#server = server;
    const address = server.address();
    this.port = typeof address === "object" ? address?.port ?? 0 : 0;
    server.on("connection", (socket) => {
      this.connections.push(new Connection(socket));
    });
    server.on("error", (error) => this.connections.end(error));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.connections.end();
    // close() waits for the connections, which belong to others.
    this.#server.close();
    await Promise.resolve();
  }
}

class Connection implements TcpConnection {
  readonly peer: string;
  readonly peerHost: string;
  readonly #socket: Socket;
  readonly #chunks = new Queue<Uint8Array<ArrayBuffer>>();
  #failure: Error | undefined;
  #reading = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.peerHost = (socket.remoteAddress ?? "").replace(/^::ffff:/, "");
    const host = this.peerHost.includes(":")
      ? `[${this.peerHost}]`
      : this.peerHost;
    this.peer = `${host}:${socket.remotePort}`;
    socket.on("error", (error) => this.#failure ??= error);
    socket.on("end", () => this.#chunks.end());
    socket.on("close", () => this.#chunks.end(this.#lost()));
  }

  get chunks(): AsyncIterable<Uint8Array<ArrayBuffer>> {
    return this.#read();
  }

  write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    return new Promise((resolve, reject) => {
      const lost = (error?: Error | null) => {
        this.#failure ??= error ?? undefined;
        reject(this.#lost());
      };
      if (!this.#socket.writable) return lost();
      // A destroyed socket may never call back.
      this.#socket.once("close", lost);
      this.#socket.write(bytes, (error) => {
        this.#socket.off("close", lost);
        if (error) lost(error);
        else resolve();
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#chunks.end();
    this.#socket.destroy();
    await Promise.resolve();
  }

  async *#read(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    const socket = this.#socket;
    if (!this.#reading) {
      this.#reading = true;
      socket.on("data", (chunk: Uint8Array<ArrayBuffer>) => {
        this.#chunks.push(chunk);
        if (this.#chunks.size >= MAX_WAITING_CHUNKS) socket.pause();
      });
    }
    for await (const chunk of this.#chunks) {
      yield chunk;
      if (this.#chunks.size === 0 && socket.isPaused()) socket.resume();
    }
  }

  #lost(): StreamError {
    const why = this.#failure ? causeOf(this.#failure) : "closed";
    return new StreamError("lost", `Lost ${this.peer}: ${why}`, {
      cause: this.#failure,
    });
  }
}

const CAUSES: Record<string, string> = {
  EACCES: "not permitted; ports below 1024 need root",
  EADDRINUSE: "the port is in use; stop the other program or choose another",
  EADDRNOTAVAIL: "the address is not one of this machine's",
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset",
  EHOSTUNREACH: "host unreachable",
  ENETUNREACH: "network unreachable",
  ENOTFOUND: "no such host",
  EAI_AGAIN: "name server does not answer",
  EPIPE: "connection closed",
  ETIMEDOUT: "timed out",
};

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

/** What happened, in words, from the code that both runtimes give. */
function causeOf(error: unknown): string {
  const nested = error instanceof AggregateError ? error.errors[0] : error;
  const fallback = nested instanceof Error ? nested.message : String(nested);
  return CAUSES[codeOf(nested)] ?? CAUSES[codeOf(error)] ?? fallback;
}
