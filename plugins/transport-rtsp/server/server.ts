/**
 * A port at which streams are served.
 *
 * @module
 */

import type {
  Identity,
  PluginHost,
  Runtime,
  SendContext,
  TcpConnection,
  TcpListener,
} from "../../../mod.ts";
import { UdpPair } from "../port_pair.ts";
import { GuessQueue } from "./access.ts";
import { ServerConnection } from "./connection.ts";
import { Methods, type Service } from "./methods.ts";
import { ServerPorts } from "./ports.ts";
import type { ServerSession } from "./session.ts";
import type { ServedStream, ServeOptions } from "./stream.ts";

/** What the server needs of the host. */
export type ServerHost = Pick<
  PluginHost,
  "udp" | "media" | "ConfigError" | "StreamError"
>;

/** How often it is looked who has gone. */
const CHECK_MS = 1000;

/** Connections beyond one for each viewer: of those who only ask. */
const SPARE_CONNECTIONS = 64;

/** The same of one address that is not ours. */
const SPARE_PER_ADDRESS = 8;

/** A line about the same client and the same trouble is not logged again. */
const QUIET_MS = 60_000;

/** Clients of which is known what was logged about them. */
const MAX_COMPLAINTS = 256;

/** Where a server listens. */
export interface ServerPlace {
  readonly host: string;
  readonly port: number;
  readonly tls: Identity | undefined;
}

/** Serves streams to whoever connects. Disposing ends it. */
export class RtspServer implements Service, AsyncDisposable {
  /** Rejects when the port is lost. */
  readonly lost: Promise<never>;
  readonly sessions = new Map<string, ServerSession>();
  readonly isEncrypted: boolean;
  readonly guesses: GuessQueue = new GuessQueue();
  readonly #host: ServerHost;
  readonly #place: ServerPlace;
  readonly #runtime: Runtime;
  readonly #listener: TcpListener;
  readonly #streams = new Map<string, ServedStream>();
  readonly #ports = new Map<string, Promise<ServerPorts>>();
  readonly #serving = new Map<
    ServerConnection,
    { methods: Methods; done: Promise<void> }
  >();
  readonly #complaints = new Map<string, number>();
  readonly #over = new AbortController();
  readonly #watching: Promise<void>;

  private constructor(
    listener: TcpListener,
    place: ServerPlace,
    runtime: Runtime,
    host: ServerHost,
  ) {
    this.#listener = listener;
    this.#place = place;
    this.#runtime = runtime;
    this.#host = host;
    this.isEncrypted = place.tls !== undefined;
    this.lost = this.#accept();
    // Streams that are served hear of it.
    this.lost.catch(() => {});
    this.#watching = this.#watch();
  }

  /**
   * Starts to listen.
   *
   * @throws {ConfigError} If the port is taken, or the address is not ours.
   */
  static async listen(
    place: ServerPlace,
    { runtime, options: { sendBuffer } }: SendContext<ServeOptions>,
    host: ServerHost,
  ): Promise<RtspServer> {
    const listener = await runtime.listenTcp({ ...place, sendBuffer });
    return new RtspServer(listener, place, runtime, host);
  }

  /** Where it listens, also where 0 was asked for. */
  get port(): number {
    return this.#listener.port;
  }

