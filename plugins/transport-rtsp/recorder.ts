/**
 * An RTSP session in which we send (RFC 2326, sections 10.3 and 10.11), with
 * the packets in the connection: nothing is lost, and a router lets it through.
 *
 * @module
 */

import type {
  AuthChallenge,
  PluginContext,
  PluginHost,
  TcpConnection,
} from "../../mod.ts";
import {
  RtspError,
  RtspReader,
  type RtspResponse,
  writePackets,
  writeRtsp,
} from "./message.ts";

/** What the module needs of the host. */
export type RecorderHost = Pick<
  PluginHost,
  "media" | "ConfigError" | "StreamError"
>;

/** Where to publish, and as whom. */
export interface Target {
  /** The address of the stream, without a user. */
  readonly url: string;
  /** The server, in messages. */
  readonly server: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
}

/** How long an answer may take, and a write. */
const PATIENCE_MS = 5000;

/** Half of the 60 s after which a session ends (RFC 2326, section 12.37). */
export const ALIVE_EVERY_MS = 30_000;

/** What the system keeps for a server that does not read. */
export const SEND_BUFFER_BYTES = 32_768;

/** The one stream of a session, behind its address. */
export const TRACK = "trackID=0";

/** A connection to a server. Disposing closes it. */
export class Recorder implements AsyncDisposable {
  /** Rejects when the connection is gone. */
  readonly failed: Promise<never>;
  readonly #connection: TcpConnection;
  readonly #target: Target;
  readonly #context: Pick<PluginContext<unknown>, "runtime" | "signal">;
  readonly #host: RecorderHost;
  readonly #waiting: ((response: RtspResponse) => void)[] = [];
  #sequence = 0;
  #session: string | undefined;
  #challenge: AuthChallenge | undefined;
  #answers = 0;

  /** Takes over a connection. */
  constructor(
    connection: TcpConnection,
    target: Target,
    context: Pick<PluginContext<unknown>, "runtime" | "signal">,
    host: RecorderHost,
  ) {
    this.#connection = connection;
    this.#target = target;
    this.#context = context;
    this.#host = host;
    this.failed = this.#read();
    // Whoever waits for something hears of it.
    this.failed.catch(() => {});
  }

  /**
   * Tells the server what will come, and has it listen.
   *
   * @param sdp Describes the stream.
   * @throws {ConfigError} If it wants other credentials.
   * @throws {StreamError} "refused" if it does not want the stream.
   */
  async begin(sdp: string): Promise<void> {
    const { url } = this.#target;
    await this.#ask(
      "ANNOUNCE",
      url,
      { "Content-Type": "application/sdp" },
      sdp,
    );
    const { headers } = await this.#ask("SETUP", `${url}/${TRACK}`, {
      "Transport": "RTP/AVP/TCP;unicast;interleaved=0-1;mode=record",
    });
    this.#session = /^[^;\s]*/.exec(headers.get("session")?.[0] ?? "")![0];
    await this.#ask("RECORD", url, { "Range": "npt=0.000-" });
  }

  /** Sends packets in one piece after the other. */
  async send(
    channel: 0 | 1,
    packets: readonly Uint8Array[],
  ): Promise<void> {
    await this.#write(writePackets(channel, packets));
  }

  /** Says that we are there; what the server says to it does not matter. */
  async stayAlive(): Promise<void> {
    this.#waiting.push(() => {});
    await this.#write(this.#request("OPTIONS", this.#target.url, {}));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection[Symbol.asyncDispose]();
  }

  async #ask(
    method: string,
    url: string,
    headers: Readonly<Record<string, string>>,
    body = "",
  ): Promise<RtspResponse> {
    const ask = async () => {
      const answer = new Promise<RtspResponse>((resolve) =>
        this.#waiting.push(resolve)
      );
      await this.#write(this.#request(method, url, headers, body));
      return await this.#soon(answer);
    };
    let response = await ask();
    if (response.status === 401 && this.#take(response)) response = await ask();
    if (response.status === 200) return response;
    const { ConfigError, StreamError } = this.#host;
    const { server } = this.#target;
    if (response.status === 401) {
      throw new ConfigError(
        `Cannot publish to ${server}: it wants another user or password`,
      );
    }
    const { status, reason } = response;
    throw new StreamError(
      "refused",
      `${server} answers ${method} with ${status} ${reason}`,
    );
  }

  /** Keeps a challenge that can be answered; a strong one before a weak one. */
  #take({ headers }: RtspResponse): boolean {
    const { username } = this.#target;
    if (username === undefined) return false;
    const known = (headers.get("www-authenticate") ?? [])
      .flatMap((value) => this.#host.media.readChallenge(value) ?? []);
    this.#challenge = known.find(({ scheme }) => scheme === "digest") ??
      known[0];
    this.#answers = 0;
    return this.#challenge !== undefined;
  }

  #request(
    method: string,
    url: string,
    headers: Readonly<Record<string, string>>,
    body = "",
  ): Uint8Array<ArrayBuffer> {
    return writeRtsp({
      start: `${method} ${url} RTSP/1.0`,
      headers: {
        "CSeq": ++this.#sequence,
        "User-Agent": "camagent",
        ...headers,
        "Session": this.#session,
        "Authorization": this.#authorization(method, url),
      },
      body,
    });
  }

  #authorization(method: string, uri: string): string | undefined {
    const { username = "", password = "" } = this.#target;
    if (this.#challenge === undefined) return undefined;
    return this.#host.media.answerChallenge(this.#challenge, {
      ...{ username, password, method, uri },
      count: ++this.#answers,
      clientNonce: crypto.randomUUID().replaceAll("-", ""),
    });
  }

  /** In pieces: a large one that is not taken at once takes 40 ms more. */
  async #write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    for (let at = 0; at < bytes.length; at += SEND_BUFFER_BYTES) {
      const piece = bytes.subarray(at, at + SEND_BUFFER_BYTES);
      await this.#soon(this.#connection.write(piece));
    }
  }

  async #soon<T>(what: Promise<T>): Promise<T> {
    const { runtime } = this.#context;
    const over = new AbortController();
    const patience = this.#host.media.ms(PATIENCE_MS);
    const late = runtime.sleep(patience, over.signal).then(() => {
      throw new this.#host.StreamError(
        "stalled",
        `${this.#target.server} does not answer`,
      );
    });
    late.catch(() => {});
    try {
      return await Promise.race([what, this.failed, late]);
    } finally {
      over.abort();
    }
  }

  async #read(): Promise<never> {
    const { StreamError } = this.#host;
    const { server } = this.#target;
    const reader = new RtspReader();
    try {
      for await (const chunk of this.#connection.chunks) {
        for (const message of reader.push(chunk)) {
          if (message.type === "response") this.#waiting.shift()?.(message);
        }
      }
    } catch (cause) {
      this.#context.signal.throwIfAborted();
      if (!(cause instanceof RtspError)) throw cause;
      throw new StreamError("refused", `${server}: ${cause.message}`);
    }
    this.#context.signal.throwIfAborted();
    throw new StreamError("lost", `${server} has closed the connection`);
  }
}
