/**
 * What a server does with each request of one client.
 *
 * @module
 */

import type { PluginHost } from "../../../mod.ts";
import { TRACK } from "../address.ts";
import type { Credentials } from "../credentials.ts";
import type { RtspRequest } from "../message.ts";
import {
  readTransports,
  type TransportOffer,
  writeTransport,
} from "../transport_header.ts";
import { Guard, type GuessQueue } from "./access.ts";
import type {
  Answer,
  ConnectionHandler,
  ServerConnection,
} from "./connection.ts";
import type { ServerPorts } from "./ports.ts";
import {
  ServerSession,
  SESSION_TIMEOUT_MS,
  type SessionWay,
} from "./session.ts";
import { Refusal, type Status } from "./status.ts";
import type { ServedStream } from "./stream.ts";
import { readRequestUrl, type RequestedStream } from "./url.ts";

/** What one client has to do with the others, and with what is served. */
export interface Service {
  readonly sessions: Map<string, ServerSession>;
  /** The stream at a path. */
  find(path: string): ServedStream | undefined;
  /** Where datagrams for a client come from. */
  ports(peerHost: string): Promise<ServerPorts>;
  /** Whether what is said could be listened to. */
  readonly isEncrypted: boolean;
  /** Ends a session; its client may begin another. */
  end(session: ServerSession): Promise<void>;
  /** Ends a session, and the connection if packets go in that. */
  close(session: ServerSession): Promise<void>;
  /** Who may be guessing passwords. */
  readonly guesses: GuessQueue;
  /** A client was refused. */
  refused(connection: ServerConnection, why: string): void;
}

/** RTSP over HTTP, publishing and the like are for other servers. */
const METHODS = [
  "OPTIONS",
  "DESCRIBE",
  "SETUP",
  "PLAY",
  "PAUSE",
  "GET_PARAMETER",
  "SET_PARAMETER",
  "TEARDOWN",
] as const;

/** What others have: RFC 2326, section 10. */
const FOREIGN_METHODS = ["ANNOUNCE", "RECORD", "REDIRECT"];

const PUBLIC = METHODS.join(", ");

/**
 * How long somebody who guesses a password has to wait for the answer, and
 * everybody else of the same address who may be guessing.
 */
const WRONG_PASSWORD_MS = 1000;

/** Answers one client. */
export class Methods implements ConnectionHandler {
  readonly #connection: ServerConnection;
  readonly #service: Service;
  readonly #host: Pick<PluginHost, "udp" | "media">;
  readonly #guard: Guard;
  /** The one that was set up over this connection. */
  #session: ServerSession | undefined;

  /** Answers nobody by itself. */
  constructor(
    connection: ServerConnection,
    service: Service,
    host: Pick<PluginHost, "udp" | "media">,
  ) {
    this.#connection = connection;
    this.#service = service;
    this.#host = host;
    this.#guard = new Guard(host);
  }

  /** The session of this connection, if there is one. */
  get session(): ServerSession | undefined {
    const session = this.#session;
    return session && this.#service.sessions.get(session.id);
  }

  refused(_: Status, why: string, method?: string): void {
    // What a client makes up would fill the log.
    const isKnown = [...METHODS, ...FOREIGN_METHODS].some((it) =>
      it === method
    );
    const what = isKnown ? `${method}: ` : "";
    this.#service.refused(this.#connection, `${what}${why}`);
  }

  packet(channel: number): void {
    const { way } = this.session ?? {};
    if (way?.type !== "tcp" || !way.channels.includes(channel)) return;
    this.session!.touch();
  }

  async fulfil(request: RtspRequest): Promise<Answer> {
    const { method, headers } = request;
    const required = headers.get("require")?.join(", ");
    if (required !== undefined) {
      throw new Refusal(551, "requires what is not supported", {
        headers: { "Unsupported": required },
      });
    }
    switch (method) {
      case "OPTIONS":
        this.#sessionOf(request)?.touch();
        return { headers: { "Public": PUBLIC } };
      case "DESCRIBE":
        return await this.#describe(request);
      case "SETUP":
        return await this.#setUp(request);
      case "PLAY":
        return await this.#play(request);
      case "PAUSE":
        return await this.#pause(request);
      case "GET_PARAMETER":
      case "SET_PARAMETER":
        return await this.#stayAlive(request);
      case "TEARDOWN":
        return await this.#tearDown(request);
    }
    const allow = { headers: { "Allow": PUBLIC } };
    throw FOREIGN_METHODS.includes(method)
      ? new Refusal(405, "is for other servers", allow)
      : new Refusal(501, "an unknown method", allow);
  }

  async #describe(request: RtspRequest): Promise<Answer> {
    const { stream, base } = await this.#streamOf(request);
    const accepted = request.headers.get("accept")?.join(",") ?? "*/*";
    if (!/application\/(sdp|\*)|\*\/\*/i.test(accepted)) {
      throw new Refusal(406, "wants no SDP");
    }
    const sdp = await stream.describe(this.#connection.peer);
    if (sdp === undefined) throw new Refusal(503, "there is no picture yet");
    return {
      headers: { "Content-Base": base, "Content-Type": "application/sdp" },
      body: sdp,
    };
  }

