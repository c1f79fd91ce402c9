/**
 * Access units as datagrams, no faster than receivers can take them.
 *
 * @module
 */

import type { PluginContext, PluginHost, Viewers } from "../../mod.ts";
import { cut } from "./cut.ts";
import type { Options } from "./mod.ts";

/** Who gets the datagrams. */
export interface Target {
  /** Numeric address of a machine or a group. */
  readonly host: string;
  /** The port there. */
  readonly port: number;
}

/** Sends until the agent stops. */
export async function sendDatagrams(
  viewers: Viewers,
  { runtime, options, signal }: PluginContext<Options>,
  { host, port }: Target,
  { media, ready }: Pick<PluginHost, "media"> & { ready: () => void },
): Promise<void> {
  const { payload, ttl, interface: name, loopback } = options;
  const isV4 = media.parseIpAddress(host)?.length === 4;
  await using socket = await runtime.openUdp({
    host: isV4 ? "0.0.0.0" : "::",
    port: 0,
    multicast: media.isMulticast(host)
      ? { ttl, interface: name, loopback }
      : undefined,
  });
  if (signal.aborted) return;
  const pacer = new media.Pacer();
  ready();
  using viewer = viewers.open(media.hostAndPort(host, port));
  for await (const { data, pts } of viewer.units) {
    pacer.begin(data.length, pts);
    for (const datagram of cut(data, payload)) {
      const wait = pacer.take(datagram.length, runtime.now());
      if (wait > 0) await runtime.sleep(wait, signal);
      await socket.send(datagram, host, port);
    }
  }
}
