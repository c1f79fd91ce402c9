/**
 * RTP packets of a port that stays bound, as access units.
 *
 * @module
 */

import type {
  Datagram,
  Ingest,
  IngestDatagram,
  PluginContext,
  PluginHost,
  UdpSocket,
  UdpTransportOptions,
} from "../../mod.ts";
import type { Description } from "./description.ts";
import { reportPort } from "./port.ts";

/** What the module needs of the host. */
type Host = Pick<PluginHost, "udp" | "RtpUnits" | "media"> & {
  /** What is known of the stream beforehand. */
  readonly sdp: Description | undefined;
};

/**
 * Takes packets, and reports from the next port where that is free.
 *
 * @param socket Belongs to the ingest, or is closed.
 */
export async function receivePackets(
  context: PluginContext<UdpTransportOptions>,
  socket: UdpSocket,
  host: string,
  { udp, RtpUnits, media, sdp }: Host,
): Promise<Ingest> {
  const { runtime, log } = context;
  const receiver = new media.RtpReceiver(sdp);
  const reports = await openReports(context, { host, socket, udp });
  const units = new RtpUnits(receiver, runtime);
  const closed = new AbortController();
  const reading = readReports();

  return {
    type: "units",
    connectionless: true,
    get peer() {
      return units.peer;
    },
    units: units.readAll(withPeers(socket.datagrams)),
    packets() {
      const packets = units.packets();
      return { ...packets, dropped: packets.dropped + socket.dropped() };
    },
    async [Symbol.asyncDispose]() {
      closed.abort();
      await socket[Symbol.asyncDispose]();
      await reports?.[Symbol.asyncDispose]();
      await reading;
    },
  };

  async function* withPeers(
    datagrams: AsyncIterable<Datagram>,
  ): AsyncGenerator<IngestDatagram> {
    for await (const { data, host, port } of datagrams) {
      yield { data, peer: media.hostAndPort(host, port) };
    }
  }

  async function readReports(): Promise<void> {
    try {
      for await (const { data } of reports?.datagrams ?? []) {
        // An odd port may be that of another stream, of a careless sender.
        if (!isReport(data)) continue;
        // Packets from before it may still wait to be read. A sender is not to
        // be forgotten at once either (RFC 3550, section 6.2.1).
        if (saysGoodbye(data)) {
          await runtime.sleep(media.MAX_REORDER_WINDOW, closed.signal);
        }
        units.report(data);
      }
    } catch (error) {
      if (!closed.signal.aborted) log.warn(withoutReports(error));
    }
  }

  function isReport(data: Uint8Array): boolean {
    const { senderReports, goodbyes } = media.parseRtcp(data);
    return senderReports.length + goodbyes.length > 0;
  }

  function saysGoodbye(data: Uint8Array): boolean {
    const { goodbyes } = media.parseRtcp(data);
    const { ssrc } = receiver.statistics;
    return ssrc !== undefined && goodbyes.includes(ssrc);
  }
}

/**
 * Opens the next port (RFC 3550, section 11). What a sender's clock says is
 * welcome, and no condition.
 */
async function openReports(
  context: PluginContext<UdpTransportOptions>,
  { host, socket, udp }:
    & Pick<PluginHost, "udp">
    & { readonly host: string; readonly socket: UdpSocket },
): Promise<UdpSocket | undefined> {
  const port = reportPort(socket.port);
  if (port === undefined) return undefined;
  const quiet = { ...context, log: { info() {}, warn() {} } };
  try {
    return await udp.openPort(quiet, { host, port });
  } catch (error) {
    if (context.signal.aborted) {
      await socket[Symbol.asyncDispose]();
      throw error;
    }
    context.log.warn(withoutReports(error));
    return undefined;
  }
}

function withoutReports(error: unknown): string {
  const why = error instanceof Error ? error.message : error;
  return `does without the sender's clock: ${why}`;
}
