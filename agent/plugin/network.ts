/**
 * The network, as far as plugins may touch it.
 *
 * @module
 */

import type { Milliseconds } from "../media/time.ts";

/** An open TCP connection. */
export interface TcpConnection extends AsyncDisposable {
  /** `host:port` of the other side, for logs. */
  readonly peer: string;
  /** Numeric address of the other side, without the port. */
  readonly peerHost: string;
  /**
   * The bytes that arrive. Each chunk is borrowed until the next one is asked
   * for. Ends when the peer closes its side.
   *
   * @throws {StreamError} "lost" if the connection breaks.
   */
  readonly chunks: AsyncIterable<Uint8Array<ArrayBuffer>>;
  /**
   * Resolves when the system has taken the bytes.
   *
   * @throws {StreamError} "lost" if the connection is gone.
   */
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
}

/** How a server proves who it is; by nothing else, it is not believed. */
export interface TlsOptions {
  /**
   * Certificates that are trusted in place of the well-known ones, as PEM.
   * Server certificates have to name the host.
   */
  ca?: string;
  /**
   * SHA-256 of the one certificate that is trusted, as 64 hexadecimal digits;
   * colons may stand between them. Whom it names does not matter then.
   */
  fingerprint?: string;
}

/** How a connection is opened. */
export interface DialOptions {
  /** Name or numeric address. */
  host: string;
  /** 1 to 65535. */
  port: number;
  /** Gives up, and closes a connection that is open already. */
  signal: AbortSignal;
  /** How long the peer may take to answer. */
  timeout: Milliseconds;
  /**
   * Bounds what the system keeps for a peer that does not read, in bytes. Best
   * effort: not every system can. Omit for its default.
   */
  sendBuffer?: number;
  /** Encrypts the connection, once the server has proven who it is. */
  tls?: TlsOptions;
}

/** How we prove who we are. */
export interface Identity {
  /** The certificate, and those that vouch for it, as PEM. */
  readonly cert: string;
  /** The private key of the first one, as PEM. */
  readonly key: string;
}

/** Where connections are accepted. */
export interface ListenOptions {
  /** Numeric address; `0.0.0.0` or `::` for every interface. */
  host: string;
  /** 0 asks the system for a free port. */
  port: number;
  /**
   * Bounds what the system keeps for a peer that does not read, in bytes per
   * connection. Best effort: not every system can. Omit for its default.
   */
  sendBuffer?: number;
  /** Encrypts the connections. */
  tls?: Identity | undefined;
}

/** Accepts TCP connections. Disposing closes those that nobody has taken. */
export interface TcpListener extends AsyncDisposable {
  /** The port it listens on, also where 0 was asked for. */
  readonly port: number;
  /** Connections as they come; each belongs to whoever takes it. */
  readonly connections: AsyncIterable<TcpConnection>;
}

/** How a UDP socket treats multicast groups. */
export interface MulticastOptions {
  /**
   * The group to join. Omit to send only. The socket stays a member, though
   * its interface goes away and comes back.
   */
  group?: string | undefined;
  /**
   * Where groups are: an interface's name, or an address that it has. Omit for
   * the one that the system's routes lead to.
   */
  interface?: string | undefined;
  /**
   * How many routers may pass on what is sent to a group, plus one.
   *
   * @default {1}
   */
  ttl?: number | undefined;
  /**
   * Whether this machine gets what it sends to a group as well.
   *
   * @default {true}
   */
  loopback?: boolean | undefined;
}

/** How a UDP socket is opened. */
export interface UdpOptions {
  /**
   * Numeric address to bind: one of this machine, `0.0.0.0` or `::` for every
   * interface, or a group, whose port any number of sockets may share.
   */
  host: string;
  /** 0 asks the system for a free port. */
  port: number;
  /** Omit where no group is involved. */
  multicast?: MulticastOptions | undefined;
  /** Numeric address of the only sender to hear. Omit to hear everybody. */
  source?: string | undefined;
  /**
   * Bytes that the system is to keep until they are read; it may allow less.
   * Omit for its default.
   */
  receiveBuffer?: number | undefined;
}

/** A datagram that arrived. */
export interface Datagram {
  /** What it carries, borrowed until the next one is asked for. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** Numeric address of who sent it. */
  readonly host: string;
  /** The port it was sent from. */
  readonly port: number;
}

/** An open UDP socket. */
export interface UdpSocket extends AsyncDisposable {
  /** The port it is bound to, also where 0 was asked for. */
  readonly port: number;
  /** Bytes that the system keeps for it, where it tells. */
  readonly receiveBuffer: number | undefined;
  /** What arrives. Ends when the socket is disposed of. */
  readonly datagrams: AsyncIterable<Datagram>;
  /**
   * Resolves when the system has taken the datagram, which does not mean that
   * it arrives.
   *
   * @param host Numeric address.
   * @throws {StreamError} "lost" if the system refuses it.
   */
  send(
    data: Uint8Array<ArrayBuffer>,
    host: string,
    port: number,
  ): Promise<void>;
  /**
   * Counts datagrams that arrived and were thrown away: because nobody took
   * them in time, as far as the system tells, or because of their sender.
   */
  dropped(): number;
}
