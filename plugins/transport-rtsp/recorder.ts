/**
 * An RTSP session in which we send (RFC 2326, sections 10.3 and 10.11), with
 * the packets in the connection: nothing is lost, and a router lets it through.
 *
 * @module
 */

import type { PluginContext, TcpConnection } from "../../mod.ts";
import {
  Conversation,
  type ConversationHost,
  type Party,
  type Question,
} from "./client/conversation.ts";
import { type RtspResponse, writePackets } from "./message.ts";

/** Where to publish, and as whom. */
export interface Target extends Party {
  /** The address of the stream, without a user. */
  readonly url: string;
}

/** Half of the 60 s after which a session ends (RFC 2326, section 12.37). */
export const ALIVE_EVERY_MS = 30_000;

/** The one stream of a session, behind its address. */
export const TRACK = "trackID=0";

/** A connection to a server. Disposing closes it. */
export class Recorder implements AsyncDisposable {
  readonly #conversation: Conversation;
  readonly #target: Target;
  readonly #host: ConversationHost;

  /** Takes over a connection. */
  constructor(
    connection: TcpConnection,
    target: Target,
    context: Pick<PluginContext<unknown>, "runtime" | "signal">,
    host: ConversationHost,
  ) {
    this.#conversation = new Conversation(connection, target, context, host);
    this.#target = target;
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
    const { url } = this.#target;
    await this.#ask({
      ...{ method: "ANNOUNCE", url, body: sdp },
      headers: { "Content-Type": "application/sdp" },
    });
    const transport = "RTP/AVP/TCP;unicast;interleaved=0-1;mode=record";
    const { headers } = await this.#ask({
      ...{ method: "SETUP", url: `${url}/${TRACK}` },
      headers: { "Transport": transport },
    });
    const [session] = headers.get("session")?.[0]?.split(/[;\s]/) ?? [];
    this.#conversation.session = session;
    await this.#ask({
      ...{ method: "RECORD", url },
      headers: { "Range": "npt=0.000-" },
    });
  }

  /** Sends packets in one piece after the other. */
  async send(
    channel: 0 | 1,
    packets: readonly Uint8Array[],
  ): Promise<void> {
    await this.#conversation.write(writePackets(channel, packets));
  }

  /** Says that we are there; what the server says to it does not matter. */
  async stayAlive(): Promise<void> {
    const { url } = this.#target;
    await this.#conversation.tell({ method: "OPTIONS", url });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#conversation[Symbol.asyncDispose]();
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
