/**
 * Waiting for "something changed", without polling and without a leak.
 *
 * @module
 */

/** Wakes whoever waits on it. A ring with nobody waiting is kept for one. */
export class Bell {
  #rung = false;
  #wake: (() => void) | undefined;

  /** Ends the wait that is on, or the next one before it begins. */
  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Waits for a ring, or `ms` at most. One waiter at a time. */
  async wait(ms?: number): Promise<void> {
    if (!this.#rung) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        if (ms !== undefined) timer = setTimeout(resolve, ms);
      });
      clearTimeout(timer);
      this.#wake = undefined;
    }
    this.#rung = false;
  }
}
