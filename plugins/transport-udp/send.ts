/**
 * Access units as datagrams, no faster than receivers can take them.
 *
 * @module
 */

import type {
  Clock,
  Milliseconds,
  PluginContext,
  PluginHost,
  UdpSocket,
  Viewers,
  WireUnit,
} from "../../mod.ts";
import { cut } from "./cut.ts";
import type { Options } from "./mod.ts";

/**
 * What goes out at once. Half of what a socket keeps by default, 212,992 bytes
 * with the kernel's own: 92 datagrams of 1452 bytes (measured, Linux 6.1).
 */
const BURST_BYTES = 65_536;

/** Bytes per millisecond behind that, at least: 128 Mbit/s. */
const MIN_RATE = 16_000;

/** A picture is sent within this part of the time until the next one. */
const PART_OF_INTERVAL = 1 / 3;

/** Between pictures of which the times are not known yet: 30 a second. */
const INTERVAL_MS = 33;

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
  const multicast = media.isMulticast(host)
    ? { ttl, interface: name, loopback }
    : undefined;
  await using socket = await runtime.openUdp({
    host: isV4 ? "0.0.0.0" : "::",
    port: 0,
    multicast,
  });
  const stop = () => void socket[Symbol.asyncDispose]();
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  const pacer = new Pacer(runtime);
  try {
    ready();
    using viewer = viewers.open(`${host}:${port}`);
    for await (const unit of viewer.units) {
      pacer.begin(unit);
      for (const datagram of cut(unit.data, payload)) {
        await pacer.room(datagram.length, signal);
        await socket.send(datagram, host, port);
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** Lets a burst pass, and what is beyond it at an even rate. */
export class Pacer {
  readonly #clock: Clock;
  #tokens = BURST_BYTES;
  #at: Milliseconds;
  #rate = MIN_RATE;
  #interval = INTERVAL_MS;
  #pts: number | undefined;

  /** @param clock Reads and waits. */
  constructor(clock: Clock) {
    this.#clock = clock;
    this.#at = clock.now();
  }

  /** The next picture is to be sent. */
  begin({ data, pts }: Pick<WireUnit, "data" | "pts">): void {
    const interval = (pts - (this.#pts ?? pts)) / 1000;
    if (interval > 0 && interval < 1000) this.#interval = interval;
    this.#pts = pts;
    const rest = data.length - BURST_BYTES;
    this.#rate = Math.max(
      MIN_RATE,
      rest / (this.#interval * PART_OF_INTERVAL),
    );
  }

  /** Waits until so many bytes may be sent. */
  async room(bytes: number, signal: AbortSignal): Promise<void> {
    const now = this.#clock.now();
    const regained = (now - this.#at) * this.#rate;
    this.#tokens = Math.min(BURST_BYTES, this.#tokens + regained) - bytes;
    this.#at = now;
    if (this.#tokens >= 0) return;
    const wait = -this.#tokens / this.#rate as Milliseconds;
    await this.#clock.sleep(wait, signal);
  }
}

/** What {@linkcode sendDatagrams} uses of a socket. */
export type DatagramSender = Pick<UdpSocket, "send">;
