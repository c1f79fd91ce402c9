/**
 * Publishing to an RTSP server: `rtsp://server:8554/cam?mode=publish`. Not by
 * FFmpeg, to which a password could only be told where everybody reads it.
 *
 * @module
 */

import type {
  PluginContext,
  PluginHost,
  Viewers,
  WireUnit,
} from "../../mod.ts";
import {
  type ConversationHost,
  SEND_BUFFER_BYTES,
} from "./client/conversation.ts";
import { ALIVE_EVERY_MS, Recorder, TRACK } from "./recorder.ts";
import { portOf, urlOf } from "./request.ts";
import { DIAL_MS, trustOf, type TrustOptions } from "./tls.ts";

/** What an address may say, as far as publishing goes. */
export interface PublishOptions extends TrustOptions {
  readonly mode?: "publish" | undefined;
}

/** The word among those of the server. */
const MODE = /([?&])mode=publish(&|$)/;

/**
 * Publishes until the agent stops.
 *
 * @throws {ConfigError} If the address names no server, or the server wants
 * other credentials.
 */
export async function publishTo(
  viewers: Viewers,
  context: PluginContext<PublishOptions>,
  host: ConversationHost,
): Promise<void> {
  const { media, StreamError } = host;
  const { runtime, signal } = context;
  const target = targetOf(context, host);
  const tls = await trustOf(context, host);
  const connection = await runtime.dialTcp({
    ...target.at,
    signal,
    timeout: media.ms(DIAL_MS),
    sendBuffer: SEND_BUFFER_BYTES,
    ...(tls && { tls }),
  });
  await using recorder = new Recorder(connection, target, context, host);
  using viewer = viewers.open(target.server);
  // Between two pictures as well.
  recorder.failed.catch(() => viewer[Symbol.dispose]());
  let stream: Stream | undefined;
  for await (const unit of viewer.units) {
    if (stream === undefined) {
      stream = new Stream(recorder, context, media);
      await recorder.begin(stream.describe(target.at.host, unit));
    }
    await stream.send(unit);
  }
  signal.throwIfAborted();
  const ended = new StreamError("ended", `${target.server} has everything`);
  // What broke the connection, if that was it.
  await Promise.race([recorder.failed, runtime.turn()]);
  throw ended;
}

function targetOf(
  { address, options }: PluginContext<PublishOptions>,
  { media, ConfigError }: ConversationHost,
) {
  const { host, resource = "", redacted, username, password } = address;
  const port = portOf(address);
  const refusal = (why: string) => new ConfigError(`Cannot ${why}`);
  if (host === undefined) {
    throw refusal(`publish to "${redacted}": it names no server`);
  }
  if (options.transport === "udp") {
    throw refusal(
      `publish to "${redacted}" over UDP: packets go in the connection`,
    );
  }
  return {
    at: { host, port },
    url: urlOf({
      ...{ scheme: address.scheme, host, port, query: {}, redacted },
      resource: withoutMode(resource),
    }),
    server: media.hostAndPort(host, port),
    purpose: `publish to ${media.hostAndPort(host, port)}`,
    username,
    password,
  };
}

/** Packets, and what is told about them. */
class Stream {
  readonly #recorder: Recorder;
  readonly #runtime;
  readonly #media;
  readonly #sender;
  #aliveAt: number;

  constructor(
    recorder: Recorder,
    { runtime }: Pick<PluginContext<unknown>, "runtime">,
    media: PluginHost["media"],
  ) {
    const random = crypto.getRandomValues(new Uint32Array(3));
    this.#recorder = recorder;
    this.#runtime = runtime;
    this.#media = media;
    this.#sender = new media.RtpSender(random);
    this.#aliveAt = runtime.now();
  }

  describe(host: string, { data }: WireUnit): string {
    const address = this.#media.parseIpAddress(host) ? host : "0.0.0.0";
    return this.#media.writeSdp({
      ...{ address, port: 0, parameterSets: data, control: TRACK },
    });
  }

  async send(unit: WireUnit): Promise<void> {
    await this.#recorder.send(0, this.#sender.packetize(unit));
    const now = this.#runtime.now();
    const report = this.#sender.report(now, this.#runtime.wallClock());
    if (report !== undefined) await this.#recorder.send(1, [report]);
    if (now - this.#aliveAt >= ALIVE_EVERY_MS) {
      this.#aliveAt = now;
      await this.#recorder.stayAlive();
    }
  }
}

/** Whether our word is among those of the server. */
export function isPublishing(resource: string | undefined): boolean {
  return MODE.test(resource ?? "");
}

/** Takes our word out of what the server is asked. */
export function withoutMode(resource: string): string {
  return resource.replace(
    MODE,
    (_, before, after) => after === "&" ? before : "",
  );
}
