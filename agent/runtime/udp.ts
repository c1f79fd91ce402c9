/**
 * Opens UDP sockets.
 *
 * @module
 */

import { lookup } from "node:dns/promises";
import { ConfigError, StreamError } from "../errors.ts";
import { hostAndPort } from "../media/address.ts";
import { looksLikeIpv4, parseIpAddress } from "../media/ip_address.ts";
import type { Datagram, UdpOptions, UdpSocket } from "../plugin/runtime.ts";
import { abortable } from "./abortable.ts";
import { intBytes, type Libc, libc } from "./libc.ts";
import { Multicast } from "./multicast.ts";
import {
  dropsOf,
  type OwnSocket,
  ownSockets,
  portSuffix,
} from "./socket_table.ts";
import { causeOf, codeOf } from "./system_error.ts";
import { openDatagrams, type RawDatagrams } from "./udp_socket.ts";

/** socket.h of Linux, the same on x86-64 and arm64. */
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
/** Beyond net.core.rmem_max, for whoever may administer the network. */
const SO_RCVBUFFORCE = 33;

/**
 * A group that was silent for so long is joined again: an interface that went
 * away and came back has forgotten it.
 */
const REJOIN_MS = 2000;

/** Inodes of our open sockets: several may share a group's port. */
const inodes = new Set<string>();

/** Finds the address of a machine. */
export async function resolveHost(
  host: string,
  signal: AbortSignal,
): Promise<string> {
  signal.throwIfAborted();
  if (parseIpAddress(host) !== undefined) return host;
  if (looksLikeIpv4(host)) {
    throw new ConfigError(`Cannot find "${host}": it is no IPv4 address`);
  }
  try {
    const all = await abortable(lookup(host, { all: true }), signal);
    const first = all.find(({ family }) => family === 4) ?? all[0];
    if (first !== undefined) return first.address;
  } catch (cause) {
    signal.throwIfAborted();
    const why = causeOf(cause);
    throw new StreamError("refused", `Cannot find "${host}": ${why}`, {
      cause,
    });
  }
  throw new StreamError("refused", `Cannot find "${host}": no such host`);
}

/** Opens a socket. */
export async function openUdp(options: UdpOptions): Promise<UdpSocket> {
  const { host, port } = options;
  let raw: RawDatagrams;
  try {
    raw = await openDatagrams(options);
  } catch (cause) {
    throw new ConfigError(
      `Cannot bind ${hostAndPort(host, port)}: ${causeOf(cause)}`,
      { exitCode: codeOf(cause) === "EACCES" ? 77 : 69, cause },
    );
  }
  try {
    return equip(raw, options);
  } catch (error) {
    raw.close();
    throw error;
  }
}

/** Sets what neither runtime can. */
function equip(raw: RawDatagrams, options: UdpOptions): UdpSocket {
  const { multicast: wanted, receiveBuffer } = options;
  const found = libc && findDescriptor(raw.port);
  if (found === undefined && wanted !== undefined) {
    throw new ConfigError(
      "Cannot use multicast: that takes Linux with the GNU C library",
    );
  }
  const multicast = libc && found && wanted &&
    new Multicast(libc, found.fd, options);
  multicast?.direct();
  multicast?.join();
  const size = libc && found &&
    growReceiveBuffer(libc, found.fd, receiveBuffer);
  return new Socket(raw, { options, multicast, inode: found?.inode, size });
}

/** What an open socket has been equipped with. */
interface Equipment {
  readonly options: UdpOptions;
  readonly multicast: Multicast | undefined;
  readonly inode: string | undefined;
  readonly size: number | undefined;
}

class Socket implements UdpSocket {
  readonly port: number;
  readonly receiveBuffer: number | undefined;
  readonly #raw: RawDatagrams;
  readonly #source: string | undefined;
  readonly #inode: string | undefined;
  readonly #timer: ReturnType<typeof setInterval> | undefined;
  #open = true;
  #heard = false;
  #ignored = 0;

  constructor(
    raw: RawDatagrams,
    { options, multicast, inode, size }: Equipment,
  ) {
    this.port = raw.port;
    this.receiveBuffer = size;
    this.#raw = raw;
    this.#source = options.source && normal(options.source);
    this.#inode = inode;
    if (inode !== undefined) inodes.add(inode);
    if (multicast === undefined || !options.multicast?.group) return;
    this.#timer = setInterval(() => this.#rejoin(multicast), REJOIN_MS);
  }

  get datagrams(): AsyncIterable<Datagram> {
    return this.#read();
  }

  async send(
    data: Uint8Array<ArrayBuffer>,
    host: string,
    port: number,
  ): Promise<void> {
    try {
      await sendPast(this.#raw, data, host, port);
    } catch (cause) {
      const to = hostAndPort(host, port);
      const why = this.#open ? causeOf(cause) : "the socket is closed";
      throw new StreamError("lost", `Cannot send to ${to}: ${why}`, { cause });
    }
  }

  dropped(): number {
    const inode = this.#open ? this.#inode : undefined;
    const missed = inode === undefined ? 0 : dropsOf(inode);
    return this.#ignored + this.#raw.dropped + missed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    if (this.#open && this.#inode !== undefined) inodes.delete(this.#inode);
    this.#open = false;
    this.#raw.close();
    await Promise.resolve();
  }

  async *#read(): AsyncGenerator<Datagram> {
    for await (const datagram of this.#raw) {
      const source = this.#source;
      if (source !== undefined && normal(datagram.host) !== source) {
        this.#ignored++;
        continue;
      }
      this.#heard = true;
      yield datagram;
    }
  }

  #rejoin(multicast: Multicast): void {
    const heard = this.#heard;
    this.#heard = false;
    if (heard) return;
    try {
      multicast.join();
    } catch (error) {
      // Its interface is still away.
      if (!(error instanceof ConfigError)) throw error;
    }
  }
}

/** IPv6 addresses can be written in several ways. */
function normal(host: string): string {
  return parseIpAddress(host)?.join() ?? host;
}

/**
 * How often a datagram is sent that others keep back: with six of them on the
 * way to nobody, two were not enough for one in a hundred (measured, Bun
 * 1.4.5).
 */
const ATTEMPTS = 16;

/**
 * Sends. That nobody took an earlier datagram, whoever that went to, is told
 * instead; it is no reason to keep this one back.
 */
async function sendPast(
  raw: RawDatagrams,
  ...datagram: Parameters<RawDatagrams["send"]>
): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    try {
      await raw.send(...datagram);
      return;
    } catch (error) {
      if (codeOf(error) !== "ECONNREFUSED") throw error;
    }
  }
}

/** Finds the socket that was opened last on a port. */
function findDescriptor(port: number): OwnSocket | undefined {
  const [socket] = ownSockets(
    "udp",
    (local, _remote, _state, inode) =>
      local.endsWith(portSuffix(port)) && !inodes.has(inode),
  );
  return socket;
}

/** @returns The size that it has now; the kernel counts its own part as well. */
function growReceiveBuffer(
  libc: Libc,
  fd: number,
  wanted: number | undefined,
): number | undefined {
  if (wanted !== undefined) {
    const bytes = intBytes(wanted);
    const set = (name: number) =>
      libc.setsockopt(fd, SOL_SOCKET, name, bytes, bytes.length) === 0;
    if (!set(SO_RCVBUFFORCE)) set(SO_RCVBUF);
  }
  const value = intBytes(0);
  const length = intBytes(value.length);
  const done = libc.getsockopt(fd, SOL_SOCKET, SO_RCVBUF, value, length);
  return done === 0 ? new Int32Array(value.buffer)[0] : undefined;
}
