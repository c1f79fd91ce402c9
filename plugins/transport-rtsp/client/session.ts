/**
 * One stream of a server, played.
 *
 * @module
 */

import type {
  IngestUnit,
  Milliseconds,
  PacketStatistics,
  PluginContext,
  PluginHost,
  RtpReceiver,
  SdpVideo,
  TlsOptions,
} from "../../../mod.ts";
import {
  type RtspPacket,
  type RtspResponse,
  writePackets,
} from "../message.ts";
import { UdpPair } from "../port_pair.ts";
import type { Way } from "../address.ts";
import {
  type PortPair,
  readTransports,
  type TransportOffer,
  writeTransport,
} from "../transport_header.ts";
import { readSession } from "../session_header.ts";
import { describe, type Description } from "./describe.ts";
import { WayError } from "./way_error.ts";

/** What the module needs of the host. */
export type ClientHost = Pick<
  PluginHost,
  "media" | "RtpUnits" | "ConfigError" | "StreamError"
>;

/** How often the server is told what has come (RFC 3550, section 6.2). */
const REPORT_EVERY_MS = 5000;

/** Tells nothing of the machine. */
const CNAME = "camagent";

/** How long the end of a session is waited for. */
const TEARDOWN_MS = 250;

/** As transport-rtp asks for it: two seconds of 20 Mbit/s. */
const RECEIVE_BUFFER = 4 << 20;

/**
 * What a server answers that would answer the same in another way: it wants
 * another user, has no such stream, no room or no such session (RFC 2326,
 * section 7.1.1).
 */
const FINAL_STATUS = [401, 403, 404, 453, 454];

/** Channels in the connection that are asked for. */
const CHANNELS: PortPair = [0, 1];

/** Plays. Disposing ends it. */
export class PlayingSession implements AsyncDisposable {
  readonly #description: Description;
  readonly #context: PluginContext<unknown>;
  readonly #host: ClientHost;
  readonly #receiver: RtpReceiver;
  readonly #reading: AsyncGenerator<IngestUnit>;
  readonly #units;
  readonly #closed = new AbortController();
  readonly #ssrc = crypto.getRandomValues(new Uint32Array(1))[0]!;
  #channels: PortPair = CHANNELS;
  #pair: UdpPair | undefined;
  /** Where its datagrams come from. */
  #from: { readonly host: string; readonly ports?: PortPair } | undefined;
  #foreign = 0;
  #next: Promise<IteratorResult<IngestUnit>> | undefined;
  readonly #running: Promise<unknown>[] = [];

  private constructor(
    description: Description,
    context: PluginContext<unknown>,
    host: ClientHost,
  ) {
    this.#description = description;
    this.#context = context;
    this.#host = host;
    this.#receiver = new host.media.RtpReceiver(receiverOptions(description));
    this.#units = new host.RtpUnits(this.#receiver, context.runtime);
    this.#reading = this.#units.read();
  }

