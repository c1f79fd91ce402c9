/**
 * Publishing to an RTSP server: `rtsp://server:8554/cam?mode=publish`.
 *
 * @module
 */

import type { PluginHost, SendContext, Viewers } from "../../mod.ts";
import { DEFAULT_PORT, urlOf } from "./request.ts";

/** What an address may say, as far as publishing goes. */
export interface PublishOptions {
  readonly transport: "auto" | "tcp" | "udp";
  readonly mode?: "publish" | undefined;
}

/** The word among those of the server. */
const MODE = /([?&])mode=publish(&|$)/;

/**
 * Publishes until the agent stops.
 *
 * @throws {ConfigError} If the address does not say that this is wanted.
 */
export async function publishTo(
  viewers: Viewers,
  context: SendContext<PublishOptions>,
  { media, ConfigError }: Pick<PluginHost, "media" | "ConfigError">,
): Promise<void> {
  const { address, options: { transport, mode }, log } = context;
  const { host, port = DEFAULT_PORT, resource = "", redacted } = address;
  if (host === undefined) {
    throw new ConfigError(
      `Cannot publish to "${redacted}": it names no server`,
    );
  }
  if (mode === undefined && !MODE.test(resource)) {
    throw new ConfigError(
      `Cannot serve "${redacted}": there is no RTSP server yet; to publish ` +
        "to one add ?mode=publish",
    );
  }
  if (address.password !== undefined) {
    log.warn(
      "everybody on this machine can see the password, in FFmpeg's arguments",
    );
  }
  const asked = { ...address, resource: withoutMode(resource) };
  const way = transport === "udp" ? "udp" : "tcp";
  await context.publish(
    { output: ["-rtsp_transport", way, "-f", "rtsp", urlOf(asked)] },
    viewers,
    media.hostAndPort(host, port),
  );
}

/** Takes our word out of what the server is asked. */
export function withoutMode(resource: string): string {
  return resource.replace(
    MODE,
    (_, before, after) => after === "&" ? before : "",
  );
}
