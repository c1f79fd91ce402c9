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
    const { log } = this.#context;
    const done = sendDatagrams(
      { target: this.target, reports: this.target.socket },
      this.#viewers,
      { ...this.#context, signal },
      this.#host,
    ).catch((error) => log.warn(`${this.target.host}: ${error.message}`))
      .finally(() => this.#sending = undefined);
    return { stop, done };
  }

  async #stop(): Promise<void> {
    const sending = this.#sending;
    sending?.stop.abort();
    await sending?.done;
  }
}

/**
 * Sends packets to a port and reports to the next, until `signal` aborts.
 *
 * @throws {StreamError} "lost" if the system refuses a datagram.
 */
export async function sendDatagrams(
  { target, reports, reportPort = target.port + 1 }: {
    readonly target: UdpTarget;
    /** From where reports go; belongs to the caller as the target does. */
    readonly reports: UdpTarget["socket"];
    readonly reportPort?: number;
  },
  viewers: Viewers,
  context: SendContext<unknown>,
  { udp, media, sender = newSender(media) }:
    & Pick<PluginHost, "udp" | "media">
    & {
      readonly sender?: ReturnType<typeof newSender>;
    },
): Promise<void> {
  const { runtime } = context;
  await udp.sendTo(target, viewers, context, {
    write: (unit) => sender.packetize(unit),
    sent: () => report(sender.report(runtime.now(), runtime.wallClock())),
  });
  // A receiver that cannot be reached any more needs no goodbye.
  await report(sender.goodbye(runtime.wallClock())).catch(() => {});

  async function report(bytes: Uint8Array<ArrayBuffer> | undefined) {
    if (bytes !== undefined) await reports.send(bytes, target.host, reportPort);
  }
}

/** Begins a stream that nobody can guess. */
export function newSender(media: PluginHost["media"]) {
  return new media.RtpSender(crypto.getRandomValues(new Uint32Array(3)));
}
