/**
 * H.264 over TCP, as an Annex B byte stream that every player reads:
 * `tcp://0.0.0.0:5001` to send, `tcp://pi:5001` to receive.
 *
 * @module
 */

import type {
  PluginContext,
  PluginHost,
  TcpConnection,
  Viewers,
} from "../../mod.ts";
import { serve } from "./serve.ts";

/** Version of the plugin contract this file is written for. */
export const apiVersion = 1;

/** The port of the Android application "RPi Camera Viewer". */
const DEFAULT_PORT = 5001;

/** How long a peer may take to accept a connection. */
const DIAL_TIMEOUT_MS = 3000;

/** Addresses that mean "every interface". */
const WILDCARDS = ["0.0.0.0", "::"];

interface Options {
  readonly mode?: "dial" | "listen" | undefined;
  readonly maxViewers: number;
  readonly maxPerAddress: number;
  readonly sendBuffer: number;
}

/** Senders listen and receivers dial, unless `mode` turns it round. */
export default ({ z, option, media, defineTransport, ...host }: PluginHost) => {
  const { ConfigError, StreamError } = host;

  function dial(
    { address, signal, runtime }: PluginContext<Options>,
    sendBuffer?: number,
  ) {
    media.refusePath(address);
    const { host, port = DEFAULT_PORT, redacted } = address;
    if (host === undefined || WILDCARDS.includes(host)) {
      throw new ConfigError(
        `Cannot connect to "${redacted}": it names no machine; name one, ` +
          "or wait for the other side with ?mode=listen",
      );
    }
    const timeout = media.ms(DIAL_TIMEOUT_MS);
    const bound = sendBuffer === undefined ? {} : { sendBuffer };
    return runtime.dialTcp({ host, port, signal, timeout, ...bound });
  }

  async function listen({ address, options, runtime }: PluginContext<Options>) {
    media.refusePath(address);
    const { host = "0.0.0.0", port = DEFAULT_PORT } = address;
    const { sendBuffer } = options;
    try {
      return await runtime.listenTcp({ host, port, sendBuffer });
    } catch (error) {
      if (!(error instanceof ConfigError) || WILDCARDS.includes(host)) {
        throw error;
      }
      throw new ConfigError(
        `${error.message} (to connect to another machine add ?mode=dial)`,
        { exitCode: error.exitCode, cause: error },
      );
    }
  }

  async function sendToAll(
    viewers: Viewers,
    context: PluginContext<Options>,
    ready: (at: { port: number }) => void,
  ): Promise<void> {
    const { options, log } = context;
    await using listener = await listen(context);
    const over = new AbortController();
    const signal = AbortSignal.any([context.signal, over.signal]);
    const stop = () => void listener[Symbol.asyncDispose]();
    signal.addEventListener("abort", stop);
    // Aborted while the port was opened: no event will come.
    if (signal.aborted) stop();
    ready({ port: listener.port });
    const serving = new Map<TcpConnection, Promise<void>>();
    try {
      for await (const connection of listener.connections) {
        const why = refusal([...serving.keys()], connection, options);
        if (why !== undefined) {
          log.warn(`refused ${connection.peer}: ${why}`);
          await connection[Symbol.asyncDispose]();
          continue;
        }
        const done = serve(connection, viewers, { ...context, signal })
          .catch((error) => log.warn(`${connection.peer}: ${error.message}`))
          .finally(() => serving.delete(connection));
        serving.set(connection, done);
      }
    } finally {
      // Whoever watches is started anew with the listener.
      over.abort();
      await Promise.all(serving.values());
    }
    if (context.signal.aborted) return;
    throw new StreamError("lost", `Lost port ${listener.port}: it was closed`);
  }

  return defineTransport({
    name: "transport-tcp",
    schemes: ["tcp"],
    description: "H.264 over TCP, for camagent and every player",
    options: z.strictObject({
      mode: z.enum(["dial", "listen"], 'expected "dial" or "listen"')
        .optional()
        .meta({ description: "who connects; senders listen, receivers dial" }),
      maxViewers: option.integer(1, 1000).default(16)
        .meta({ description: "most viewers at a time" }),
      maxPerAddress: option.integer(1, 1000).default(8)
        .meta({ description: "most viewers from one address" }),
      sendBuffer: option.integer(4096, 1 << 20).default(16384)
        .meta({ description: "bytes the system keeps for a slow viewer" }),
    }),
    async send(viewers, context, ready) {
      if (context.options.mode !== "dial") {
        return await sendToAll(viewers, context, ready);
      }
      const { sendBuffer } = context.options;
      await using connection = await dial(context, sendBuffer);
      await serve(connection, viewers, context, sendBuffer);
      if (context.signal.aborted) return;
      throw new StreamError("ended", `${connection.peer} closed`);
    },
    async receive(context) {
      if (context.options.mode !== "listen") {
        return ingest(await dial(context));
      }
      const { signal, log, address } = context;
      await using listener = await listen(context);
      const { host = "0.0.0.0" } = address;
      log.info(`waits on ${host}:${listener.port} for a sender`);
      const stop = () => void listener[Symbol.asyncDispose]();
      signal.addEventListener("abort", stop, { once: true });
      if (signal.aborted) stop();
      for await (const connection of listener.connections) {
        signal.removeEventListener("abort", stop);
        return ingest(connection);
      }
      signal.throwIfAborted();
      throw new StreamError("lost", "Listener closed");
    },
  });
};

function ingest(connection: TcpConnection) {
  return {
    type: "bytes" as const,
    peer: connection.peer,
    chunks: connection.chunks,
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}

/** Why a viewer is turned away, if it is. */
function refusal(
  serving: readonly TcpConnection[],
  { peerHost }: TcpConnection,
  { maxViewers, maxPerAddress }: Options,
): string | undefined {
  if (serving.length >= maxViewers) {
    return `${maxViewers} viewers are connected already (?maxViewers=)`;
  }
  const own = peerHost === "::1" || peerHost.startsWith("127.");
  const same = serving.filter((other) => other.peerHost === peerHost);
  if (own || same.length < maxPerAddress) return undefined;
  return `${maxPerAddress} viewers of its address are connected already ` +
    "(?maxPerAddress=)";
}
