/**
 * The two ends of a TCP connection in memory: the one that the plugin has, and
 * the raw one of whoever it talks to.
 *
 * @module
 */

import { StreamError } from "../../agent/errors.ts";
import { concat } from "../../agent/media/bytes.ts";
import type { TcpConnection } from "../../agent/plugin/runtime.ts";
import type { TcpLane } from "./tcp_lane.ts";

/** A connection and what both ends of it know. */
export interface TcpLink {
  /** From the plugin to the peer. */
  readonly out: TcpLane;
  /** From the peer to the plugin. */
  readonly in: TcpLane;
  /** Sizes of the plugin's writes. */
  readonly writes: number[];
}

/** The raw end: a program that is not ours. */
export class FakeTcpPeer {
  /** Sizes of the plugin's writes, in bytes. */
  readonly writes: readonly number[];
  /** Resolves when the connection has ended or broken. */
  readonly closed: Promise<"ended" | "broken">;
  readonly #link: TcpLink;
  readonly #parts: Uint8Array<ArrayBuffer>[] = [];
  #paused = false;

  /** Reads by itself from the start. */
  constructor(link: TcpLink) {
    this.#link = link;
    this.writes = link.writes;
    this.closed = this.#read();
  }

  /** Everything it has read. */
  get received(): Uint8Array<ArrayBuffer> {
    return concat(...this.#parts);
  }

  /** Stays, but reads no more. */
  pause(): void {
    this.#paused = true;
  }

  /** Reads on. */
  resume(): void {
    this.#paused = false;
    this.#link.out.wake();
  }

  /** Sends; waits until the system has taken it. */
  async send(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#link.in.write(bytes);
  }

  /** Sends a FIN: nothing more will come from here. */
  end(): void {
    this.#link.in.end();
  }

  /** Closes the connection as a program does that ends. */
  leave(): void {
    this.#link.in.end();
    this.#link.out.break();
  }

  /** Sends a RST. */
  reset(): void {
    this.#link.in.break();
    this.#link.out.break();
  }

  async #read(): Promise<"ended" | "broken"> {
    const { out } = this.#link;
    for (;;) {
      const chunk = await out.take(() => this.#paused);
      if (chunk === undefined) break;
      this.#parts.push(chunk);
    }
    return out.state === "broken" ? "broken" : "ended";
  }
}

/** The plugin's end. */
export class FakeTcpConnection implements TcpConnection {
  readonly peer: string;
  readonly peerHost: string;
  readonly #link: TcpLink;
  readonly #entry: Disposable;
  #disposed = false;

  /** @param entry Disposed of when the plugin has closed the connection. */
  constructor(link: TcpLink, host: string, port: number, entry: Disposable) {
    this.#link = link;
    this.#entry = entry;
    this.peerHost = host;
    this.peer = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  }

  get chunks(): AsyncIterable<Uint8Array<ArrayBuffer>> {
    return this.#read();
  }

  async write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#link.writes.push(bytes.length);
    if (!await this.#link.out.write(bytes)) throw this.#lost();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    this.#link.out.end();
    this.#link.in.break();
    this.#entry[Symbol.dispose]();
    return Promise.resolve();
  }

  async *#read(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    yield* this.#link.in.lend();
    if (this.#disposed) return;
    if (this.#link.in.state === "broken") throw this.#lost();
    // As sockets do that are not allowed to be half open.
    this.#link.out.end();
  }

  #lost(): StreamError {
    return new StreamError("lost", `Lost ${this.peer}: connection reset`);
  }
}
