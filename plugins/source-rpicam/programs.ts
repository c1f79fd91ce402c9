/**
 * Which of rpicam-apps' names there is, and what that version knows.
 *
 * @module
 */

import type { PluginHost, Runtime, SourceContext } from "../../mod.ts";
import { type ListedCamera, parseListing } from "./listing.ts";

/** Since 2023-11, and before. */
const NAMES = ["rpicam-vid", "libcamera-vid"];

/** A program, and the options that it does not have. */
export interface Program {
  /** Its name on PATH. */
  readonly program: string;
  /** Without dashes. */
  readonly unknown: ReadonlySet<string>;
}

/** What has to be known to ask it. */
type Asking = Pick<SourceContext<unknown>, "runtime" | "signal">;

/** Longer than any camera takes to be found; some hang. */
const LIST_MS = 10_000;

/** What is known of the program, for all cameras of this process. */
export class Programs {
  readonly #host: PluginHost;
  readonly #unknown = new Set<string>();
  #listed: readonly ListedCamera[] | undefined;
  #name: string | undefined;

  /** Nothing is known yet. */
  constructor(host: PluginHost) {
    this.#host = host;
  }

  /**
   * Tells which program to start.
   *
   * @throws {ConfigError} If there is none.
   */
  choose(
    context: Asking,
  ): Program {
    this.#name ??= this.#find(context);
    return { program: this.#name, unknown: this.#unknown };
  }

  /**
   * Remembers that the program does not have an option.
   *
   * @returns Whether that is news: else leaving it out did not help.
   */
  forget(option: string): boolean {
    const { size } = this.#unknown;
    return this.#unknown.add(option).size > size;
  }

  /**
   * The cameras that the program finds. It takes hold of each for a moment:
   * not to be asked for while one streams.
   */
  async cameras(
    context: Asking,
  ): Promise<readonly ListedCamera[]> {
    return this.#listed ??= await this.list(context);
  }

  /** The same, as it is now. */
  async list(
    context: Asking,
  ): Promise<readonly ListedCamera[]> {
    const { program } = this.choose(context);
    const { runtime, signal } = context;
    const decoder = new TextDecoder();
    let text = "";
    await using child = await runtime.spawn({
      command: program,
      args: ["--list-cameras"],
      signal: AbortSignal.any([signal, AbortSignal.timeout(LIST_MS)]),
      onStdout: (chunk) => text += decoder.decode(chunk, { stream: true }),
    });
    await child.exit;
    signal.throwIfAborted();
    return parseListing(text);
  }

  /** Whether there is such a program. */
  isThere(runtime: Runtime): boolean {
    return NAMES.some((name) => runtime.hasProgram(name));
  }

  #find({ runtime }: Asking): string {
    const found = NAMES.find((name) => runtime.hasProgram(name));
    if (found !== undefined) return found;
    throw new this.#host.ConfigError(
      `Cannot open the camera: neither ${NAMES.join(" nor ")} is ` +
        'installed; "sudo apt install rpicam-apps-lite" does it on Raspberry ' +
        "Pi OS",
      { exitCode: 69 },
    );
  }
}
