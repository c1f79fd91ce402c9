/**
 * Options of UDP sockets that neither runtime offers, or that the two offer
 * differently.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { ConfigError } from "../errors.ts";
import { parseIpAddress } from "../media/ip_address.ts";
import type { MulticastOptions, UdpOptions } from "../plugin/runtime.ts";
import { ERRNO, errnoName, intBytes, type Libc } from "./libc.ts";
import { socketAddress } from "./socket_address.ts";

/** in.h and in6.h of Linux, the same on x86-64 and arm64. */
const IPPROTO_IP = 0;
const IP_MULTICAST_IF = 32;
const IP_MULTICAST_TTL = 33;
const IP_MULTICAST_LOOP = 34;
const IP_MULTICAST_ALL = 49;
const IPPROTO_IPV6 = 41;
const IPV6_MULTICAST_IF = 17;
const IPV6_MULTICAST_HOPS = 18;
const IPV6_MULTICAST_LOOP = 19;
const IPV6_MULTICAST_ALL = 29;
const MCAST_JOIN_GROUP = 42;
const MCAST_LEAVE_GROUP = 45;
const MCAST_JOIN_SOURCE_GROUP = 46;

/** Where the group stands in a group_req, behind the index and padding. */
const GROUP_OFFSET = 8;

/** if.h: the interface passes on what is sent to groups, or is loopback. */
const IFF_LOOPBACK = 0x8;
const IFF_MULTICAST = 0x1000;

/** How a socket is to treat groups. */
export class Multicast {
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #options: MulticastOptions;
  readonly #source: string | undefined;
  /** Where the group is, by its own account (RFC 4007, section 11). */
  readonly #zone: string | undefined;
  readonly #isV4: boolean;
  readonly #level: number;
  /** The interface that the group was joined on. */
  #joined: number | undefined;

  /** @param libc The calls, on the socket's own thread. */
  constructor(
    libc: Libc,
    fd: number,
    { host, source, multicast = {} }: UdpOptions,
  ) {
    this.#libc = libc;
    this.#fd = fd;
    this.#options = multicast;
    this.#source = source;
    this.#zone = host.split("%")[1];
    this.#isV4 = parseIpAddress(host)?.length === 4;
    this.#level = this.#isV4 ? IPPROTO_IP : IPPROTO_IPV6;
  }

  /**
   * Has what is sent to groups go where it is wanted.
   *
   * @throws {ConfigError} If there is no such interface.
   */
  direct(): void {
    const { ttl = 1, loopback = true } = this.#options;
    const index = this.#interfaceIndex();
    const options = this.#isV4
      ? [
        [IP_MULTICAST_TTL, intBytes(ttl)],
        [IP_MULTICAST_LOOP, intBytes(Number(loopback))],
        // ip_mreqn: group, address, index.
        [IP_MULTICAST_IF, concatInts(0, 0, index)],
      ] as const
      : [
        [IPV6_MULTICAST_HOPS, intBytes(ttl)],
        [IPV6_MULTICAST_LOOP, intBytes(Number(loopback))],
        [IPV6_MULTICAST_IF, intBytes(index)],
      ] as const;
    for (const [name, value] of options) this.#set(name, value);
  }

  /**
   * Joins the group. A member that joins again stays one: an interface that
   * was taken away and came back forgets its groups.
   *
   * @throws {ConfigError} If it is no group, or there is no way to it.
   */
  join(): void {
    const { group } = this.#options;
    const source = this.#source;
    if (group === undefined) return;
    // Without it groups come in that other programs of this machine joined.
    this.#set(this.#isV4 ? IP_MULTICAST_ALL : IPV6_MULTICAST_ALL, intBytes(0));
    const index = this.#interfaceIndex();
    this.#leave(index);
    const request = groupRequest(index, group, source);
    const name = source === undefined
      ? MCAST_JOIN_GROUP
      : MCAST_JOIN_SOURCE_GROUP;
    const errno = this.#set(name, request);
    // Of a single source EADDRNOTAVAIL says that it is joined already.
    const isMember = errno === ERRNO.EADDRINUSE ||
      source !== undefined && errno === ERRNO.EADDRNOTAVAIL;
    if (errno === 0 || isMember) {
      this.#joined = index;
      return;
    }
    throw new ConfigError(`Cannot join group "${group}": ${this.#why(errno)}`);
  }

