/**
 * H.264 in UDP datagrams, to one receiver or to a multicast group:
 * `udp://192.168.1.7:5004`, `udp://239.1.1.1:5004`. The datagrams are pieces
 * of an Annex B byte stream, as GStreamer, FFmpeg and rpicam-vid send and read
 * it; nothing numbers them.
 *
 * @module
 */

import type { Datagram, IngestDatagram, PluginHost } from "../../mod.ts";
import { cut } from "./cut.ts";

/** Version of the plugin contract this file is written for. */
export const apiVersion = 1;

/** RFC 3551, section 8, has it for media; players try it first. */
const DEFAULT_PORT = 5004;

/** Senders send to the address, receivers bind it; a group they join. */
export default ({ z, udp, media, defineTransport }: PluginHost) => {
  async function* withPeers(
    datagrams: AsyncIterable<Datagram>,
  ): AsyncGenerator<IngestDatagram> {
    for await (const { data, host, port } of datagrams) {
      yield { data, peer: media.hostAndPort(host, port) };
    }
  }

  return defineTransport({
    name: "transport-udp",
    schemes: ["udp"],
    description: "H.264 in UDP datagrams, unicast and multicast",
    options: z.strictObject(udp.options),

    async send(viewers, context, ready) {
      const target = await udp.openTarget(context, DEFAULT_PORT);
      await using _ = target.socket;
      const { payload } = context.options;
      let isReady = false;
      await udp.sendTo(target, viewers, context, {
        write: ({ data }) => cut(data, payload),
        sent() {
          // Not before: there may be no way to the receiver.
          if (!isReady) ready();
          isReady = true;
        },
      });
    },

    async receive(context) {
      const { host = "0.0.0.0", port = DEFAULT_PORT } = context.address;
      const socket = await udp.openPort(context, { host, port });
      return {
        type: "datagrams",
        connectionless: true,
        peer: media.hostAndPort(host, socket.port),
        datagrams: withPeers(socket.datagrams),
        packets: () => ({ lost: 0, reordered: 0, dropped: socket.dropped() }),
        [Symbol.asyncDispose]: () => socket[Symbol.asyncDispose](),
      };
    },
  });
};
