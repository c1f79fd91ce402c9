/**
 * Events as an async iterable.
 *
 * @module
 */

/** Items pushed from callbacks, taken by one `for await`. */
export class Queue<T> implements AsyncIterable<T> {
  readonly #items: T[] = [];
  #wake: (() => void) | undefined;
  #ended = false;
  #error: unknown;

  /** Items that wait to be taken. */
  get size(): number {
    return this.#items.length;
  }

  /** Appends an item; returns whether it did: not once ended. */
  push(item: T): boolean {
    if (this.#ended) return false;
    this.#items.push(item);
    this.#wake?.();
    return true;
  }

  /** Ends the iteration after the items that wait, by throwing if told to. */
  end(error?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#wake?.();
  }

  /** Takes all items that wait. */
  drain(): T[] {
    return this.#items.splice(0);
  }

  /** Iterates; meant for one consumer. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    while (true) {
      while (this.#items.length > 0) yield this.#items.shift()!;
      if (this.#ended) break;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    if (this.#error !== undefined) throw this.#error;
  }
}