  /**
   * Gives up what was joined on an interface that is another one by now: a
   * socket may hold 20 (igmp_max_memberships), those of lost ones included.
   */
  #leave(index: number): void {
    const { group } = this.#options;
    const joined = this.#joined;
    if (group === undefined || joined === undefined || joined === index) return;
    // That of a source is found only where the interface still is.
    this.#set(MCAST_LEAVE_GROUP, groupRequest(joined, group));
    this.#joined = undefined;
  }

  /** @returns 0, or the error. */
  #set(name: number, value: Uint8Array): number {
    const { length } = value;
    const level = this.#level;
    const done = this.#libc.setsockopt(this.#fd, level, name, value, length);
    return done === 0 ? 0 : this.#libc.errno();
  }

  #interfaceIndex(): number {
    const { interface: wanted } = this.#options;
    const zone = this.#zone;
    if (wanted !== undefined) return indexOf(wanted);
    if (zone === undefined) return 0;
    return /^\d+$/.test(zone) ? Number(zone) : indexOf(zone);
  }

  #why(errno: number): string {
    switch (errno) {
      case ERRNO.ENODEV:
        return "no interface leads there; choose one with ?interface= " +
          `(${interfaceNames()})`;
      case ERRNO.EINVAL:
        return "it is no multicast group";
      case ERRNO.ENOBUFS:
        return "too many groups are joined already";
      default:
        return errnoName(errno);
    }
  }
}

/**
 * Finds an interface by its name, or by an address that it has.
 *
 * @throws {ConfigError} If there is none, or it carries no multicast.
 */
function indexOf(wanted: string): number {
  const name = parseIpAddress(wanted) === undefined
    ? wanted
    : nameOfAddress(wanted);
  const index = Number(read(name, "ifindex"));
  if (!(index > 0)) {
    throw new ConfigError(
      `Cannot use interface "${wanted}": this machine has ${interfaceNames()}`,
    );
  }
  if (!carriesMulticast(name)) {
    throw new ConfigError(
      `Cannot use interface "${wanted}": it carries no multicast; try ` +
        interfaceNames(carriesMulticast),
    );
  }
  return index;
}

function carriesMulticast(name: string): boolean {
  const flags = Number(read(name, "flags"));
  return (flags & (IFF_MULTICAST | IFF_LOOPBACK)) !== 0;
}

function nameOfAddress(address: string): string {
  const entries = Object.entries(networkInterfaces());
  return entries.find(([, all]) => all?.some((one) => one.address === address))
    ?.[0] ?? "";
}

function interfaceNames(isWanted = (_name: string) => true): string {
  const names = Object.keys(networkInterfaces()).filter(isWanted);
  return names.length === 0 ? "no interface" : names.join(", ");
}

/** sysfs knows of each interface what ifconfig(8) shows. */
function read(name: string, file: "ifindex" | "flags"): string {
  if (!/^[\w@:-][\w.@:-]{0,14}$/.test(name)) return "";
  try {
    return readFileSync(`/sys/class/net/${name}/${file}`, "latin1").trim();
  } catch {
    return "";
  }
}

/** group_req, or group_source_req with a source. */
function groupRequest(
  index: number,
  group: string,
  source?: string,
): Uint8Array<ArrayBuffer> {
  const parts = [group, ...(source === undefined ? [] : [source])]
    .map(socketAddress);
  const size = GROUP_OFFSET + parts.length * parts[0]!.length;
  const request = new Uint8Array(size);
  request.set(intBytes(index));
  parts.forEach((part, i) => request.set(part, GROUP_OFFSET + i * part.length));
  return request;
}

function concatInts(...values: number[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Int32Array.from(values).buffer);
}
