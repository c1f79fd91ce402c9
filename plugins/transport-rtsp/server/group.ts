/**
 * Packets to a multicast group, while somebody wants them.
 *
 * @module
 */

import type {
  PluginHost,
  SendContext,
  UdpTarget,
  Viewers,
} from "../../../mod.ts";
import { newSender, sendDatagrams } from "./datagrams.ts";

/** How soon what could not be sent is tried again: once it can, all is well. */
const RETRY_MS = 1000;

/** Sends one stream to one group, however many want it. */
export class GroupSender implements AsyncDisposable {
  /** Where packets go; reports go to the next port. */
  readonly target: UdpTarget;
  /** Routers that they may pass, plus one. */
  readonly ttl: number;
  readonly #viewers: Viewers;
  readonly #context: SendContext<unknown>;
  readonly #host: Pick<PluginHost, "udp" | "media">;
  readonly #members = new Set<object>();
  #sending: { stop: AbortController; done: Promise<void> } | undefined;

  /** @param target Belongs to it from here on. */
  constructor(
    target: UdpTarget,
    ttl: number,
    viewers: Viewers,
    context: SendContext<unknown>,
    host: Pick<PluginHost, "udp" | "media">,
  ) {
    this.target = target;
    this.ttl = ttl;
    this.#viewers = viewers;
    this.#context = context;
    this.#host = host;
  }

  /** Adds one who wants it; disposing takes that back. */
  join(): AsyncDisposable {
    const member = {};
    this.#members.add(member);
    this.#sending ??= this.#start();
    const leave = async () => {
      this.#members.delete(member);
      if (this.#members.size === 0) await this.#stop();
    };
    return { [Symbol.asyncDispose]: leave };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop();
    await this.target.socket[Symbol.asyncDispose]();
  }

  #start() {
    const stop = new AbortController();
    const signal = AbortSignal.any([this.#context.signal, stop.signal]);
    return { stop, done: this.#send(signal) };
  }

  /** Those who watch know nothing of an interface that is away for a while. */
  async #send(signal: AbortSignal): Promise<void> {
    const { log, runtime } = this.#context;
    const { media } = this.#host;
    const sender = newSender(media);
    let told = "";
    while (!signal.aborted) {
      try {
        await sendDatagrams(
          { target: this.target, reports: this.target.socket },
          this.#viewers,
          { ...this.#context, signal },
          { ...this.#host, sender },
        );
      } catch (error) {
        const why = error instanceof Error ? error.message : `${error}`;
        if (why !== told) log.warn(`${why}; tries again`);
        told = why;
        await runtime.sleep(media.ms(RETRY_MS), signal).catch(() => {});
      }
    }
  }

  async #stop(): Promise<void> {
    const sending = this.#sending;
    // Who joins from here on is sent to anew.
    this.#sending = undefined;
    sending?.stop.abort();
    await sending?.done;
  }
}
