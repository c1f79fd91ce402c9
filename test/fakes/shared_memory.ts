/**
 * Shared memory that nobody shares.
 *
 * @module
 */

import { ConfigError } from "../../agent/errors.ts";
import type {
  SharedMemory,
  SharedMemoryOptions,
} from "../../agent/plugin/runtime.ts";
import type { FakeFiles } from "./files.ts";
import type { Ledger } from "./ledger.ts";

/** The shared memory of one machine; its names stand among the files. */
export class FakeSharedMemory {
  /** Most bytes that fit in. */
  capacity = Infinity;
  /** How often somebody was woken. */
  wakes = 0;
  readonly #files: FakeFiles;
  readonly #ledger: Ledger;

  /** @param files Where the names stand. */
  constructor(files: FakeFiles, ledger: Ledger) {
    this.#files = files;
    this.#ledger = ledger;
  }

  /** As the contract says. */
  openSharedMemory(options: SharedMemoryOptions): Promise<SharedMemory> {
    try {
      return Promise.resolve(this.#open(options));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #open({ path, mode, ...options }: SharedMemoryOptions): SharedMemory {
    const refuse = (why: string) =>
      new ConfigError(`Cannot make shared memory "${path}": ${why}`, {
        exitCode: 73,
      });
    if (options.bytes > this.capacity) throw refuse("it does not fit in");
    const bytes = new Uint8Array(options.bytes);
    options.prepare(bytes);
    const standing = this.#files.paths.get(path);
    const head = standing?.content?.slice(0, 4096);
    if (standing && !(head && options.replaces(head))) {
      throw refuse("something else stands there");
    }
    const file = { kind: "file", content: bytes, mode } as const;
    this.#files.paths.set(path, file);
    const entry = this.#ledger.enter(`shared memory ${path}`);
    return {
      bytes,
      wake: () => void this.wakes++,
      [Symbol.asyncDispose]: () => {
        const isOurs = this.#files.paths.get(path) === file;
        if (isOurs) this.#files.paths.delete(path);
        entry[Symbol.dispose]();
        return Promise.resolve();
      },
    };
  }
}
