/**
 * One connection of a client, its requests one after the other.
 *
 * @module
 */

import type {
  Milliseconds,
  PluginHost,
  Runtime,
  TcpConnection,
} from "../../../mod.ts";
import {
  RtspError,
  RtspReader,
  type RtspRequest,
  writeRtsp,
} from "../message.ts";
import type { SessionConnection } from "./session.ts";
import { REASONS, Refusal, type Status } from "./status.ts";

/** What a request is answered with. */
export interface Answer {
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: string;
}

/** What is done with what comes. */
export interface ConnectionHandler {
  /**
   * Fulfils a request.
   *
   * @throws {Refusal} What the client is told instead.
   */
  fulfil(request: RtspRequest): Promise<Answer> | Answer;
  /** A packet has come. */
  packet(channel: number): void;
  /** A request was refused, or what is none; with one line of why. */
  refused(status: Status, why: string, method?: string): void;
}

/** Longest silence of a client that has no session. */
const IDLE_MS = 60_000;

/** How long one message may take from its first byte to its last. */
const MESSAGE_MS = 10_000;

/** A client that takes nothing for this long is dropped. */
const UNREAD_MS = 5000;

/** What it has to take in that time, at the most. */
const PIECE_BYTES = 65_536;

/** A client that is refused so often in a row has nothing to gain here. */
const MAX_REFUSALS = 10;

/** Reads requests, and writes answers and packets. */
export class ServerConnection implements SessionConnection {
  readonly peer: string;
  readonly peerHost: string;
  readonly #connection: TcpConnection;
  readonly #runtime: Runtime;
  readonly #host: Pick<PluginHost, "StreamError">;
  readonly #reader = new RtspReader();
  #isOpen = true;
  #messageAt: Milliseconds;
  #byteAt: Milliseconds | undefined;
  #writingSince: Milliseconds | undefined;
  #lastWrite: Promise<void> = Promise.resolve();
  #refusals = 0;

  /** @param connection Belongs to it from here on. */
  constructor(
    connection: TcpConnection,
    runtime: Runtime,
    host: Pick<PluginHost, "StreamError">,
  ) {
    this.#host = host;
    this.peer = connection.peer;
    this.peerHost = connection.peerHost;
    this.#connection = connection;
    this.#runtime = runtime;
    this.#messageAt = runtime.now();
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Serves the client until either side has had enough. */
  async run(handler: ConnectionHandler): Promise<void> {
    try {
      for await (const chunk of this.#connection.chunks) {
        await this.#take(chunk, handler);
        if (!this.#isOpen) break;
      }
    } catch (error) {
      // It has broken off; whatever else there is would be ours.
      if (!(error instanceof this.#host.StreamError)) throw error;
    } finally {
      await this[Symbol.asyncDispose]();
    }
  }

  async write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const before = this.#lastWrite;
    const written = before.then(() => this.#write(bytes));
    // Whoever waits hears of it; the next one fails by itself.
    this.#lastWrite = written.catch(() => {});
    await written;
  }

  /**
   * Tells why the client is to be dropped now, if it is.
   *
   * @param isIdle Whether it has no session.
   */
  complaint(now: Milliseconds, isIdle: boolean): string | undefined {
    const over = (since: Milliseconds | undefined, limit: number) =>
      since !== undefined && now - since > limit;
    if (over(this.#writingSince, UNREAD_MS)) return "does not read";
    if (over(this.#byteAt, MESSAGE_MS)) return "does not finish its request";
    if (isIdle && over(this.#messageAt, IDLE_MS)) return "asks for nothing";
    return undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOpen = false;
    await this.#connection[Symbol.asyncDispose]();
  }

  async #take(
    chunk: Uint8Array<ArrayBuffer>,
    handler: ConnectionHandler,
  ): Promise<void> {
    this.#byteAt ??= this.#runtime.now();
    try {
      for (const message of this.#reader.push(chunk)) {
        this.#messageAt = this.#runtime.now();
        this.#byteAt = this.#messageAt;
        if (message.type === "packet") handler.packet(message.channel);
        else if (message.type === "request") {
          await this.#answer(message, handler);
        } else throw new RtspError("it answers what nobody has asked");
        if (!this.#isOpen) return;
      }
    } catch (error) {
      if (!(error instanceof RtspError)) throw error;
      handler.refused(error.status, error.message);
      const { status } = error;
      const start = `RTSP/1.0 ${status} ${REASONS[status]}`;
      await this.write(writeRtsp({ start, headers: { "Server": "camagent" } }));
      await this[Symbol.asyncDispose]();
    }
    if (!this.#reader.isInside) this.#byteAt = undefined;
  }

  async #answer(
    request: RtspRequest,
    handler: ConnectionHandler,
  ): Promise<void> {
    const [sequence = ""] = request.headers.get("cseq") ?? [];
    let status: Status = 200;
    let answer: Answer & Partial<Pick<Refusal, "further">> = {};
    try {
      if (!/^\d{1,10}$/.test(sequence)) throw new Refusal(400, "has no CSeq");
      answer = await handler.fulfil(request);
      // Anybody may ask what there is.
      if (request.method !== "OPTIONS") this.#refusals = 0;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      ({ status } = error);
      answer = error;
      if (!error.isRoutine) {
        this.#refusals++;
        handler.refused(status, error.message, request.method);
      }
    }
    const headers = { "CSeq": sequence || undefined, ...answer.headers };
    await this.write(writeRtsp({
      start: `RTSP/1.0 ${status} ${REASONS[status]}`,
      headers: { ...headers, "Server": "camagent" },
      ...(answer.further && { further: answer.further }),
      ...(answer.body !== undefined && { body: answer.body }),
    }));
    if (this.#refusals >= MAX_REFUSALS) await this[Symbol.asyncDispose]();
  }

  async #write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    try {
      for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
        this.#writingSince = this.#runtime.now();
        const piece = bytes.subarray(at, at + PIECE_BYTES);
        await this.#connection.write(piece);
      }
    } catch (error) {
      this.#isOpen = false;
      throw error;
    } finally {
      this.#writingSince = undefined;
    }
  }
}
