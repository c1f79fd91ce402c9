/**
 * Opens and accepts TCP connections.
 *
 * @module
 */

import {
  type AddressInfo,
  connect,
  createServer,
  isIP,
  type Server,
  type Socket,
} from "node:net";
import { Server as TlsServer } from "node:tls";
import { ConfigError, StreamError } from "../errors.ts";
import { hostAndPort } from "../media/address.ts";
import type {
  DialOptions,
  ListenOptions,
  TcpConnection,
  TcpListener,
} from "../plugin/runtime.ts";
import { causeOf, codeOf, listenCauseOf } from "./system_error.ts";
import { Queue } from "./queue.ts";
import { boundConnection, boundListener } from "./socket_options.ts";
import { connectTls, createTlsServer, distrustOf } from "./tls.ts";
import { Connection } from "./tcp_connection.ts";

/** Opens a connection. */
export async function dialTcp(options: DialOptions): Promise<TcpConnection> {
  const { host, port, signal, sendBuffer } = options;
  signal.throwIfAborted();
  const socket = options.tls === undefined
    ? connect({ host, port, noDelay: true })
    : connectTls(host, port, options.tls);
  // Kept for good: an error that nobody listens for ends the process.
  socket.on("error", () => {});
  try {
    await connected(socket, options);
  } catch (error) {
    socket.destroy();
    throw error;
  }
  if (sendBuffer !== undefined) {
    boundConnection(socket.localPort!, socket.remotePort!, sendBuffer);
  }
  const connection = new Connection(socket);
  const close = () => void connection[Symbol.asyncDispose]();
  signal.addEventListener("abort", close);
  socket.once("close", () => signal.removeEventListener("abort", close));
  if (signal.aborted) close();
  return connection;
}

async function connected(
  socket: Socket,
  { host, port, signal, timeout, tls }: DialOptions,
): Promise<void> {
  const answered = Promise.withResolvers<void>();
  const fail = (why: string, cause?: unknown) => {
    const message = `Cannot connect to ${hostAndPort(host, port)}: ${why}`;
    answered.reject(new StreamError("refused", message, { cause }));
  };
  const stop = () => answered.reject(signal.reason);
  const timer = setTimeout(
    () => fail(`no answer within ${timeout} ms`),
    timeout,
  );
  signal.addEventListener("abort", stop);
  socket.once(tls === undefined ? "connect" : "secureConnect", () => {
    const why = distrustOf(socket, tls?.fingerprint);
    if (why === undefined) answered.resolve();
    else fail(why);
  });
  socket.once("error", (error) => fail(causeOf(error), error));
  try {
    await answered.promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}

/** Starts to listen. */
export async function listenTcp(options: ListenOptions): Promise<TcpListener> {
  const { host, port, sendBuffer, tls } = options;
  const server = tls === undefined
    ? createServer({ noDelay: true })
    : createTlsServer(tls);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("listening", resolve);
      server.once("error", reject);
      server.listen({ host, port });
    });
  } catch (error) {
    const why = listenCauseOf(error, isIP(host) !== 0);
    throw new ConfigError(
      `Cannot listen on ${hostAndPort(host, port)}: ${why}`,
      {
        exitCode: codeOf(error) === "EACCES" ? 77 : 69,
        cause: error,
      },
    );
  }
  const listener = new Listener(server);
  if (sendBuffer !== undefined) boundListener(listener.port, sendBuffer);
  return listener;
}

class Listener implements TcpListener {
  readonly port: number;
  readonly connections = new Queue<TcpConnection>();
  readonly #server: Server;

  constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    // Of TLS those that have shaken hands; the event has the socket as well.
    const event = server instanceof TlsServer
      ? "secureConnection"
      : "connection";
    server.on(event, (socket: Socket) => {
      const connection = new Connection(socket);
      if (!this.connections.push(connection)) socket.destroy();
    });
    server.on("error", (cause) => {
      const why = `Lost the listener on port ${this.port}: ${causeOf(cause)}`;
      this.connections.end(new StreamError("lost", why, { cause }));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // close() waits for the connections that others have taken.
    this.#server.close();
    const untaken = this.connections.drain();
    this.connections.end();
    await Promise.all(
      untaken.map((connection) => connection[Symbol.asyncDispose]()),
    );
  }
}
