/**
 * TCP inside the memory of one test.
 *
 * @module
 */

import { ConfigError, StreamError } from "../../agent/errors.ts";
import type {
  Clock,
  DialOptions,
  ListenOptions,
  TcpConnection,
  TcpListener,
} from "../../agent/plugin/runtime.ts";
import { Queue } from "../../agent/runtime/queue.ts";
import { Gate } from "./gate.ts";
import type { Ledger } from "./ledger.ts";
import { TcpLane } from "./tcp_lane.ts";
import { FakeTcpConnection, FakeTcpPeer, type TcpLink } from "./tcp_peer.ts";

/** Bytes a connection keeps in each direction unless the plugin bounds it. */
const CAPACITY = 1 << 16;

/** A program that listens, and is not ours. */
export interface FakeTcpTarget {
  /** Where it listens. */
  readonly port: number;
  /** Connections as they come. */
  readonly peers: AsyncIterable<FakeTcpPeer>;
}

interface FakeListener {
  accept(host: string): FakeTcpPeer;
  readonly connections: Queue<TcpConnection>;
}

/** Connects plugins with raw peers. */
export class FakeNetwork {
  /** Hosts that never answer. */
  readonly silent = new Set<string>();
  readonly #clock: Clock;
  readonly #ledger: Ledger;
  readonly #listeners = new Map<number, FakeListener>();
  readonly #targets = new Map<number, Queue<FakeTcpPeer>>();
  readonly #changed = new Gate();
  #nextPort = 40_000;

  /** @param ledger Knows what plugins have opened. */
  constructor(clock: Clock, ledger: Ledger) {
    this.#clock = clock;
    this.#ledger = ledger;
  }

  /** Listens as a raw program. */
  target(port: number = this.#nextPort++): FakeTcpTarget {
    const peers = new Queue<FakeTcpPeer>();
    this.#targets.set(port, peers);
    return { port, peers };
  }

  /** Connects as a raw program, as soon as a plugin listens there. */
  async connect(port: number, host = "127.0.0.1"): Promise<FakeTcpPeer> {
    for (;;) {
      const listener = this.#listeners.get(port);
      if (listener !== undefined) return listener.accept(host);
      await this.#changed.wait();
    }
  }

  /** Has the system close a port that a plugin listens on. */
  fail(port: number, error?: Error): void {
    this.#listeners.get(port)?.connections.end(error);
  }

  /** As the contract says. */
  async dialTcp(options: DialOptions): Promise<TcpConnection> {
    const { host, port, signal, timeout, sendBuffer = CAPACITY } = options;
    signal.throwIfAborted();
    const failure = (why: string) =>
      new StreamError("refused", `Cannot connect to ${host}:${port}: ${why}`);
    if (this.silent.has(host)) {
      await this.#clock.sleep(timeout, signal);
      throw failure(`no answer within ${timeout} ms`);
    }
    const target = this.#targets.get(port);
    if (target === undefined) throw failure("connection refused");
    await undefined;
    signal.throwIfAborted();
    const link = openLink(sendBuffer);
    target.push(new FakeTcpPeer(link));
    return this.#connection(link, host, port);
  }

  /** As the contract says. */
  async listenTcp(options: ListenOptions): Promise<TcpListener> {
    await undefined;
    const { host, sendBuffer = CAPACITY } = options;
    const port = options.port || this.#nextPort++;
    if (this.#listeners.has(port)) {
      throw new ConfigError(
        `Cannot listen on ${host}:${port}: the port is in use`,
        { exitCode: 69 },
      );
    }
    const entry = this.#ledger.enter(`listener on port ${port}`);
    const connections = new Queue<TcpConnection>();
    const accept = (peerHost: string) => {
      const link = openLink(sendBuffer);
      connections.push(this.#connection(link, peerHost, this.#nextPort++));
      return new FakeTcpPeer(link);
    };
    this.#listeners.set(port, { accept, connections });
    this.#changed.ring();
    return {
      port,
      connections,
      [Symbol.asyncDispose]: async () => {
        this.#listeners.delete(port);
        const untaken = connections.drain();
        connections.end();
        for (const it of untaken) await it[Symbol.asyncDispose]();
        entry[Symbol.dispose]();
      },
    };
  }

  #connection(link: TcpLink, host: string, port: number): TcpConnection {
    const entry = this.#ledger.enter(`connection to ${host}`);
    return new FakeTcpConnection(link, host, port, entry);
  }
}

function openLink(capacity: number): TcpLink {
  return {
    out: new TcpLane(capacity),
    in: new TcpLane(CAPACITY),
    writes: [],
  };
}
