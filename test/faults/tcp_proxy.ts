/**
 * A TCP proxy that misbehaves on command, between a sender and a receiver on
 * this machine. Downstream is towards whoever connected to the proxy.
 *
 * @module
 */

import { createServer, type Server, type Socket } from "node:net";
import { performance } from "node:perf_hooks";
import { Pacer } from "./pacer.ts";
import { Random } from "../random.ts";
import { until } from "./deadline.ts";
import {
  boundReadAhead,
  dialSmall,
  isListening,
  listenSmall,
} from "./small_socket.ts";
import type { Target } from "./socket_address.ts";
import { type Cut, ProxiedConnection } from "./tcp_connection.ts";
import { CHUNK_BYTES, type LaneFaults } from "./tcp_lane.ts";

/**
 * The most that the proxy and its sockets take of one direction that stands
 * still, without a delay. Measured, by size of the sender's writes: 5.5 to
 * 10.1 kB in Deno 2.9.6 and Bun 1.4.5, either way, on Linux 6.18, which is
 * 80 ms at 1 Mbit/s; an ordinary loopback connection takes 4 MB. Without a cap
 * 50 MB/s pass.
 */
export const ABSORBED_BYTES = 16_384;

/** How a proxy is started. */
export interface TcpProxyOptions {
  /** Where the sender under test listens. */
  target: Target;
  /** Seed of the delay's spread; omit for this run's seed. */
  seed?: number;
}

/** Something that happened. */
export interface ProxyEvent {
  /** Milliseconds since the proxy was started. */
  readonly atMs: number;
  /** Such as "connected" or "target: ECONNRESET". */
  readonly what: string;
}

/** What becomes of a new connection. */
type Welcome = "forward" | "silence" | "refuse";

/** Listens on 127.0.0.1 and forwards to the target, as well as it is let. */
export class TcpProxy implements AsyncDisposable {
  /** The port that receivers connect to; stays the same. */
  readonly port: number;
  /** What its random draws started from. */
  readonly seed: number;
  /** Connections taken since the start. */
  connections = 0;
  /** Bytes forwarded to receivers since the start. */
  bytesDown = 0;
  /** Bytes forwarded to the target since the start. */
  bytesUp = 0;
  /** What happened, oldest first. */
  readonly events: ProxyEvent[] = [];

  readonly #startedAt = performance.now();
  readonly #random: Random;
  readonly #down: LaneFaults = { stalled: false, pacer: new Pacer() };
  readonly #up: LaneFaults = { stalled: false, pacer: new Pacer() };
  readonly #open = new Map<Socket, ProxiedConnection | undefined>();
  readonly #running = new Set<Promise<void>>();
  #server: Server;
  #target: Target;
  #welcome: Welcome = "forward";
  #nextCut: { bytes: number; how: Cut } | undefined;

  private constructor(
    server: Server,
    port: number,
    { target, seed }: TcpProxyOptions,
  ) {
    this.#server = server;
    this.port = port;
    this.#target = target;
    this.#random = new Random(seed);
    this.seed = this.#random.seed;
  }

