/**
 * An RTSP session in which we send (RFC 2326, sections 10.3 and 10.11), with
 * the packets in the connection: nothing is lost, and a router lets it through.
 *
 * @module
 */

import type { Milliseconds, PluginContext, TcpConnection } from "../../mod.ts";
import { TRACK } from "./address.ts";
import {
  Conversation,
  type ConversationHost,
  type Party,
  type Question,
} from "./client/conversation.ts";
import { type RtspResponse, writePackets } from "./message.ts";
import { readSession } from "./session_header.ts";

/** Where to publish, and as whom. */
export interface Target extends Party {
  /** The address of the stream, without a user. */
  readonly url: string;
}

/** A connection to a server. Disposing closes it. */
export class Recorder implements AsyncDisposable {
  readonly #conversation: Conversation;
  readonly #target: Target;
  readonly #runtime;
  readonly #host: ConversationHost;
  readonly #closed = new AbortController();
  #stayingAlive: Promise<void> | undefined;

  /** Takes over a connection. */
  constructor(
    connection: TcpConnection,
    target: Target,
    context: Pick<PluginContext<unknown>, "runtime" | "signal">,
    host: ConversationHost,
  ) {
    this.#conversation = new Conversation(connection, target, context, host);
    this.#target = target;
    this.#runtime = context.runtime;
    this.#host = host;
  }

  /** Rejects when the connection is gone. */
  get failed(): Promise<never> {
    return this.#conversation.failed;
  }

  /**
   * Tells the server what will come, and has it listen.
   *
   * @param sdp Describes the stream.
   * @throws {ConfigError} If it wants other credentials.
   * @throws {StreamError} "refused" if it does not want the stream.
   */
  async begin(sdp: string): Promise<void> {
    const { url, server } = this.#target;
    const { media, StreamError } = this.#host;
    await this.#ask({
      ...{ method: "ANNOUNCE", url, body: sdp },
      headers: { "Content-Type": "application/sdp" },
    });
    const transport = "RTP/AVP/TCP;unicast;interleaved=0-1;mode=record";
    const response = await this.#ask({
      ...{ method: "SETUP", url: `${url}/${TRACK}` },
      headers: { "Transport": transport },
    });
    const session = readSession(response, media);
    if (session === undefined) {
      throw new StreamError("refused", `${server} opens no session`);
    }
    this.#conversation.session = session.id;
    await this.#ask({
      ...{ method: "RECORD", url },
      headers: { "Range": "npt=0.000-" },
    });
    this.#stayingAlive = this.#stayAlive(session.aliveEvery);
  }

  /** Sends packets in one piece after the other. */
  async send(
    channel: 0 | 1,
    packets: readonly Uint8Array[],
  ): Promise<void> {
    await this.#conversation.write(writePackets(channel, packets));
  }

  /** Tells the server that it is over, behind what was sent. */
  async leave(): Promise<void> {
    const { url } = this.#target;
    await this.#conversation.tell({ method: "TEARDOWN", url });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    await this.#conversation[Symbol.asyncDispose]();
    await this.#stayingAlive;
  }

  /** Says that we are there; what the server says to it does not matter. */
  async #stayAlive(every: Milliseconds): Promise<void> {
    const { url } = this.#target;
    try {
      while (true) {
        await this.#runtime.sleep(every, this.#closed.signal);
        await this.#conversation.tell({ method: "OPTIONS", url });
      }
    } catch {
      // It is over; what broke the connection is told by that.
    }
  }

  async #ask(question: Question): Promise<RtspResponse> {
    const response = await this.#conversation.ask(question);
    const { status, reason } = response;
    if (status === 200) return response;
    throw new this.#host.StreamError(
      "refused",
      `${this.#target.server} answers ${question.method} with ${status} ` +
        reason,
    );
  }
}