  /**
   * Serves a stream until that is disposed of.
   *
   * @throws {ConfigError} If there is one at its path.
   */
  add(stream: ServedStream): AsyncDisposable {
    const { path, context: { address: { redacted } } } = stream;
    if (this.#streams.has(path)) {
      throw new this.#host.ConfigError(
        `Cannot serve "${redacted}": another stream is served there`,
      );
    }
    this.#streams.set(path, stream);
    const remove = async () => {
      this.#streams.delete(path);
      const own = [...this.sessions.values()]
        .filter((session) => session.stream === stream);
      await Promise.all(own.map((session) => this.close(session)));
    };
    return { [Symbol.asyncDispose]: remove };
  }

  find(path: string): ServedStream | undefined {
    return this.#streams.get(path);
  }

  ports(peerHost: string): Promise<ServerPorts> {
    const { host } = this.#place;
    const any = peerHost.includes(":") ? "::" : "0.0.0.0";
    const { media } = this.#host;
    // A name may stand for addresses of both families.
    const isOne = media.parseIpAddress(host) && !media.isWildcard(host);
    const bound = isOne ? host : any;
    const open = this.#ports.get(bound) ?? this.#openPorts(bound);
    this.#ports.set(bound, open);
    open.catch(() => this.#ports.delete(bound));
    return open;
  }

  async #openPorts(host: string): Promise<ServerPorts> {
    const pair = await UdpPair.open(host, this.#runtime, this.#host);
    return new ServerPorts(pair, (from) => {
      for (const session of this.sessions.values()) {
        if (session.sendsTo(from.host, from.port)) session.touch();
      }
    });
  }

  async end(session: ServerSession): Promise<void> {
    if (!this.sessions.delete(session.id)) return;
    await session[Symbol.asyncDispose]();
  }

  async close(session: ServerSession): Promise<void> {
    const { way, connection } = session;
    // First: what it does not read would be waited for.
    if (way.type === "tcp") await connection[Symbol.asyncDispose]();
    await this.end(session);
  }

  refused({ peer, peerHost }: ServerConnection, why: string): void {
    this.#complain(peerHost, `refused ${peer}: ${why}`, why);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    await this.#listener[Symbol.asyncDispose]();
    const sessions = [...this.sessions.values()];
    await Promise.all(sessions.map((session) => this.close(session)));
    for (const connection of this.#serving.keys()) {
      await connection[Symbol.asyncDispose]();
    }
    await Promise.all([...this.#serving.values()].map(({ done }) => done));
    for (const ports of this.#ports.values()) {
      await (await ports)[Symbol.asyncDispose]();
    }
    await this.#watching;
  }

  async #accept(): Promise<never> {
    for await (const connection of this.#listener.connections) {
      const why = this.#refusal(connection);
      if (why === undefined) this.#serve(connection);
      else {
        const { peer, peerHost } = connection;
        this.#complain(peerHost, `refused ${peer}: ${why}`, why);
        await connection[Symbol.asyncDispose]();
      }
    }
    const { StreamError } = this.#host;
    throw new StreamError("lost", `Lost port ${this.port}: it was closed`);
  }

  #refusal({ peerHost }: TcpConnection): string | undefined {
    const connections = [...this.#serving.keys()];
    const most = (name: "maxViewers" | "maxPerAddress") =>
      [...this.#streams.values()]
        .reduce((sum, { context: { options } }) => sum + options[name], 0);
    if (connections.length >= most("maxViewers") + SPARE_CONNECTIONS) {
      return "there are too many connections";
    }
    const same = connections.filter((other) => other.peerHost === peerHost);
    const isOurs = this.#host.media.isLoopback(peerHost);
    return isOurs || same.length < most("maxPerAddress") + SPARE_PER_ADDRESS
      ? undefined
      : "there are too many connections from its address";
  }

  #serve(accepted: TcpConnection): void {
    const host = this.#host;
    const connection = new ServerConnection(accepted, this.#runtime, host);
    const methods = new Methods(connection, this, host);
    const done = connection.run(methods)
      .catch((error) =>
        this.refused(connection, error instanceof Error ? error.message : error)
      )
      .then(() => this.#left(methods))
      .finally(() => this.#serving.delete(connection));
    this.#serving.set(connection, { methods, done });
  }

  /** What goes in datagrams may go on over another connection. */
  async #left({ session }: Methods): Promise<void> {
    if (session?.way.type === "tcp") await this.end(session);
    else session?.touch();
  }

  async #watch(): Promise<void> {
    const { signal } = this.#over;
    while (!signal.aborted) {
      const check = this.#host.media.ms(CHECK_MS);
      await this.#runtime.sleep(check, signal).catch(() => {});
      const now = this.#runtime.now();
      for (const session of this.sessions.values()) {
        if (session.isExpired(now)) this.#expire(session);
      }
      for (const [connection, { methods }] of this.#serving) {
        const isIdle = methods.session === undefined;
        const why = connection.complaint(now, isIdle);
        if (why === undefined) continue;
        this.#complain(connection.peerHost, `${connection.peer} ${why}`, why);
        void connection[Symbol.asyncDispose]();
      }
    }
  }

  #expire(session: ServerSession): void {
    session.stream.context.log.info(
      `${session.connection.peer} has shown no sign of life`,
    );
    void this.end(session);
  }

  /** Logs, but not the same again and again. */
  #complain(host: string, line: string, why: string): void {
    const key = `${host} ${why}`;
    const now = this.#runtime.now();
    const before = this.#complaints.get(key) ?? -Infinity;
    if (now - before < QUIET_MS) return;
    if (this.#complaints.size >= MAX_COMPLAINTS) this.#complaints.clear();
    this.#complaints.set(key, now);
    const [stream] = this.#streams.values();
    stream?.context.log.warn(line);
  }
}