  async #setUp(request: RtspRequest): Promise<Answer> {
    const { stream, track } = await this.#streamOf(request);
    if (track !== undefined && track !== TRACK) {
      throw new Refusal(404, "there is no such track");
    }
    if (this.session !== undefined || request.headers.has("session")) {
      throw new Refusal(
        455,
        "a session has one track, a connection one session",
      );
    }
    const transport = request.headers.get("transport")?.join(",") ?? "";
    const offers = readTransports(transport);
    const way = await this.#firstWay(offers, stream);
    this.#refuseTooMany(stream);
    const { sessions } = this.#service;
    const session = new ServerSession(stream, way, this.#connection, {
      ...this.#host,
      onEnd: (ended) => void this.#service.close(ended),
    });
    this.#session = session;
    sessions.set(session.id, session);
    return {
      headers: {
        "Session": `${session.id};timeout=${SESSION_TIMEOUT_MS / 1000}`,
        "Transport": writeTransport(session.transport),
      },
    };
  }

  async #play(request: RtspRequest): Promise<Answer> {
    const { base } = await this.#streamOf(request);
    const session = this.#needSession(request);
    const { sequence } = session;
    session.play();
    return {
      headers: {
        "Session": session.id,
        "Range": "npt=now-",
        // Where a picture stands in time its timestamp tells; it is not known
        // before the first one.
        "RTP-Info": sequence === undefined
          ? undefined
          : `url=${base}${TRACK};seq=${sequence}`,
      },
    };
  }

  async #pause(request: RtspRequest): Promise<Answer> {
    await this.#streamOf(request);
    const session = this.#needSession(request);
    await session.pause();
    return { headers: { "Session": session.id } };
  }

  #stayAlive(request: RtspRequest): Answer {
    const session = this.#sessionOf(request);
    session?.touch();
    if (request.body.length > 0) {
      // Some ask for one again and again, to say that they are there.
      throw new Refusal(451, "there are no parameters", { isRoutine: true });
    }
    return { headers: { "Session": session?.id } };
  }

  async #tearDown(request: RtspRequest): Promise<Answer> {
    const session = this.#needSession(request);
    await this.#service.end(session);
    return {};
  }

  /** Finds what a request is about, and whether its client may have it. */
  async #streamOf(
    request: RtspRequest,
  ): Promise<RequestedStream & { readonly stream: ServedStream }> {
    const requested = readRequestUrl(request.url);
    if (requested === undefined) throw new Refusal(400, "an odd address");
    const stream = this.#service.find(requested.path);
    if (stream === undefined) throw new Refusal(404, "there is no such stream");
    if (stream.credentials !== undefined) {
      await this.#admit(request, stream, stream.credentials);
    }
    return { ...requested, stream };
  }

  async #admit(
    request: RtspRequest,
    { context: { runtime, signal } }: ServedStream,
    credentials: Credentials,
  ): Promise<void> {
    const { peerHost } = this.#connection;
    if (this.#guard.hasPassed(credentials)) {
      return this.#guard.check(request, credentials);
    }
    await this.#service.guesses.run(peerHost, async () => {
      try {
        this.#guard.check(request, credentials);
      } catch (error) {
        const isGuess = error instanceof Refusal && !error.isRoutine;
        const pause = this.#host.media.ms(WRONG_PASSWORD_MS);
        if (isGuess) await runtime.sleep(pause, signal).catch(() => {});
        throw error;
      }
    });
  }

  /** The session that a request names, which has to be the client's own. */
  #sessionOf({ headers }: RtspRequest): ServerSession | undefined {
    const [named] = headers.get("session") ?? [];
    if (named === undefined) return undefined;
    const id = named.replace(/;.*$/, "").trim();
    const session = this.#service.sessions.get(id);
    const isOwn = session?.connection === this.#connection ||
      session?.way.type !== "tcp" &&
        session?.connection.peerHost === this.#connection.peerHost;
    if (session === undefined || !isOwn) {
      throw new Refusal(454, "there is no such session");
    }
    if (session.connection !== this.#connection) {
      session.moveTo(this.#connection);
      this.#session = session;
    }
    return session;
  }

  #needSession(request: RtspRequest): ServerSession {
    const session = this.#sessionOf(request);
    if (session === undefined) throw new Refusal(454, "names no session");
    session.touch();
    return session;
  }

  async #firstWay(
    offers: readonly TransportOffer[],
    stream: ServedStream,
  ): Promise<SessionWay> {
    for (const offer of offers) {
      const way = await this.#wayOf(offer, stream);
      if (way !== undefined) return way;
    }
    throw new Refusal(461, "there is no such way of sending");
  }

  async #wayOf(
    offer: TransportOffer,
    { group }: ServedStream,
  ): Promise<SessionWay | undefined> {
    const { lower, multicast, clientPort, destination, mode } = offer;
    const { peerHost } = this.#connection;
    // What is sent to somebody else is an attack on him.
    const isOwn = destination === undefined || destination === peerHost;
    if (mode !== "PLAY" || !multicast && !isOwn) return undefined;
    if (lower === "tcp") {
      const { interleaved: channels = [0, 1] } = offer;
      return multicast ? undefined : { type: "tcp", channels };
    }
    if (this.#service.isEncrypted) return undefined;
    if (multicast) return group && { type: "multicast" };
    if (clientPort === undefined || clientPort.includes(0)) return undefined;
    const ports = await this.#service.ports(peerHost).catch((error) => {
      throw new Refusal(503, `no ports: ${error.message}`);
    });
    return { type: "udp", ports, clientPorts: clientPort };
  }

  #refuseTooMany(stream: ServedStream): void {
    const { maxViewers, maxPerAddress } = stream.context.options;
    const { peerHost } = this.#connection;
    const watching = [...this.#service.sessions.values()]
      .filter((session) => session.stream === stream);
    if (watching.length >= maxViewers) {
      throw new Refusal(453, `${maxViewers} viewers are there (maxViewers=)`);
    }
    const same = watching.filter(({ connection }) =>
      connection.peerHost === peerHost
    );
    const isOurs = this.#host.media.isLoopback(peerHost);
    if (isOurs || same.length < maxPerAddress) return;
    throw new Refusal(
      453,
      `${maxPerAddress} viewers of its address are there (maxPerAddress=)`,
    );
  }
}
