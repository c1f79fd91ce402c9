/**
 * RTSP: a server of our own, `rtsp://0.0.0.0:8554/cam`, streams of cameras and
 * other servers, `rtsp://camera/stream`, and our own published to these,
 * `rtsp://server/cam?mode=publish`. What stands behind a `?` is the server's;
 * options of ours stand behind a `#`.
 *
 * @module
 */

import type { PluginHost } from "../../mod.ts";
import { isPublishing, publishTo } from "./publish.ts";
import { portOf, type Way } from "./request.ts";
import { Servers } from "./server/mod.ts";
import { RtspSession } from "./session.ts";
import { trustOf, Tunnel } from "./tls.ts";

/** Version of the plugin contract this file is written for. */
export const apiVersion = 1;

/**
 * How long the first way may take, where there is another one. GStreamer's
 * server on this machine takes 0.2 s.
 */
const TRY_MS = 3000;

/** How long the last way may take: whoever waits is told within 5 s. */
const LAST_MS = 4500;

/** SHA-256, as OpenSSL writes it, or without its colons. */
const FINGERPRINT = /^([\da-f]{2}:?){31}[\da-f]{2}$/i;

/** Serves, publishes to a server, and receives from one. */
export default (
  { z, option, udp, media, defineTransport, ConfigError, StreamError }:
    PluginHost,
) => {
  const host = { udp, media, ConfigError, StreamError };
  const servers = new Servers(host);
  return defineTransport({
    name: "transport-rtsp",
    schemes: ["rtsp", "rtsps"],
    description: "RTSP: a server, cameras, and publishing to servers",
    options: z.strictObject({
      transport: z.enum(["auto", "tcp", "udp"], "expected auto, tcp or udp")
        .default("auto")
        .meta({ description: "how packets go: tcp, udp, or what works" }),
      mode: z.literal("publish", "expected publish").optional()
        .meta({ description: "publish, to send to another server" }),
      ca: z.string().min(1, "expected a path").optional()
        .meta({ description: "rtsps: file of the certificates to trust" }),
      fingerprint: z.string()
        .regex(FINGERPRINT, "expected SHA-256 as 64 hexadecimal digits")
        .optional()
        .meta({ description: "rtsps: the one certificate to trust" }),
      user: z.string().min(1, "expected a name").optional()
        .meta({ description: "server: who alone may watch" }),
      passwordFile: z.string().min(1, "expected a path").optional()
        .meta({ description: "server: file of the user's password" }),
      cert: z.string().min(1, "expected a path").optional()
        .meta({ description: "server, rtsps: file of its certificate" }),
      key: z.string().min(1, "expected a path").optional()
        .meta({ description: "server, rtsps: file of its private key" }),
      multicast: z.string().optional()
        .meta({ description: "server: group for those who ask for one" }),
      ttl: udp.options.ttl,
      interface: udp.options.interface,
      maxViewers: option.integer(1, 1000).default(16)
        .meta({ description: "server: most viewers at a time" }),
      maxPerAddress: option.integer(1, 1000).default(8)
        .meta({ description: "server: most viewers from one address" }),
      sendBuffer: option.integer(4096, 1 << 20).default(16384)
        .meta({ description: "server: bytes kept for a slow viewer" }),
    }),

    async send(viewers, context, ready) {
      const { address, options } = context;
      if (options.mode === "publish" || isPublishing(address.resource)) {
        await publishTo(viewers, context, host);
      } else await servers.serve(viewers, context, ready);
    },

    async receive(context) {
      const { address, options: { transport }, runtime, log } = context;
      if (address.host === undefined) {
        throw new ConfigError(
          `Cannot receive from "${address.redacted}": it names no server`,
        );
      }
      const startedAt = runtime.now();
      const trust = await trustOf(context, host);
      await using stack = new AsyncDisposableStack();
      const tunnel = trust &&
        stack.use(await Tunnel.open(context, trust, host));
      const ways: Way[] = tunnel
        ? ["tcp"]
        : transport === "auto"
        ? ["tcp", "udp"]
        : [transport];
      for (const way of ways) {
        const isLast = way === ways.at(-1);
        // What it took to connect to the server counts as well.
        const patience = tunnel
          ? LAST_MS - (runtime.now() - startedAt)
          : isLast
          ? LAST_MS
          : TRY_MS;
        const at = tunnel?.addressOf(address) ?? address;
        const session = await RtspSession.start(context, at, way, host);
        try {
          if (await session.hasPicture(media.ms(patience))) {
            log.info(`receives over ${tunnel ? "TLS" : way}`);
            stack.use(session);
            return open(session, {
              peer: media.hostAndPort(address.host, portOf(address)),
              lossy: way === "udp",
              dispose: stack.move(),
            });
          }
          log.warn(`no picture over ${way} so far`);
        } catch (error) {
          await session[Symbol.asyncDispose]();
          const isWayOut = error instanceof StreamError &&
            error.failure === "undecodable";
          if (isLast || !isWayOut) throw error;
        }
        await session[Symbol.asyncDispose]();
        context.signal.throwIfAborted();
      }
      throw new StreamError(
        "stalled",
        `${address.redacted} sent no picture within ${LAST_MS / 1000} s`,
      );
    },
  });
};

function open(
  session: RtspSession,
  { peer, lossy, dispose }: {
    readonly peer: string;
    readonly lossy: boolean;
    readonly dispose: AsyncDisposableStack;
  },
) {
  return {
    type: "units" as const,
    peer,
    lossy,
    units: session.units(),
    [Symbol.asyncDispose]: () => dispose.disposeAsync(),
  };
}