  /** Starts a proxy without a fault. */
  static async start(options: TcpProxyOptions): Promise<TcpProxy> {
    const server = newServer();
    const proxy = new TcpProxy(server, await listenSmall(server, 0), options);
    server.on("connection", (client) => proxy.#take(client));
    return proxy;
  }

  /** Connections that are open now, silent ones included. */
  get open(): number {
    return this.#open.size;
  }

  /**
   * Caps each direction, all connections together; omit to lift the cap.
   * Measured: within 0.5 % from 20 kB/s to 1 MB/s, in steps of 10 ms.
   */
  rate(bytesPerSecond?: number): void {
    const now = performance.now();
    this.#down.pacer.setRate(bytesPerSecond, now);
    this.#up.pacer.setRate(bytesPerSecond, now);
    this.#changed(`rate ${bytesPerSecond ?? "free"}`);
  }

  /** Stops reading and writing both ways; connections stay open. */
  stall(): void {
    this.#down.stalled = this.#up.stalled = true;
    this.#changed("stalled");
  }

  /** Ends a stall. */
  resume(): void {
    this.#down.stalled = this.#up.stalled = false;
    this.#changed("resumed");
  }

  /** Holds every chunk back for `ms` ± `spreadMs`, evenly spread, in order. */
  delay(ms: number, spreadMs = 0): void {
    const draw = () => ms + spreadMs * (2 * this.#random.next() - 1);
    this.#down.delay = this.#up.delay = ms > 0 ? draw : undefined;
    this.#changed(`delay ${ms} ms`);
  }

  /** Writes `bytes` at a time, in segments of their own; 0 ends that. */
  dribble(bytes = 1): void {
    this.#down.dribble = this.#up.dribble = bytes || undefined;
    this.#changed(`dribble ${bytes}`);
  }

  /** Sends RST to both sides of every connection. */
  reset(): void {
    this.#log("reset");
    for (const [client, connection] of this.#open) {
      if (connection) connection.reset();
      else client.resetAndDestroy();
    }
  }

  /** Sends FIN to the receivers only; the target's bytes are thrown away. */
  halfClose(): void {
    this.#log("half-closed");
    for (const connection of this.#open.values()) connection?.halfClose();
  }

  /**
   * Cuts after exactly `bytes` more bytes downstream: every open connection,
   * or, if there is none, the next one. All of these bytes arrive.
   */
  cutAt(bytes: number, how: Cut = "reset"): void {
    const open = [...this.#open.values()].filter((c) => c !== undefined);
    for (const connection of open) connection.cutAfter(bytes, how);
    if (open.length === 0) this.#nextCut = { bytes, how };
  }

  /** Refuses new connections until `accept()`; open ones go on. */
  async refuse(): Promise<void> {
    this.#log("refusing");
    if (this.#welcome === "refuse") return;
    this.#welcome = "refuse";
    this.#server.close();
    await until(1000, "closed listener", () => !isListening(this.port));
  }

  /** Takes new connections, and never reads, writes or forwards them. */
  async acceptThenSilence(): Promise<void> {
    await this.#listen();
    this.#welcome = "silence";
    this.#log("silent");
  }

  /** Takes and forwards new connections again, on the same port. */
  async accept(): Promise<void> {
    await this.#listen();
    this.#welcome = "forward";
    this.#log("accepting");
  }

  /** Forwards new connections elsewhere; open ones stay where they are. */
  retarget(target: Target): void {
    this.#target = target;
    this.#log(`target ${target.host}:${target.port}`);
  }

  /** Closes everything, and waits until it is closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.reset();
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  async #listen(): Promise<void> {
    if (this.#welcome !== "refuse") return;
    this.#server = newServer();
    this.#server.on("connection", (client) => this.#take(client));
    await listenSmall(this.#server, this.port);
  }

  #take(client: Socket): void {
    this.connections++;
    boundReadAhead(client, CHUNK_BYTES);
    const running = this.#welcome === "silence"
      ? this.#keepSilent(client)
      : this.#forward(client);
    this.#open.set(client, undefined);
    const done = running.then(() => {
      this.#open.delete(client);
      this.#running.delete(done);
    });
    this.#running.add(done);
  }

  async #keepSilent(client: Socket): Promise<void> {
    this.#log("taken in silence");
    client.on("error", () => {});
    await closed(client);
  }

  async #forward(client: Socket): Promise<void> {
    const clientClosed = closed(client);
    const ignore = () => {};
    client.on("error", ignore);
    let upstream: Socket;
    try {
      upstream = await dialSmall(this.#target, CHUNK_BYTES);
    } catch (error) {
      this.#log(String(error));
      client.resetAndDestroy();
      return await clientClosed;
    }
    if (client.destroyed) {
      const upstreamClosed = closed(upstream.on("error", ignore));
      upstream.resetAndDestroy();
      await Promise.all([clientClosed, upstreamClosed]);
      return;
    }
    client.off("error", ignore);
    const faults = { down: this.#down, up: this.#up };
    const connection = new ProxiedConnection(client, upstream, faults, {
      down: (bytes) => this.bytesDown += bytes,
      up: (bytes) => this.bytesUp += bytes,
      event: (what) => this.#log(what),
    });
    this.#open.set(client, connection);
    this.#log("connected");
    if (this.#nextCut) {
      connection.cutAfter(this.#nextCut.bytes, this.#nextCut.how);
      this.#nextCut = undefined;
    }
    await connection.run();
    this.#log("closed");
  }

  #changed(what: string): void {
    this.#log(what);
    for (const connection of this.#open.values()) connection?.wake();
  }

  #log(what: string): void {
    this.events.push({ atMs: performance.now() - this.#startedAt, what });
  }
}

function newServer(): Server {
  return createServer({ allowHalfOpen: true });
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once("close", () => resolve()));
}
