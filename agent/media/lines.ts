/**
 * Lines of text out of the bytes a child process writes.
 *
 * @module
 */

/** A longer line is cut: a child that never ends one must not fill memory. */
const MAX_LINE_CHARS = 4096;

/** Joins chunks to lines. Bytes that are no UTF-8 become U+FFFD. */
export class LineReader {
  readonly #onLine: (line: string) => void;
  readonly #decoder = new TextDecoder();
  #rest = "";

  /** Calls `onLine` for each line, without its end and control characters. */
  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  /** Takes bytes with line ends anywhere. */
  push(chunk: Uint8Array): void {
    const text = this.#rest + this.#decoder.decode(chunk, { stream: true });
    const lines = text.split(/[\r\n]+/);
    // Cut before the next chunk comes: the rest stays bounded.
    this.#rest = lines.pop()!.slice(0, MAX_LINE_CHARS);
    for (const line of lines) this.#emit(line);
  }

  /** Emits what is left when the child is gone. */
  end(): void {
    this.#emit(this.#rest + this.#decoder.decode());
    this.#rest = "";
  }

  #emit(line: string): void {
    const clean = line.slice(0, MAX_LINE_CHARS).replace(/\p{Cc}+/gu, " ")
      .trim();
    if (clean !== "") this.#onLine(clean);
  }
}
