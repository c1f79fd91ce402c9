/**
 * A stream in datagrams, to one client or to a group.
 *
 * @module
 */

import type {
  PluginHost,
  SendContext,
  UdpTarget,
  Viewers,
} from "../../../mod.ts";

/**
 * Sends packets to a port and reports to the next, until `signal` aborts.
 *
 * @param isPaused Tells whether more is to follow then: who has been told that
 * it is over takes nothing more.
 * @throws {StreamError} "lost" if the system refuses a datagram.
 */
export async function sendDatagrams(
  {
    target,
    reports,
    reportPort = target.port + 1,
    isPaused = () => false,
  }: {
    readonly target: UdpTarget;
    /** From where reports go; belongs to the caller as the target does. */
    readonly reports: UdpTarget["socket"];
    readonly reportPort?: number;
    isPaused?(): boolean;
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
  if (isPaused()) return;
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
