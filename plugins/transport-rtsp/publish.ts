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
import { portOf, TRACK, urlOf } from "./address.ts";
import {
  type ConversationHost,
  SEND_BUFFER_BYTES,
} from "./client/conversation.ts";
import { type CredentialOptions, credentialsOf } from "./credentials.ts";
import { Recorder } from "./recorder.ts";
import { DIAL_MS, trustOf, type TrustOptions } from "./tls.ts";

/** What an address may say, as far as publishing goes. */
export interface PublishOptions extends TrustOptions, CredentialOptions {
  readonly mode?: "publish" | undefined;
}

/** The word among those of the server. */
const MODE = /([?&])mode=publish(&|$)/;

/** How long a server is told that it is over. */
const TEARDOWN_MS = 250;

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
  const target = await targetOf(context, host);
  const tls = await trustOf(context, host);
  const [stopped, over] = [new AbortController(), new AbortController()];
  let stream: Stream | undefined;
  const stop = async () => {
    // A server that is told nothing keeps the stream for a minute.
    const grace = media.ms(stream === undefined ? 0 : TEARDOWN_MS);
    await runtime.sleep(grace, over.signal).catch(() => {});
    stopped.abort(signal.reason);
  };
  signal.addEventListener("abort", stop, { signal: over.signal });
  if (signal.aborted) void stop();
  try {
    const connection = await runtime.dialTcp({
      ...target.at,
      signal: stopped.signal,
      timeout: media.ms(DIAL_MS),
      sendBuffer: SEND_BUFFER_BYTES,
      ...(tls && { tls }),
    });
    await using recorder = new Recorder(connection, target, context, host);
    using viewer = viewers.open(target.server);
    // Between two pictures as well.
    recorder.failed.catch(() => viewer[Symbol.dispose]());
    for await (const unit of viewer.units) {
      if (stream === undefined) {
        await recorder.begin(describe(target.at.host, unit, media));
        stream = new Stream(recorder, context, media);
      }
      await stream.send(unit);
    }
    if (signal.aborted) {
      // One that has gone itself need not be told.
      await stream?.end().catch(() => {});
      throw signal.reason;
    }
    // What broke the connection, if that was it.
    await Promise.race([recorder.failed, runtime.turn()]);
    throw new StreamError("ended", `${target.server} has everything`);
  } finally {
    over.abort();
  }
}

async function targetOf(
  context: PluginContext<PublishOptions>,
  host: ConversationHost,
) {
  const { address, options } = context;
  const { media, ConfigError } = host;
  const { host: name, resource = "", redacted, scheme } = address;
  const port = portOf(address);
  const refusal = (why: string) => new ConfigError(`Cannot ${why}`);
  if (name === undefined) {
    throw refusal(`publish to "${redacted}": it names no server`);
  }
  if (options.transport === "udp") {
    throw refusal(
      `publish to "${redacted}" over UDP: packets go in the connection`,
    );
  }
  const { username, password } = await credentialsOf(context, host) ?? {};
  return {
    at: { host: name, port },
    url: urlOf({
      ...{ scheme, host: name, port, query: {}, redacted },
      resource: withoutMode(resource),
    }),
    server: media.hostAndPort(name, port),
    purpose: `publish to ${media.hostAndPort(name, port)}`,
    username,
    password,
  };
}

function describe(
  host: string,
  { data }: WireUnit,
  media: PluginHost["media"],
): string {
  const address = media.parseIpAddress(host) ? host : "0.0.0.0";
  const fps = media.spsOf(data)?.fps;
  return media.writeSdp({
    ...{ address, port: 0, parameterSets: data, control: TRACK },
    ...(fps !== undefined && { fps }),
  });
}

/** Packets, and what is told about them. */
class Stream {
  readonly #recorder: Recorder;
  readonly #runtime;
  readonly #sender;

  constructor(
    recorder: Recorder,
    { runtime }: Pick<PluginContext<unknown>, "runtime">,
    media: PluginHost["media"],
  ) {
    const random = crypto.getRandomValues(new Uint32Array(3));
    this.#recorder = recorder;
    this.#runtime = runtime;
    this.#sender = new media.RtpSender(random);
  }

  async send(unit: WireUnit): Promise<void> {
    await this.#recorder.send(0, this.#sender.packetize(unit));
    const now = this.#runtime.now();
    const report = this.#sender.report(now, this.#runtime.wallClock());
    if (report !== undefined) await this.#recorder.send(1, [report]);
  }

  /** Says that nothing more will come. */
  async end(): Promise<void> {
    const goodbye = this.#sender.goodbye(this.#runtime.wallClock());
    if (goodbye !== undefined) await this.#recorder.send(1, [goodbye]);
    await this.#recorder.leave();
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
