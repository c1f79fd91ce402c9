/**
 * Pipes that a test writes to in a child's place.
 *
 * @module
 */

import { concat } from "../../agent/media/bytes.ts";
import type { ChildPipe } from "../../agent/plugin/runtime.ts";
import type { Ledger } from "./ledger.ts";

/** A pipe in memory. */
export class FakeChildPipe implements ChildPipe {
  /** Made up. */
  readonly path: string;
  /** Made up. */
  readonly readerPath: string;
  readonly #entry: Disposable;
  #bytes = new Uint8Array();
  #ended = false;
  #wake = () => {};

  /** @param ledger Knows what plugins have opened. */
  constructor(number: number, ending: string, ledger: Ledger) {
    this.path = `/pipe/${number}${ending}`;
    this.readerPath = `/pipe/${number}/reader`;
    this.#entry = ledger.enter(`pipe ${number}`);
  }

  /** What a child writes. */
  write(bytes: Uint8Array): void {
    this.#bytes = concat(this.#bytes, bytes);
    this.#wake();
  }

  /** As the contract says. */
  readNow(view: Uint8Array<ArrayBuffer>): number {
    const part = this.#bytes.subarray(0, view.length);
    view.set(part);
    this.#bytes = this.#bytes.slice(part.length);
    return part.length;
  }

  /** As the contract says. */
  get chunks(): AsyncIterable<Uint8Array<ArrayBuffer>> {
    return this.#read();
  }

  /** As the contract says. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  /** As the contract says. */
  [Symbol.dispose](): void {
    this.end();
    this.#entry[Symbol.dispose]();
  }

  async *#read(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    while (this.#bytes.length > 0 || !this.#ended) {
      const chunk = this.#bytes;
      this.#bytes = new Uint8Array();
      if (chunk.length > 0) yield chunk;
      else await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }
}
