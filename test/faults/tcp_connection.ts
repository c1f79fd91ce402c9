/**
 * One connection through the proxy: two sockets, a lane each way.
 *
 * @module
 */

import type { Socket } from "node:net";
import { until } from "./deadline.ts";
import { unacknowledged } from "./small_socket.ts";
import { Lane, type LaneFaults } from "./tcp_lane.ts";

/** How a connection is cut: RST, or FIN. */
export type Cut = "reset" | "close";

/** Longer than a delayed acknowledgement (40 ms on Linux). */
const ACKNOWLEDGE_MS = 1000;

/** What a connection tells the proxy. */
export interface ConnectionObserver {
  /** Bytes went downstream. */
  down(bytes: number): void;
  /** Bytes went upstream. */
  up(bytes: number): void;
  /** Something happened, said in a word or two. */
  event(what: string): void;
}

/** Owns both sockets from its construction on. */
export class ProxiedConnection {
  readonly #client: Socket;
  readonly #upstream: Socket;
  readonly #observer: ConnectionObserver;
  readonly #down: Lane;
  readonly #up: Lane;
  readonly #closed: Promise<unknown>;
  #cut: Cut = "reset";

  /** Joins a receiver to the sender. */
  constructor(
    client: Socket,
    upstream: Socket,
    faults: { down: LaneFaults; up: LaneFaults },
    observer: ConnectionObserver,
  ) {
    this.#client = client;
    this.#upstream = upstream;
    this.#observer = observer;
    this.#down = new Lane(upstream, client, faults.down, observer.down);
    this.#up = new Lane(client, upstream, faults.up, observer.up);
    this.#closed = Promise.all([
      this.#watch(client, upstream, "client"),
      this.#watch(upstream, client, "target"),
    ]);
  }

  /** Forwards until both sockets are closed. Never rejects. */
  async run(): Promise<void> {
    const lanes = [this.#down.run(), this.#up.run()];
    const ends = await Promise.all([
      lanes[0]!.then(async (end) => {
        if (end === "cut") await this.#finishCut();
        return end;
      }),
      lanes[1]!,
    ]);
    if (ends.every((end) => end === "ended")) this.close();
    await this.#closed;
  }

  /** Has both lanes look at their faults again. */
  wake(): void {
    this.#down.wake();
    this.#up.wake();
  }

  /** Cuts after exactly so many more bytes downstream. */
  cutAfter(bytes: number, how: Cut): void {
    this.#cut = how;
    this.#down.cutAfter(bytes);
  }

  /** Sends FIN downstream; the sender learns nothing. */
  halfClose(): void {
    this.#down.halfClose();
  }

  /** Sends RST both ways. */
  reset(): void {
    this.#client.resetAndDestroy();
    this.#upstream.resetAndDestroy();
  }

  /** Sends what is written and FIN, both ways. */
  close(): void {
    this.#client.destroySoon();
    this.#upstream.destroySoon();
  }

  /** RST overtakes what the receiver's kernel has not taken: wait for that. */
  async #finishCut(): Promise<void> {
    const { localPort, remotePort } = this.#client;
    const taken = () => !unacknowledged(localPort ?? 0, remotePort ?? 0);
    await until(ACKNOWLEDGE_MS, "acknowledgement", taken).catch(() =>
      this.#observer.event("cut without acknowledgement")
    );
    this.#observer.event(`cut by ${this.#cut}`);
    if (this.#cut === "reset") this.reset();
    else this.close();
  }

  #watch(socket: Socket, other: Socket, name: string): Promise<void> {
    socket.setNoDelay(true);
    socket.on("error", (error: NodeJS.ErrnoException) => {
      this.#observer.event(`${name}: ${error.code ?? error.message}`);
      other.resetAndDestroy();
    });
    return new Promise((resolve) =>
      socket.once("close", () => {
        // What is left in the other's line has nobody to come from or go to.
        other.destroySoon();
        resolve();
      })
    );
  }
}
