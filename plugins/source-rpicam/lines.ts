/**
 * Lines of text out of bytes.
 *
 * @module
 */

/** Longer ones are cut. */
const MAX_LINE_CHARS = 4096;

/** Joins chunks to lines. */
export class Lines {
  readonly #onLine: (line: string) => void;
  readonly #decoder = new TextDecoder();
  #rest = "";

  /** Calls `onLine` for each line, without its end. */
  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  /** Takes bytes with line ends anywhere. */
  push(bytes: Uint8Array): void {
    const text = this.#rest + this.#decoder.decode(bytes, { stream: true });
    const lines = text.split("\n");
    this.#rest = lines.pop()!.slice(0, MAX_LINE_CHARS);
    for (const line of lines) this.#onLine(line);
  }
}
