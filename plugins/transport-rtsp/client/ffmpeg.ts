/**
 * One connection to an RTSP server, through FFmpeg.
 *
 * @module
 */

import type {
  Address,
  ChildExit,
  ChildProcess,
  ContainerUnit,
  IngestUnit,
  Milliseconds,
  PluginContext,
  PluginHost,
  TlsOptions,
} from "../../../mod.ts";
import type { Way } from "../address.ts";
import {
  argsFor,
  CODECS,
  quotableUrlOf,
  requestFor,
} from "../ffmpeg_request.ts";
import { Tunnel } from "./tunnel.ts";
import { WayError } from "./way_error.ts";

/** What the module needs of the host. */
export type SessionHost = Pick<
  PluginHost,
  "media" | "ConfigError" | "StreamError"
>;

/**
 * Pictures that wait to be taken: nobody who reads them lets them wait for ten
 * seconds.
 */
const MAX_WAITING = 300;

/** What FFmpeg says of every stream that it is not to analyse. */
const NOISE = /not enough frames to estimate rate|Timestamps are unset/;

/** A user and a password, wherever an address stands in a line. */
const CREDENTIALS = /\/\/[^\s/]*@/g;

/** FFmpeg, asking a server for its pictures. */
export class FfmpegSession implements AsyncDisposable {
  readonly #context: PluginContext<unknown>;
  readonly #at: Address;
  /** Absent where packets come in datagrams, and nothing is secret. */
  readonly #tunnel: Tunnel | undefined;
  readonly #host: SessionHost;
  readonly #reader;
  readonly #converter;
  readonly #lines: string[] = [];
  readonly #waiting: IngestUnit[] = [];
  readonly #ended = new AbortController();
  #child: ChildProcess | undefined;
  #failure: unknown;
  #wake = () => {};

  private constructor(
    context: PluginContext<unknown>,
    tunnel: Tunnel | undefined,
    host: SessionHost,
  ) {
    const { address } = context;
    this.#context = context;
    this.#at = tunnel?.addressOf(address) ?? address;
    this.#tunnel = tunnel;
    this.#host = host;
    this.#reader = new host.media.NutReader();
    this.#converter = new host.media.ContainerUnits();
  }

  /**
   * Starts FFmpeg.
   *
   * @param tls Of `rtsps:`.
   * @throws {ProcessError} "not-found" if there is none; {@linkcode StreamError}
   * "refused" if the server does not answer.
   */
  static async start(
    context: PluginContext<unknown>,
    way: Way,
    tls: TlsOptions | undefined,
    host: SessionHost,
  ): Promise<FfmpegSession> {
    const { runtime, signal } = context;
    await using stack = new AsyncDisposableStack();
    const tunnel = way === "tcp"
      ? stack.use(await Tunnel.open(context, tls, host))
      : undefined;
    const session = new FfmpegSession(context, tunnel, host);
    const child = await runtime.spawn({
      command: "ffmpeg",
      args: argsFor(host.media.NUT_OUTPUT),
      signal,
      stdin: true,
      onStdout: (chunk) => session.#take(chunk),
      onStderrLine: (line) => session.#note(line),
    });
    session.#child = child;
    stack.move();
    void child.exit.then((exit) => session.#fail(session.#reasonOf(exit)));
    try {
      await child.write(requestFor(session.#at, way));
      child.endInput();
    } catch {
      // Why it no longer reads shows when it has ended.
    }
    return session;
  }

  /** Pictures as they come. Throws what broke. */
  async *units(): AsyncGenerator<IngestUnit> {
    while (true) {
      yield* this.#waiting.splice(0);
      if (this.#waiting.length > 0) continue;
      if (this.#ended.signal.aborted) throw this.#failure;
      await this.#change();
    }
  }

  /**
   * Waits for the first picture, which is not taken yet.
   *
   * @returns Whether it came in time.
   * @throws What broke before.
   */
  async hasPicture(within: Milliseconds): Promise<boolean> {
    const { runtime, signal } = this.#context;
    const over = new AbortController();
    const late = runtime.sleep(within, over.signal).then(
      () => true,
      () => false,
    );
    let isLate = false;
    while (this.#waiting.length === 0 && !isLate) {
      if (this.#ended.signal.aborted) {
        over.abort();
        signal.throwIfAborted();
        throw this.#failure;
      }
      isLate = await Promise.race([late, this.#change().then(() => false)]);
    }
    over.abort();
    return !isLate;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child?.[Symbol.asyncDispose]();
    await this.#tunnel?.[Symbol.asyncDispose]();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#wake = resolve);
  }

  #take(chunk: Uint8Array<ArrayBuffer>): void {
    if (this.#ended.signal.aborted) return;
    const { StreamError, media } = this.#host;
    try {
      for (const packet of this.#reader.push(chunk)) {
        const unit = this.#converter.convert(packet);
        if (unit) this.#waiting.push(this.#received(unit));
      }
      if (this.#waiting.length > MAX_WAITING) {
        throw new StreamError("lost", "Nobody takes the pictures");
      }
    } catch (error) {
      const isOdd = error instanceof media.NutError;
      this.#fail(
        isOdd ? new StreamError("undecodable", error.message) : error,
      );
    }
    this.#wake();
  }

  #received(unit: ContainerUnit): IngestUnit {
    const codecs: readonly string[] = CODECS;
    if (!codecs.includes(unit.codec)) {
      throw new this.#host.StreamError(
        "undecodable",
        `${this.#context.address.redacted} sends ${unit.codec}; ` +
          "H.264, H.265, MJPEG and MPEG-4 are taken",
      );
    }
    return { ...unit, damaged: false, discontinuity: false };
  }

  /** Keeps what FFmpeg says, without secrets, and out of everybody's sight. */
  #note(line: string): true {
    if (!NOISE.test(line)) {
      const { address } = this.#context;
      const shown = line.replaceAll(quotableUrlOf(this.#at), address.redacted);
      this.#lines.push(shown.replace(CREDENTIALS, "//***@"));
      if (this.#lines.length > 20) this.#lines.shift();
    }
    return true;
  }

  #fail(failure: unknown): void {
    this.#failure ??= failure;
    this.#ended.abort();
    this.#wake();
    void this.#child?.[Symbol.asyncDispose]();
  }

  #reasonOf({ code, signal }: ChildExit): Error {
    const { ConfigError, StreamError } = this.#host;
    const { redacted } = this.#context.address;
    const said = this.#lines.join("\n");
    const { why } = this.#tunnel ?? {};
    if (why !== undefined) {
      return new StreamError("refused", `${redacted} ${why}`);
    }
    if (/\b401\b|authorization failed/i.test(said)) {
      return new ConfigError(
        `Cannot receive from "${redacted}": it wants another user or password`,
      );
    }
    if (/\b404\b/.test(said)) {
      return new StreamError("refused", `${redacted} has no such stream (404)`);
    }
    // Whoever asks for nothing that there is has no session to play.
    if (/matches no streams|PLAY failed: 45[45]/.test(said)) {
      return new StreamError("undecodable", `${redacted} offers no video`);
    }
    if (/\b461\b/.test(said)) {
      const what = `${redacted} sends in another way`;
      return new WayError(new StreamError("undecodable", what));
    }
    // FFmpeg 5.1 says "Invalid data" of a server that is silent.
    if (/refused|No route to host|timed out|Invalid data/i.test(said)) {
      return new StreamError("refused", `${redacted} does not answer`);
    }
    const last = this.#lines.at(-1) ?? (signal ? `killed by ${signal}` : code);
    return new StreamError("ended", `${redacted} ended the stream: ${last}`);
  }
}
