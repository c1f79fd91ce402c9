/**
 * A session: one client that watches one stream, or is about to.
 *
 * @module
 */

import type { Milliseconds, PluginHost } from "../../../mod.ts";
import type { PortPair, TransportOffer } from "../transport_header.ts";
import { writePackets } from "../message.ts";
import { newSender, sendDatagrams } from "./datagrams.ts";
import type { ServerPorts } from "./ports.ts";
import type { ServedStream } from "./stream.ts";

/** What a session tells its client that it keeps without a sign of life. */
export const SESSION_TIMEOUT_MS = 60_000;

/**
 * The same once its connection is gone: players report every 5 s (RFC 3550,
 * section 6.2), and one that was killed is not to be sent to for a minute.
 */
const ORPHANED_MS = 10_000;

/** A connection, as far as its session uses it. */
export interface SessionConnection extends AsyncDisposable {
  /** `host:port` of the client. */
  readonly peer: string;
  /** Numeric address of the client. */
  readonly peerHost: string;
  readonly isOpen: boolean;
  /** Resolves when the system has taken the bytes, in the order of the calls. */
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
}

/** How a session's packets go. */
export type SessionWay =
  | { readonly type: "tcp"; readonly channels: PortPair }
  | {
    readonly type: "udp";
    readonly ports: ServerPorts;
    readonly clientPorts: PortPair;
  }
  | { readonly type: "multicast" };

/** Plays and pauses. Disposing ends it. */
export class ServerSession implements AsyncDisposable {
  /** 122 random bits: who knows it may end the session. */
  readonly id: string = crypto.randomUUID().replaceAll("-", "");
  readonly stream: ServedStream;
  readonly way: SessionWay;
  readonly #host: Pick<PluginHost, "udp" | "media">;
  readonly #sender;
  /** Called when the stream has ended, or broken. */
  readonly #onEnd: (session: ServerSession) => void;
  #connection: SessionConnection;
  #seenAt: Milliseconds;
  /** Will play again, as far as anybody knows. */
  #isPaused = false;
  #playing: { stop: AbortController; done: Promise<void> } | undefined;

  /** Plays nothing yet. */
  constructor(
    stream: ServedStream,
    way: SessionWay,
    connection: SessionConnection,
    { onEnd, ...host }: Pick<PluginHost, "udp" | "media"> & {
      readonly onEnd: (session: ServerSession) => void;
    },
  ) {
    this.stream = stream;
    this.way = way;
    this.#connection = connection;
    this.#host = host;
    this.#onEnd = onEnd;
    this.#sender = newSender(host.media);
    this.#seenAt = stream.context.runtime.now();
  }

  /** Over which its client was heard last. */
  get connection(): SessionConnection {
    return this.#connection;
  }

  /** Its client goes on over another connection; packets go in datagrams. */
  moveTo(connection: SessionConnection): void {
    this.#connection = connection;
  }

  /** Whether it sends. */
  get isPlaying(): boolean {
    return this.#playing !== undefined;
  }

  /** Number of the packet that comes next; of a group nobody can tell. */
  get sequence(): number | undefined {
    return this.way.type === "multicast" ? undefined : this.#sender.sequence;
  }

  /** How packets go, as the client is told. */
  get transport(): Omit<TransportOffer, "mode"> {
    const { way, stream: { group } } = this;
    const { ssrc } = this.#sender;
    if (way.type === "tcp") {
      const { channels } = way;
      return { lower: "tcp", multicast: false, interleaved: channels, ssrc };
    }
    if (way.type === "udp") {
      const { clientPorts: clientPort, ports } = way;
      const serverPort = ports.pair.numbers;
      return { lower: "udp", multicast: false, clientPort, serverPort, ssrc };
    }
    const { target: { host: destination, port }, ttl } = group!;
    const ports = [port, port + 1] as const;
    return { lower: "udp", multicast: true, destination, port: ports, ttl };
  }

  /** Whether datagrams to these ports of a client are its own. */
  sendsTo(host: string, port: number): boolean {
    return this.way.type === "udp" && this.connection.peerHost === host &&
      this.way.clientPorts[1] === port;
  }

  /** The client has shown that it is there. */
  touch(): void {
    this.#seenAt = this.stream.context.runtime.now();
  }

  /** Whether the client has not been seen for too long. */
  isExpired(now: Milliseconds): boolean {
    const { connection, way } = this;
    // A connection that takes what is sent is a sign of life.
    if (connection.isOpen && way.type === "tcp" && this.isPlaying) return false;
    const limit = connection.isOpen ? SESSION_TIMEOUT_MS : ORPHANED_MS;
    return now - this.#seenAt > limit;
  }

  /** Sends from the pictures of now on. */
  play(): void {
    if (this.#playing !== undefined) return;
    this.#isPaused = false;
    const stop = new AbortController();
    const playing = { stop, done: this.#play(stop.signal) };
    this.#playing = playing;
    playing.done.finally(() => {
      if (this.#playing === playing) this.#playing = undefined;
    });
  }

  /** Stops, and stays. */
  async pause(): Promise<void> {
    this.#isPaused = true;
    await this.#stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop();
  }

  async #stop(): Promise<void> {
    const playing = this.#playing;
    playing?.stop.abort();
    await playing?.done;
  }

  async #play(stop: AbortSignal): Promise<void> {
    const { context } = this.stream;
    const { log } = context;
    const signal = AbortSignal.any([context.signal, stop]);
    const { peer } = this.connection;
    log.info(`${peer} watches over ${this.way.type}`);
    let why = "was disconnected";
    try {
      await this.#send(signal);
      if (!signal.aborted) why = "has everything";
      else if (!context.signal.aborted) why = "watches no more";
    } catch (error) {
      const { message } = error instanceof Error
        ? error
        : new Error(`${error}`);
      why = this.connection.isOpen ? message : "left";
    }
    log.info(`${peer} ${why}`);
    if (!stop.aborted) this.#onEnd(this);
  }

  async #send(signal: AbortSignal): Promise<void> {
    const { way, stream: { viewers, context, group } } = this;
    const around = { ...context, signal };
    if (way.type === "tcp") return await this.#sendInterleaved(way, signal);
    if (way.type === "udp") {
      const [port, reportPort] = way.clientPorts;
      const { packets: socket, reports } = way.ports.pair;
      const target = { socket, host: this.connection.peerHost, port };
      const host = { ...this.#host, sender: this.#sender };
      const isPaused = () => this.#isPaused;
      const to = { target, reports, reportPort, isPaused };
      return await sendDatagrams(to, viewers, around, host);
    }
    await using _ = group!.join();
    await new Promise((resolve) => {
      signal.addEventListener("abort", resolve);
      if (signal.aborted) resolve(undefined);
    });
  }

  async #sendInterleaved(
    { channels: [packets, reports] }: { readonly channels: PortPair },
    signal: AbortSignal,
  ): Promise<void> {
    const { connection, stream: { viewers, context: { runtime } } } = this;
    using viewer = viewers.open(connection.peer);
    const stop = () => viewer[Symbol.dispose]();
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
    const sender = this.#sender;
    try {
      for await (const unit of viewer.units) {
        await connection.write(writePackets(packets, sender.packetize(unit)));
        await report(sender.report(runtime.now(), runtime.wallClock()));
      }
      if (!this.#isPaused) await report(sender.goodbye(runtime.wallClock()));
    } finally {
      signal.removeEventListener("abort", stop);
    }

    async function report(bytes: Uint8Array<ArrayBuffer> | undefined) {
      if (bytes === undefined) return;
      await connection.write(writePackets(reports, [bytes]));
    }
  }
}
