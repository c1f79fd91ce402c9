/**
 * A connection to a server that is asked.
 *
 * @module
 */

import type {
  AuthChallenge,
  Milliseconds,
  PluginContext,
  PluginHost,
  TcpConnection,
} from "../../../mod.ts";
import {
  RtspError,
  type RtspPacket,
  RtspReader,
  type RtspRequest,
  type RtspResponse,
  writeRtsp,
} from "../message.ts";

/** What the module needs of the host. */
export type ConversationHost = Pick<
  PluginHost,
  "media" | "ConfigError" | "StreamError"
>;

/** Who is asked, and by whom. */
export interface Party {
  /** The server, in messages. */
  readonly server: string;
  /** What it is asked for, in messages: `publish to 192.168.1.7:8554`. */
  readonly purpose: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** Another server has sent us here, whose password is not shown. */
  readonly isElsewhere?: boolean;
}

/** One thing to ask. */
export interface Question {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** How long an answer may take, and a write. */
const PATIENCE_MS = 4000;

/** What the system keeps for a server that does not read. */
export const SEND_BUFFER_BYTES = 32_768;

/**
 * How often a question is asked again with other credentials: of two challenges
 * the second may be because the first was stale (RFC 7616, section 3.3).
 */
const MAX_SIGNATURES = 2;

/** What servers ask of clients, to see whether they are there. */
const ALIVE = ["OPTIONS", "GET_PARAMETER", "SET_PARAMETER"];

/** Asks, one thing after the other. Disposing closes the connection. */
export class Conversation implements AsyncDisposable {
  /** Rejects when the connection is gone. */
  readonly failed: Promise<never>;
  /** Takes packets. */
  onPacket: (packet: RtspPacket) => void = () => {};
  /** Until when answers may come, if that is sooner than usual. */
  deadline: Milliseconds | undefined;
  /** Stands in every question once it is known. */
  session: string | undefined;
  readonly #connection: TcpConnection;
  readonly #party: Party;
  readonly #context: Pick<PluginContext<unknown>, "runtime" | "signal">;
  readonly #host: ConversationHost;
  readonly #waiting: {
    readonly sequence: number;
    readonly take: (response: RtspResponse) => void;
  }[] = [];
  #sequence = 0;
  #challenge: AuthChallenge | undefined;
  #answers = 0;
  #lastWrite: Promise<void> = Promise.resolve();

  /** Takes over a connection. */
  constructor(
    connection: TcpConnection,
    party: Party,
    context: Pick<PluginContext<unknown>, "runtime" | "signal">,
    host: ConversationHost,
  ) {
    this.#connection = connection;
    this.#party = party;
    this.#context = context;
    this.#host = host;
    this.failed = this.#read();
    // Whoever waits for something hears of it.
    this.failed.catch(() => {});
  }

  /** Numeric address of the server. */
  get peerHost(): string {
    return this.#connection.peerHost;
  }

