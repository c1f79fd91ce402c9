/**
 * UDP inside the memory of one test.
 *
 * @module
 */

import { ConfigError, StreamError } from "../../agent/errors.ts";
import {
  isMulticast,
  looksLikeIpv4,
  parseIpAddress,
} from "../../agent/media/ip_address.ts";
import type {
  Datagram,
  UdpOptions,
  UdpSocket,
} from "../../agent/plugin/runtime.ts";
import { Queue } from "../../agent/runtime/queue.ts";
import { Gate } from "./gate.ts";
import type { Ledger } from "./ledger.ts";

/** What the system keeps for a socket of this network, in bytes. */
export const FAKE_RECEIVE_BUFFER = 212_992;

/** A datagram that a plugin sent. */
export interface SentDatagram {
  /** What it carries. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** The port it was sent from. */
  readonly from: number;
  /** Where it was sent to. */
  readonly host: string;
  /** The port there. */
  readonly port: number;
}

/** An open socket of a plugin. */
interface Bound {
  readonly options: UdpOptions;
  readonly port: number;
  readonly arrived: Queue<Datagram>;
  dropped: number;
}

/** Delivers datagrams at once, in order, without loss. */
export class FakeUdp {
  /** Everything that plugins have sent. */
  readonly sent: SentDatagram[] = [];
  /** Addresses by name. */
  readonly hosts = new Map<string, string>();
  /** Hosts that the system refuses to send to. */
  readonly unreachable = new Set<string>();
  readonly #ledger: Ledger;
  readonly #sockets = new Set<Bound>();
  readonly #changed = new Gate();
  #nextPort = 50_000;

  /** @param ledger Knows what plugins have opened. */
  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** How each open socket was asked for. */
  get options(): UdpOptions[] {
    return [...this.#sockets].map(({ options }) => options);
  }

  /** Waits until a plugin has bound a port. */
  async bound(port: number): Promise<void> {
    while (!this.#find(port)) await this.#changed.wait();
  }

  /** Sends to plugins as a foreign program. */
  deliver(
    data: Uint8Array<ArrayBuffer>,
    to: number,
    { host = "192.0.2.9", port = 9 } = {},
  ): void {
    const bound = this.#find(to);
    const source = bound?.options.source;
    if (source !== undefined && normal(source) !== normal(host)) {
      bound!.dropped++;
      return;
    }
    bound?.arrived.push({ data: data.slice(), host, port });
  }

  /** Has the system close a socket of a plugin. */
  fail(port: number, error: Error): void {
    this.#find(port)?.arrived.end(error);
  }

  /** As the contract says. */
  async resolveHost(host: string, signal: AbortSignal): Promise<string> {
    await undefined;
    signal.throwIfAborted();
    if (parseIpAddress(host) !== undefined) return host;
    if (looksLikeIpv4(host)) {
      throw new ConfigError(`Cannot find "${host}": it is no IPv4 address`);
    }
    const address = this.hosts.get(host);
    if (address !== undefined) return address;
    throw new StreamError("refused", `Cannot find "${host}": no such host`);
  }

  /** As the contract says. */
  async openUdp(options: UdpOptions): Promise<UdpSocket> {
    await undefined;
    const port = options.port || this.#freePort();
    if (this.#find(port) && !isMulticast(options.host)) {
      throw new ConfigError(
        `Cannot bind ${options.host}:${port}: the port is in use`,
        { exitCode: 69 },
      );
    }
    const entry = this.#ledger.enter(`UDP port ${port}`);
    const arrived = new Queue<Datagram>();
    const bound: Bound = { options, port, arrived, dropped: 0 };
    this.#sockets.add(bound);
    this.#changed.ring();
    return {
      port,
      receiveBuffer: FAKE_RECEIVE_BUFFER,
      datagrams: arrived,
      send: (data, host, to) => this.#send(data, port, host, to),
      dropped: () => bound.dropped,
      [Symbol.asyncDispose]: async () => {
        await undefined;
        this.#sockets.delete(bound);
        arrived.end();
        entry[Symbol.dispose]();
      },
    };
  }

  #freePort(): number {
    while (this.#find(this.#nextPort)) this.#nextPort++;
    return this.#nextPort++;
  }

  async #send(
    data: Uint8Array<ArrayBuffer>,
    from: number,
    host: string,
    port: number,
  ): Promise<void> {
    await undefined;
    if (this.unreachable.has(host)) {
      const why = "network unreachable";
      throw new StreamError("lost", `Cannot send to ${host}:${port}: ${why}`);
    }
    this.sent.push({ data: data.slice(), from, host, port });
    this.#changed.ring();
    this.deliver(data, port, { host: "127.0.0.1", port: from });
  }

  #find(port: number): Bound | undefined {
    return [...this.#sockets].find((bound) => bound.port === port);
  }
}

/** IPv6 addresses can be written in several ways. */
function normal(host: string): string {
  return parseIpAddress(host)?.join() ?? host;
}