  /**
   * Asks for a stream, and has it sent.
   *
   * @param deadline Until when the server has to have agreed.
   * @throws {WayError} If it does not come in this way;
   * {@linkcode ForeignCodecError} if it is none of ours; {@linkcode ConfigError}
   * if the server wants other credentials; {@linkcode StreamError} otherwise.
   */
  static async start(
    context: PluginContext<unknown>,
    way: Way,
    tls: TlsOptions | undefined,
    host: ClientHost,
    deadline: Milliseconds,
  ): Promise<PlayingSession> {
    const description = await describe(context, tls, host);
    const session = new PlayingSession(description, context, host);
    const { conversation } = description;
    try {
      conversation.deadline = deadline;
      await session.#play(way);
      conversation.deadline = undefined;
      return session;
    } catch (error) {
      await session[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** How packets fare. */
  packets(): PacketStatistics {
    const packets = this.#units.packets();
    const dropped = this.#foreign + (this.#pair?.packets.dropped() ?? 0);
    return { ...packets, dropped: packets.dropped + dropped };
  }

  /** Pictures as they come. Throws what broke. */
  async *units(): AsyncGenerator<IngestUnit> {
    while (true) {
      const { value, done } = await (this.#next ?? this.#reading.next());
      this.#next = undefined;
      if (done) return;
      yield value;
    }
  }

  /**
   * Waits for the first picture, which is not taken yet.
   *
   * @returns Whether it came in time.
   * @throws What broke before.
   */
  async hasPicture(within: Milliseconds): Promise<boolean> {
    const { runtime, signal } = this.#context;
    const over = new AbortController();
    const both = AbortSignal.any([signal, over.signal]);
    const late = runtime.sleep(within, both).then(() => undefined);
    late.catch(() => {});
    this.#next ??= this.#reading.next();
    try {
      return await Promise.race([this.#next, late]) !== undefined;
    } finally {
      over.abort();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { conversation, base } = this.#description;
    if (conversation.session !== undefined && !this.#closed.signal.aborted) {
      const told = conversation.tell({ method: "TEARDOWN", url: base });
      const { runtime } = this.#context;
      const late = runtime.sleep(
        this.#host.media.ms(TEARDOWN_MS),
        this.#closed.signal,
      );
      await Promise.race([told, late]).catch(() => {});
    }
    this.#closed.abort();
    this.#units.end();
    await conversation[Symbol.asyncDispose]();
    await this.#pair?.[Symbol.asyncDispose]();
    await Promise.all(this.#running);
    await this.#next?.catch(() => {});
  }

  async #play(way: Way): Promise<void> {
    const { conversation, base, track } = this.#description;
    const offer = await this.#offer(way);
    const response = await this.#ask("SETUP", track, {
      "Transport": writeTransport(offer),
    });
    const aliveEvery = this.#takeSession(response);
    const [transport = ""] = response.headers.get("transport") ?? [];
    this.#takeTransport(readTransports(transport)[0], way);
    conversation.onPacket = (packet) => this.#takePacket(packet);
    await this.#openWay();
    conversation.failed.catch((failure) => this.#units.end({ failure }));
    await this.#ask("PLAY", base, { "Range": "npt=0.000-" });
    if (this.#pair) {
      this.#running.push(this.#readPackets(this.#pair));
      this.#running.push(this.#readReports(this.#pair));
    }
    this.#running.push(this.#stayAlive(aliveEvery));
    this.#leaveInOrder();
  }

  /** A server that is not told sends datagrams for a minute. */
  #leaveInOrder(): void {
    const { signal } = this.#context;
    const stop = () => this.#units.end({ failure: signal.reason });
    signal.addEventListener("abort", stop, { signal: this.#closed.signal });
    this.#description.hold();
    if (signal.aborted) stop();
  }

  async #offer(way: Way): Promise<Omit<TransportOffer, "mode">> {
    if (way === "tcp") {
      return { lower: "tcp", multicast: false, interleaved: CHANNELS };
    }
    const isV6 = this.#description.conversation.peerHost.includes(":");
    this.#pair = await UdpPair.open(
      isV6 ? "::" : "0.0.0.0",
      this.#context.runtime,
      this.#host,
      RECEIVE_BUFFER,
    );
    const clientPort = this.#pair.numbers;
    return { lower: "udp", multicast: false, clientPort };
  }

  async #ask(
    method: string,
    url: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<RtspResponse> {
    const { conversation, server } = this.#description;
    const response = await conversation.ask({ method, url, headers })
      .catch((error) => {
        // What drops those who ask for this may answer those who do not.
        const isCut = error instanceof this.#host.StreamError;
        throw isCut ? new WayError(error) : error;
      });
    const { status, reason } = response;
    if (status === 200) return response;
    if (status === 461) throw this.#otherWay();
    const error = new this.#host.StreamError(
      "refused",
      `${server} answers ${method} with ${status} ${reason}`,
    );
    throw FINAL_STATUS.includes(status) ? error : new WayError(error);
  }

  #otherWay(): WayError {
    const { StreamError } = this.#host;
    const { server } = this.#description;
    const what = `${server} sends in another way`;
    return new WayError(new StreamError("undecodable", what));
  }

  /** @returns How often the server has to hear of us. */
  #takeSession(response: RtspResponse): Milliseconds {
    const { conversation, server } = this.#description;
    const session = readSession(response, this.#host.media);
    if (session === undefined) {
      throw new this.#host.StreamError("refused", `${server} opens no session`);
    }
    conversation.session = session.id;
    return session.aliveEvery;
  }

  #takeTransport(chosen: TransportOffer | undefined, way: Way): void {
    const { conversation: { peerHost } } = this.#description;
    if (chosen === undefined || chosen.lower !== way) throw this.#otherWay();
    const { interleaved = CHANNELS, source, serverPort: ports } = chosen;
    this.#channels = interleaved;
    // A name would have to be looked up; servers write addresses.
    const { media } = this.#host;
    const isAddress = source !== undefined && !media.isWildcard(source) &&
      media.parseIpAddress(source) !== undefined;
    const host = isAddress ? source : peerHost;
    this.#from = { host, ...(ports && { ports }) };
  }

  /** Has routers let in what comes from where this goes. */
  async #openWay(): Promise<void> {
    const { ports, host = "" } = this.#from ?? {};
    if (this.#pair === undefined || ports === undefined) return;
    const { packets, reports } = this.#pair;
    const report = this.#report();
    // A packet without a payload; servers throw it away.
    const empty = new Uint8Array(this.#host.media.RTP_HEADER_BYTES);
    empty[0] = 0x80;
    try {
      await packets.send(empty, host, ports[0]);
      await reports.send(report, host, ports[1]);
    } catch {
      // Where there is no router nobody misses it.
    }
  }

  #takePacket({ channel, data }: RtspPacket): void {
    const { server } = this.#description;
    if (channel === this.#channels[0]) {
      this.#units.push({ data, peer: server });
    } else if (channel === this.#channels[1]) this.#takeReport(data);
  }

  #takeReport(data: Uint8Array): void {
    const { ssrc } = this.#receiver.statistics;
    const { goodbyes } = this.#host.media.parseRtcp(data);
    this.#units.report(data);
    if (ssrc !== undefined && goodbyes.includes(ssrc)) this.#units.end();
  }

  async #readPackets({ packets }: UdpPair): Promise<void> {
    const { server } = this.#description;
    try {
      for await (const { data, host, port } of packets.datagrams) {
        if (!this.#isOurs(host, port, 0)) this.#foreign++;
        else this.#units.push({ data, peer: server });
      }
    } catch (failure) {
      this.#units.end({ failure });
    }
  }

  async #readReports({ reports }: UdpPair): Promise<void> {
    try {
      for await (const { data, host, port } of reports.datagrams) {
        if (this.#isOurs(host, port, 1)) this.#takeReport(data);
      }
    } catch {
      // What a sender's clock says is welcome, and no condition.
    }
  }

  /** What others send is not what was asked for. */
  #isOurs(host: string, port: number, which: 0 | 1): boolean {
    const { host: expected, ports } = this.#from!;
    if (ports !== undefined && ports[which] !== port) return false;
    if (host === expected) return true;
    // IPv6 addresses can be written in several ways.
    const { parseIpAddress } = this.#host.media;
    const address = parseIpAddress(expected)?.join();
    return address !== undefined && parseIpAddress(host)?.join() === address;
  }

  async #stayAlive(every: Milliseconds): Promise<void> {
    const { runtime } = this.#context;
    const { conversation, base, keepAlive } = this.#description;
    const { media, StreamError } = this.#host;
    let aliveAt = runtime.now();
    const interval = media.ms(Math.min(REPORT_EVERY_MS, every));
    try {
      while (true) {
        await runtime.sleep(interval, this.#closed.signal);
        await this.#sendReport();
        if (runtime.now() - aliveAt < every) continue;
        aliveAt = runtime.now();
        await conversation.tell(
          { method: keepAlive, url: base },
          (response) => {
            if (response.status !== 454) return;
            const { server } = this.#description;
            const why = `${server} has ended the session (454)`;
            this.#units.end({ failure: new StreamError("lost", why) });
          },
        );
      }
    } catch {
      // It is over; what broke the connection is told by that.
    }
  }

  #report(): Uint8Array<ArrayBuffer> {
    const { runtime } = this.#context;
    return this.#host.media.writeReceiverReport(
      { ssrc: this.#ssrc, cname: CNAME },
      this.#receiver.report(runtime.now()),
    );
  }

  async #sendReport(): Promise<void> {
    const report = this.#report();
    const { conversation } = this.#description;
    if (this.#pair === undefined) {
      await conversation.write(writePackets(this.#channels[1], [report]));
    } else if (this.#from?.ports !== undefined) {
      const { host, ports } = this.#from;
      await this.#pair.reports.send(report, host, ports[1]).catch(() => {});
    }
  }
}

function receiverOptions({ video }: Description): Partial<SdpVideo> {
  const { codec, payloadType, clockRate, parameterSets } = video;
  return {
    codec,
    payloadType,
    clockRate,
    ...(parameterSets && { parameterSets }),
  };
}
