/**
 * Waiting for "something changed", for any number of waiters.
 *
 * @module
 */

/** Wakes everybody who waits; a ring that nobody hears is forgotten. */
export class Gate {
  #waiting: (() => void)[] = [];

  /** Ends every wait that is on. */
  ring(): void {
    const woken = this.#waiting;
    this.#waiting = [];
    for (const wake of woken) wake();
  }

  /** Waits for the next ring. */
  wait(): Promise<void> {
    return new Promise((resolve) => void this.#waiting.push(resolve));
  }
}
