/**
 * What was opened and not closed yet, so that a test can ask for leaks.
 *
 * @module
 */

/** Keeps account of what a plugin opens. */
export class Ledger {
  readonly #open = new Set<{ what: string }>();

  /** What is open, in words, in the order it was opened. */
  get open(): string[] {
    return [...this.#open].map(({ what }) => what);
  }

  /** Notes that something was opened; disposing notes that it was closed. */
  enter(what: string): Disposable {
    const entry = { what };
    this.#open.add(entry);
    return { [Symbol.dispose]: () => void this.#open.delete(entry) };
  }
}
