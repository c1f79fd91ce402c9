/**
 * Named pipes in memory.
 *
 * @module
 */

import { ConfigError, StreamError } from "../../agent/errors.ts";
import { concat } from "../../agent/media/bytes.ts";
import type {
  Fifo,
  FifoOptions,
  FifoWriter,
} from "../../agent/plugin/runtime.ts";
import type { FakeFiles } from "./files.ts";
import type { Ledger } from "./ledger.ts";

/** Somebody who has opened a named pipe for reading. */
export class FakeFifoReader {
  /** Whether it takes everything at once; else only on {@linkcode read}. */
  eager: boolean;
  /** Bytes in the pipe, not read yet. */
  pending = 0;
  /** Capacity of its pipe, as the writer wished it. */
  capacity = 0;
  #parts: Uint8Array<ArrayBuffer>[] = [];
  #read = 0;
  #closed = false;

  /** @param eager Whether it reads by itself. */
  constructor(eager: boolean) {
    this.eager = eager;
  }

  /** Whether it has left. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Everything it has read. */
  get received(): Uint8Array<ArrayBuffer> {
    return concat(...this.#parts).subarray(0, this.#read);
  }

  /** Reads what is in the pipe, or the first bytes of it. */
  read(bytes: number = this.pending): void {
    const count = Math.min(bytes, this.pending);
    this.pending -= count;
    this.#read += count;
  }

  /** Leaves. */
  close(): void {
    this.#closed = true;
  }

  /** What the writer calls: takes as much as fits. */
  push(bytes: Uint8Array<ArrayBuffer>): number {
    const room = this.eager ? bytes.length : this.capacity - this.pending;
    const part = bytes.slice(0, Math.max(0, room));
    this.#parts.push(part);
    this.pending += part.length;
    if (this.eager) this.read();
    return part.length;
  }
}

/** The named pipes of one machine. */
export class FakeFifos {
  readonly #files: FakeFiles;
  readonly #ledger: Ledger;
  readonly #waiting = new Map<string, FakeFifoReader[]>();

  /** @param files Where the pipes stand. */
  constructor(files: FakeFiles, ledger: Ledger) {
    this.#files = files;
    this.#ledger = ledger;
  }

  /** Opens a pipe for reading; `undefined` where none stands. */
  read(path: string, { eager = true } = {}): FakeFifoReader | undefined {
    const reader = new FakeFifoReader(eager);
    const waiting = this.#waiting.get(path);
    waiting?.push(reader);
    return waiting && reader;
  }

  /** As the contract says. */
  openFifo({ path, ...options }: FifoOptions): Promise<Fifo> {
    const standing = this.#files.paths.get(path);
    const { kind = "fifo", mode = options.mode } = standing ?? {};
    if (kind !== "fifo" || this.#waiting.has(path)) {
      const message = `Cannot make FIFO "${path}": something else stands there`;
      return Promise.reject(new ConfigError(message, { exitCode: 73 }));
    }
    this.#files.paths.set(path, { kind, mode });
    this.#waiting.set(path, []);
    const entry = this.#ledger.enter(`FIFO ${path}`);
    return Promise.resolve({
      mode,
      accept: (capacity) => this.#accept(path, capacity),
      [Symbol.asyncDispose]: () => {
        this.#waiting.delete(path);
        this.#files.paths.delete(path);
        entry[Symbol.dispose]();
        return Promise.resolve();
      },
    });
  }

  #accept(path: string, capacity: number): FifoWriter | undefined {
    const reader = this.#waiting.get(path)?.shift();
    if (reader === undefined) return undefined;
    reader.capacity = capacity;
    const entry = this.#ledger.enter(`writer of FIFO ${path}`);
    return {
      pending: () => reader.pending,
      write(bytes) {
        if (!reader.closed) return reader.push(bytes);
        throw new StreamError("lost", `Lost FIFO "${path}": its reader left`);
      },
      [Symbol.dispose]: () => entry[Symbol.dispose](),
    };
  }
}
