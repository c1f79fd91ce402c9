/**
 * What transports over UDP have in common: their options, and how they open
 * their sockets.
 *
 * @module
 */

import { z } from "zod";
import { ConfigError } from "../errors.ts";
import { hostAndPort, refusePath } from "../media/address.ts";
import {
  isLoopback,
  isMulticast,
  isWildcard,
  parseIpAddress,
  unmapped,
} from "../media/ip_address.ts";
import type { PluginContext } from "./context.ts";
import { option } from "./options.ts";
import type { UdpSocket } from "./runtime.ts";
import { sendTo, type UdpTarget } from "./udp_sender.ts";

/** What an address of a transport over UDP may say. */
export interface UdpTransportOptions {
  /** Largest datagram that is sent, without the headers of IP and UDP. */
  readonly payload: number;
  /** How far a group's datagrams get. */
  readonly ttl: number;
  /** Where the group is. */
  readonly interface?: string | undefined;
  /** Whether this machine gets what it sends to a group. */
  readonly loopback: boolean;
  /** Who alone is listened to. */
  readonly source?: string | undefined;
}

/** Schemas of {@linkcode UdpTransportOptions}. */
const options = {
  // 1500 of Ethernet less IPv6 and tunnels, as MediaMTX has it.
  payload: option.integer(64, 65_507).default(1452)
    .meta({ description: "most bytes of a datagram that is sent" }),
  ttl: option.integer(0, 255).default(1)
    .meta({ description: "routers that a group's datagrams may pass, plus 1" }),
  interface: z.string().optional()
    .meta({ description: "where a group is: eth0, or an address it has" }),
  loopback: option.flag().default(true)
    .meta({ description: "whether this machine gets what it sends" }),
  source: z.string().optional()
    .meta({ description: "the only sender to listen to" }),
} as const;

/**
 * Opens a socket that sends to an address.
 *
 * @param defaultPort Where the address names none.
 * @throws {ConfigError} If the address names no receiver, or has a path.
 */
async function openTarget(
  { address, options, runtime, signal }: PluginContext<UdpTransportOptions>,
  defaultPort: number,
): Promise<UdpTarget> {
  refusePath(address);
  const { host: name = "", port = defaultPort, redacted } = address;
  const refuse = (why: string) =>
    new ConfigError(`Cannot send to "${redacted}": ${why}`);
  if (options.source !== undefined) throw refuse("?source= is for receivers");
  if (port === 0) throw refuse("it has no port");
  if (name === "" || isWildcard(name)) {
    throw refuse(
      "it names no receiver; name one such as " +
        `${address.scheme}://192.168.1.7:${port}, or a group such as ` +
        `${address.scheme}://239.1.1.1:${port}`,
    );
  }
  const host = await runtime.resolveHost(name, signal);
  const { ttl, interface: through, loopback } = options;
  if (through !== undefined && !isMulticast(host)) {
    throw refuse(
      "?interface= is for groups; the system knows the way to a receiver",
    );
  }
  const socket = await runtime.openUdp({
    host: anyAddress(host),
    port: 0,
    multicast: isMulticast(host)
      ? { ttl, interface: through, loopback }
      : undefined,
  });
  return { host, port, socket };
}

/**
 * Bytes that are to wait in the system while this process is busy. Linux takes
 * twice as many, where it takes them at all: 3640 datagrams of 1452 bytes, two
 * seconds of 20 Mbit/s (measured, Linux 6.18).
 */
const RECEIVE_BUFFER = 4 << 20;

/**
 * Binds an address to receive; a group is joined.
 *
 * @param at Numeric address or name, and the port.
 * @returns The socket, which belongs to the caller.
 * @throws {ConfigError} If it is not ours to bind, or has a path.
 */
async function openPort(
  context: PluginContext<UdpTransportOptions>,
  at: { readonly host: string; readonly port: number },
): Promise<UdpSocket> {
  const { runtime, options, signal, log, address } = context;
  refusePath(address);
  const { port } = at;
  const refuse = (why: string) =>
    new ConfigError(`Cannot receive from "${address.redacted}": ${why}`);
  const host = await runtime.resolveHost(at.host, signal);
  const isGroup = isMulticast(host);
  if (options.interface !== undefined && !isGroup) {
    throw refuse(
      "?interface= is for groups; bind the interface's address instead",
    );
  }
  const source = options.source === undefined
    ? undefined
    : unmapped(await runtime.resolveHost(options.source, signal));
  if (source !== undefined && !canHear(host, source)) {
    throw refuse(`no datagram of ${source} gets to ${host}`);
  }
  const socket = await open();
  if (signal.aborted) {
    await socket[Symbol.asyncDispose]();
    throw signal.reason;
  }
  const kept = socket.receiveBuffer === undefined
    ? ""
    : `, with room for ${Math.round(socket.receiveBuffer / 1000)} kB`;
  const bound = hostAndPort(host, socket.port);
  log.info(`${isGroup ? "joined" : "waits on"} ${bound}${kept}`);
  if (isLoopback(host)) {
    const others = hostAndPort(anyAddress(host), socket.port);
    log.info(
      `hears only this machine; ${address.scheme}://${others} hears others`,
    );
  }
  return socket;

  async function open(): Promise<UdpSocket> {
    try {
      return await runtime.openUdp({
        host,
        port,
        multicast: isGroup
          ? { group: host, interface: options.interface }
          : undefined,
        source,
        receiveBuffer: RECEIVE_BUFFER,
      });
    } catch (error) {
      const isOurs = isGroup || isWildcard(host) || isLoopback(host);
      if (isOurs || !(error instanceof ConfigError)) throw error;
      const any = hostAndPort(anyAddress(host), port);
      throw new ConfigError(
        `${error.message} (receivers bind an address of their own: ` +
          `${address.scheme}://${any})`,
        { exitCode: error.exitCode, cause: error },
      );
    }
  }
}

/** Of the two families `::` hears both. */
function canHear(at: string, source: string): boolean {
  return isV4(at) === isV4(source) || !isV4(at) && isWildcard(at);
}

/** Every interface, of the family of an address. */
function anyAddress(host: string): string {
  return isV4(host) ? "0.0.0.0" : "::";
}

function isV4(address: string): boolean {
  return parseIpAddress(address)?.length === 4;
}

/** What plugins use of this module. */
export const udp = { options, openTarget, openPort, sendTo } as const;
