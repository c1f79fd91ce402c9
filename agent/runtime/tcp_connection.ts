/**
 * One TCP connection.
 *
 * @module
 */

import type { Socket } from "node:net";
import { StreamError } from "../errors.ts";
import { hostAndPort } from "../media/address.ts";
import { unmapped } from "../media/ip_address.ts";
import type { TcpConnection } from "../plugin/runtime.ts";
import { causeOf } from "./system_error.ts";
import { Queue } from "./queue.ts";

/**
 * Chunks that may wait before the socket is no longer read, so that a burst
 * stays with the sender: about a quarter of a second of 1080p in 64 KiB reads.
 */
const MAX_WAITING_CHUNKS = 8;

/** A socket that is connected, and belongs to it from here on. */
export class Connection implements TcpConnection {
  readonly peer: string;
  readonly peerHost: string;
  readonly #socket: Socket;
  readonly #chunks = new Queue<Uint8Array<ArrayBuffer>>();
  /** Rejects the writes that the system has not taken. */
  readonly #writes = new Set<() => void>();
  #failure: Error | undefined;
  #closed = false;
  #reading = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.peerHost = unmapped(socket.remoteAddress ?? "");
    this.peer = hostAndPort(this.peerHost, socket.remotePort);
    socket.on("error", (error) => this.#failure ??= error);
    socket.on("end", () => this.#chunks.end());
    socket.on("close", () => {
      this.#closed = true;
      this.#chunks.end(this.#lost());
      for (const reject of this.#writes) reject();
      this.#writes.clear();
    });
  }

  get chunks(): AsyncIterable<Uint8Array<ArrayBuffer>> {
    return this.#read();
  }

  write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    return new Promise((resolve, reject) => {
      const lost = () => reject(this.#lost());
      if (this.#closed || !this.#socket.writable) return lost();
      this.#writes.add(lost);
      this.#socket.write(bytes, (error) => {
        // What broke is known when the socket closes: Deno calls a write that
        // a reset cut short "canceled".
        if (error && !this.#closed) return;
        this.#writes.delete(lost);
        if (error) lost();
        else resolve();
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#chunks.end();
    this.#socket.destroy();
    await Promise.resolve();
  }

  async *#read(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    const socket = this.#socket;
    if (!this.#reading) {
      this.#reading = true;
      socket.on("data", (chunk: Uint8Array<ArrayBuffer>) => {
        this.#chunks.push(chunk);
        if (this.#chunks.size >= MAX_WAITING_CHUNKS) socket.pause();
      });
    }
    for await (const chunk of this.#chunks) {
      yield chunk;
      if (this.#chunks.size === 0 && socket.isPaused()) socket.resume();
    }
  }

  #lost(): StreamError {
    const why = this.#failure ? causeOf(this.#failure) : "closed";
    return new StreamError("lost", `Lost ${this.peer}: ${why}`, {
      cause: this.#failure,
    });
  }
}
