/**
 * Session descriptions: what senders write for players, and receivers read of
 * senders whose packets do not say everything.
 *
 * @module
 */

import type {
  PluginContext,
  PluginHost,
  SdpVideo,
  UdpTarget,
  WireUnit,
} from "../../mod.ts";
import type { Options } from "./mod.ts";

/** What a file says of a stream. */
export interface Description extends Omit<SdpVideo, "port"> {
  /** Where packets come; absent where the file leaves it open. */
  readonly port?: number;
  /** What to bind: the group, or every interface. */
  readonly host: string;
}

/**
 * Reads the file that an address names.
 *
 * @throws {ConfigError} If it cannot be read, or describes no video of ours.
 */
export async function readDescription(
  { options: { sdp: path }, runtime }: PluginContext<Options>,
  { media, ConfigError }: Pick<PluginHost, "media" | "ConfigError">,
): Promise<Description | undefined> {
  if (path === undefined) return undefined;
  const bytes = await runtime.readFile(path, media.MAX_SDP_BYTES);
  try {
    const { port, ...video } = media.readSdp(new TextDecoder().decode(bytes));
    const { address = "" } = video;
    const any = address.includes(":") ? "::" : "0.0.0.0";
    return {
      ...video,
      ...(port !== 0 && { port }),
      host: media.isMulticast(address) ? address : any,
    };
  } catch (cause) {
    if (!(cause instanceof media.SdpError)) throw cause;
    throw new ConfigError(`Cannot use "${path}": ${cause.message}`, {
      exitCode: 65,
      cause,
    });
  }
}

/** Tells players of a stream, and again when that has changed. */
export class Describer {
  readonly #context: PluginContext<Options>;
  readonly #target: UdpTarget;
  readonly #host: Pick<PluginHost, "media" | "ConfigError">;
  readonly #ready: (at: { sdp: string }) => void;
  #told = "";

  /** @param ready Is told as well as the file is written. */
  constructor(
    context: PluginContext<Options>,
    target: UdpTarget,
    host: Pick<PluginHost, "media" | "ConfigError">,
    ready: (at: { sdp: string }) => void,
  ) {
    this.#context = context;
    this.#target = target;
    this.#host = host;
    this.#ready = ready;
  }

  /**
   * Writes what is known before the first picture: that it cannot be written
   * is to show at once, not when the stream runs.
   *
   * @throws {ConfigError} If it cannot.
   */
  async begin(): Promise<void> {
    const { runtime, options: { sdp: path } } = this.#context;
    if (path === undefined) return;
    const kind = await runtime.kindOfPath(path);
    if (kind !== undefined && kind !== "file") {
      throw new this.#host.ConfigError(
        `Cannot write "${path}": something else stands there`,
        { exitCode: 73 },
      );
    }
    await this.#write(this.#sdpOf());
  }

  /** Looks at an access unit that has been sent. */
  async describe({ data, keyframe, recoveryPoint }: WireUnit): Promise<void> {
    if (!keyframe && !recoveryPoint) return;
    const picture = this.#host.media.pictureStart(data);
    const sdp = this.#sdpOf(data.subarray(0, picture));
    if (sdp === this.#told) return;
    this.#told = sdp;
    await this.#write(sdp);
    this.#ready({ sdp });
  }

  #sdpOf(parameterSets = new Uint8Array()): string {
    const { host, port } = this.#target;
    const { ttl } = this.#context.options;
    const stream = { address: host, port, ttl, parameterSets };
    return this.#host.media.writeSdp(stream);
  }

  async #write(sdp: string): Promise<void> {
    const { runtime, options: { sdp: path } } = this.#context;
    if (path === undefined) return;
    const bytes = new TextEncoder().encode(sdp);
    // Players may run as another user, and there is nothing secret in it.
    await runtime.replaceFile(path, [bytes], 0o644);
  }
}
