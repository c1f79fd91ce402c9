/**
 * One direction of a TCP connection in memory.
 *
 * @module
 */

import { Gate } from "./gate.ts";

/** How a direction stands. */
export type LaneState = "open" | "ended" | "broken";

/** What the consumer of a chunk finds in it once the chunk is given back. */
const GIVEN_BACK = 0xff;

/** Bytes on their way, as many as fit. */
export class TcpLane {
  /** How it stands: `ended` by a FIN, `broken` by a RST. */
  state: LaneState = "open";
  readonly #capacity: number;
  readonly #changed = new Gate();
  #waiting: Uint8Array<ArrayBuffer>[] = [];
  #size = 0;

  /** @param capacity Bytes that the systems of both sides keep together. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Ends it, behind the bytes that are under way. */
  end(): void {
    if (this.state === "open") this.state = "ended";
    this.#changed.ring();
  }

  /** Breaks it; what is under way is lost. */
  break(): void {
    this.state = "broken";
    this.#waiting = [];
    this.#changed.ring();
  }

  /**
   * Waits until all bytes are under way.
   *
   * @returns Whether they are; else it is no longer open.
   */
  async write(bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
    for (let at = 0; at < bytes.length && this.state === "open";) {
      const part = bytes.slice(at, at + this.#capacity - this.#size);
      at += part.length;
      this.#size += part.length;
      if (part.length > 0) {
        this.#waiting.push(part);
        this.#changed.ring();
      } else {
        await this.#changed.wait();
      }
    }
    return this.state === "open";
  }

  /**
   * Waits for bytes, and for as long as `held` says so.
   *
   * @returns A chunk of the caller's own; `undefined` at the end or a break.
   */
  async take(
    held: () => boolean = () => false,
  ): Promise<Uint8Array<ArrayBuffer> | undefined> {
    for (;;) {
      const chunk = held() ? undefined : this.#waiting.shift();
      if (chunk !== undefined) {
        this.#size -= chunk.length;
        this.#changed.ring();
        return chunk;
      }
      if (this.state !== "open" && this.#waiting.length === 0) return undefined;
      await this.#changed.wait();
    }
  }

  /** Lends chunks, each until the next one is asked for. */
  async *lend(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    for (;;) {
      const chunk = await this.take();
      if (chunk === undefined) return;
      yield chunk;
      chunk.fill(GIVEN_BACK);
    }
  }

  /** Has {@linkcode take} ask again whether it is held. */
  wake(): void {
    this.#changed.ring();
  }
}