  /**
   * Asks, and shows the password where the server wants to see it.
   *
   * @returns Any answer but 401.
   * @throws {ConfigError} If it wants other credentials.
   * @throws {StreamError} "stalled" if it does not answer, "lost" if it closes.
   */
  async ask(question: Question): Promise<RtspResponse> {
    for (let signatures = 0;; signatures++) {
      const { answer } = await this.#tell(question);
      const response = await this.#soon(answer);
      if (response.status !== 401) return response;
      const before = this.#challenge;
      const isOver = signatures >= MAX_SIGNATURES || !this.#take(response);
      if (isOver || before !== undefined && !this.#isNewer(before)) {
        throw new this.#host.ConfigError(
          `Cannot ${this.#party.purpose}: ${this.#wish(response)}`,
        );
      }
    }
  }

  /**
   * Says something; what the server says to it is told if it says anything. One
   * that wants another answer to its challenge by now gets it.
   */
  async tell(
    question: Question,
    take: (response: RtspResponse) => void = () => {},
  ): Promise<void> {
    const { answer } = await this.#tell(question);
    void answer.then(async (response) => {
      const isAsked = response.status === 401 && this.#take(response);
      if (!isAsked) return take(response);
      const { answer } = await this.#tell(question);
      take(await answer);
    }).catch(() => {
      // What broke the connection is told by that.
    });
  }

  /** Writes in order, in pieces: a large one takes 40 ms more. */
  async write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const before = this.#lastWrite;
    const written = before.then(() => this.#write(bytes));
    // Whoever waits hears of it; the next one fails by itself.
    this.#lastWrite = written.catch(() => {});
    await written;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection[Symbol.asyncDispose]();
  }

  /** @returns When the question is written, what the answer will be. */
  async #tell(
    question: Question,
  ): Promise<{ readonly answer: Promise<RtspResponse> }> {
    const sequence = ++this.#sequence;
    const { promise, resolve } = Promise.withResolvers<RtspResponse>();
    this.#waiting.push({ sequence, take: resolve });
    const { method, url, headers, body } = question;
    await this.write(writeRtsp({
      start: `${method} ${url} RTSP/1.0`,
      headers: {
        "CSeq": sequence,
        "User-Agent": "camagent",
        ...headers,
        "Session": this.session,
        "Authorization": this.#authorization(method, url),
      },
      ...(body !== undefined && { body }),
    }));
    return { answer: promise };
  }

  /** What a server wants that lets nobody in like this. */
  #wish(response: RtspResponse): string {
    if (this.#party.isElsewhere) {
      return "it wants a password, and is not the server that was asked";
    }
    if (this.#party.username === undefined) {
      return "it wants a user and a password (rtsp://USER:PASSWORD@...)";
    }
    if (this.#known(response).length > 0) {
      return "it wants another user or password";
    }
    const [asked = ""] = response.headers.get("www-authenticate") ?? [];
    const printable = asked.replace(/[^\x20-\x7e]/g, "").slice(0, 100);
    return `it asks for the password in a way that is unknown: "${printable}"`;
  }

  /** Challenges that can be answered. */
  #known({ headers }: RtspResponse): AuthChallenge[] {
    return (headers.get("www-authenticate") ?? [])
      .flatMap((value) => this.#host.media.readChallenges(value));
  }

  /** Keeps a challenge that can be answered; a strong one before a weak one. */
  #take(response: RtspResponse): boolean {
    if (this.#party.username === undefined) return false;
    const known = this.#known(response);
    const digests = known.filter(({ scheme }) => scheme === "digest");
    const challenge =
      digests.find(({ parameters }) =>
        /^sha-256$/i.test(parameters["algorithm"] ?? "")
      ) ?? digests[0] ?? known[0];
    if (challenge === undefined) return false;
    this.#challenge = challenge;
    this.#answers = 0;
    return true;
  }

  /** Whether what the server asks now is to be answered once more. */
  #isNewer(before: AuthChallenge): boolean {
    const { scheme, parameters } = this.#challenge!;
    return scheme === "digest" &&
      parameters["nonce"] !== before.parameters["nonce"] &&
      /^true$/i.test(parameters["stale"] ?? "true");
  }

  #authorization(method: string, uri: string): string | undefined {
    const { username = "", password = "" } = this.#party;
    if (this.#challenge === undefined) return undefined;
    return this.#host.media.answerChallenge(this.#challenge, {
      ...{ username, password, method, uri },
      count: ++this.#answers,
      clientNonce: crypto.randomUUID().replaceAll("-", ""),
    });
  }

  async #write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    for (let at = 0; at < bytes.length; at += SEND_BUFFER_BYTES) {
      const piece = bytes.subarray(at, at + SEND_BUFFER_BYTES);
      await this.#soon(this.#connection.write(piece));
    }
  }

  async #soon<T>(what: Promise<T>): Promise<T> {
    const { runtime } = this.#context;
    const over = new AbortController();
    const left = (this.deadline ?? Infinity) - runtime.now();
    const patience = this.#host.media.ms(
      Math.max(0, Math.min(PATIENCE_MS, left)),
    );
    const late = runtime.sleep(patience, over.signal).then(() => {
      throw new this.#host.StreamError(
        "stalled",
        `${this.#party.server} does not answer`,
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
    const { signal } = this.#context;
    const { server } = this.#party;
    const reader = new RtspReader();
    try {
      for await (const chunk of this.#connection.chunks) {
        for (const message of reader.push(chunk)) {
          if (message.type === "packet") this.onPacket(message);
          else if (message.type === "response") this.#answered(message);
          else await this.#reply(message);
        }
      }
    } catch (cause) {
      signal.throwIfAborted();
      if (!(cause instanceof RtspError)) throw cause;
      throw new StreamError("refused", `${server}: ${cause.message}`);
    }
    signal.throwIfAborted();
    throw new StreamError("lost", `${server} has closed the connection`);
  }

  /** Answers come in the order of the questions; some are never answered. */
  #answered(response: RtspResponse): void {
    // "Continue" and the like: the answer is still to come.
    if (response.status < 200) return;
    const [number] = response.headers.get("cseq") ?? [];
    const found = number === undefined
      ? 0
      : this.#waiting.findIndex(({ sequence }) => `${sequence}` === number);
    const [answered] = found < 0
      ? []
      : this.#waiting.splice(0, found + 1).slice(-1);
    answered?.take(response);
  }

  async #reply({ method, headers }: RtspRequest): Promise<void> {
    const isKnown = ALIVE.includes(method);
    await this.write(writeRtsp({
      start: `RTSP/1.0 ${isKnown ? "200 OK" : "501 Not Implemented"}`,
      headers: { "CSeq": headers.get("cseq")?.[0] },
    }));
  }
}
