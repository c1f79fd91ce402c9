/**
 * Lines on stderr, with a live line below them where a person looks on.
 *
 * @module
 */

/** Where the text goes, and how much of it fits. */
export interface TerminalOptions {
  /** Writes all of a text; never called again before it settles. */
  write(text: string): Promise<void>;
  /** Width in characters, where there is a screen. */
  columns(): number | undefined;
}

/** A reader that hangs must not eat the memory. */
const MAX_PENDING = 1_000;

const CLEAR_LINE = "\r\x1b[K";

/** DECAWM, VT510 manual: off, so that wide characters never wrap the line. */
const WRAP_OFF = "\x1b[?7l";
const WRAP_ON = "\x1b[?7h";

/** One stream of text that nobody else writes to. */
export class Terminal {
  readonly #options: TerminalOptions;
  #pending: string[] = [];
  #lost = 0;
  #live = "";
  #isShown = false;
  #writing: Promise<void> | undefined;

  /** Writes nothing yet. */
  constructor(options: TerminalOptions) {
    this.#options = options;
  }

  /** Adds a line, above the live line. */
  line(text: string): void {
    if (this.#pending.length < MAX_PENDING) this.#pending.push(text);
    else this.#lost++;
    this.#writing ??= this.#write();
  }

  /** Replaces the live line; an empty one takes it away. */
  live(text: string): void {
    if (text === "" && !this.#isShown && this.#live === "") return;
    this.#live = text;
    this.#writing ??= this.#write();
  }

  /** Resolves when everything is written. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  async #write(): Promise<void> {
    try {
      let shown: string | undefined;
      while (this.#pending.length > 0 || shown !== this.#live) {
        shown = this.#live;
        const lines = this.#take();
        const clear = this.#isShown ? CLEAR_LINE : "";
        this.#isShown = shown !== "";
        await this.#options.write(clear + lines + this.#draw(shown));
      }
    } catch {
      // Nobody reads any more, and there is no other place to say so.
      this.#pending = [];
    }
    this.#writing = undefined;
  }

  #take(): string {
    const lines = this.#pending;
    this.#pending = [];
    if (this.#lost > 0) lines.push(`... ${this.#lost} lines lost`);
    this.#lost = 0;
    return lines.map((line) => `${line}\n`).join("");
  }

  #draw(live: string): string {
    if (live === "") return "";
    const width = (this.#options.columns() ?? 80) - 1;
    return WRAP_OFF + [...live].slice(0, width).join("") + WRAP_ON;
  }
}
