/**
 * From the queue of a viewer to datagrams, no faster than receivers can take
 * them.
 *
 * @module
 */

import { hostAndPort } from "../media/address.ts";
import { Pacer } from "../media/pacer.ts";
import type { PluginContext } from "./context.ts";
import type { UdpSocket } from "./runtime.ts";
import type { Viewers, WireUnit } from "./transport.ts";

/** An open socket, and whom it sends to. */
export interface UdpTarget {
  /** Belongs to the caller. */
  readonly socket: UdpSocket;
  /** Numeric address of a machine or a group. */
  readonly host: string;
  /** The port there. */
  readonly port: number;
}

/** What {@linkcode sendTo} is to do with access units. */
export interface DatagramWriter {
  /** Makes the datagrams of one, which belong to the caller. */
  write(unit: WireUnit): Iterable<Uint8Array<ArrayBuffer>>;
  /** Called when the system has taken them. */
  sent?(unit: WireUnit): Promise<void> | void;
}

/**
 * Sends to one receiver, or to a group, until the agent stops.
 *
 * @returns When `signal` has aborted.
 * @throws {StreamError} "lost" if the system refuses a datagram.
 */
export async function sendTo(
  { socket, host, port }: UdpTarget,
  viewers: Viewers,
  { runtime, signal }: PluginContext<unknown>,
  { write, sent }: DatagramWriter,
): Promise<void> {
  using viewer = viewers.open(hostAndPort(host, port));
  const stopped = Promise.withResolvers<void>();
  const stop = () => {
    viewer[Symbol.dispose]();
    stopped.resolve();
  };
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  const pacer = new Pacer();
  try {
    for await (const unit of viewer.units) {
      pacer.begin(unit.data.length, unit.pts);
      for (const datagram of write(unit)) {
        const wait = pacer.take(datagram.length, runtime.now());
        if (wait > 0) await runtime.sleep(wait, signal);
        await socket.send(datagram, host, port);
      }
      await sent?.(unit);
    }
    // The receiver has everything; the agent is about to stop.
    viewer[Symbol.dispose]();
    await stopped.promise;
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
