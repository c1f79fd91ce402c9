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
  /** The group they come to, if it is one. */
  readonly group?: string;
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
    const { address } = video;
    return {
      ...video,
      ...(port !== 0 && { port }),
      ...(address && media.isMulticast(address) && { group: address }),
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
  readonly #media: PluginHost["media"];
  readonly #ready: (at: { sdp: string }) => void;
  #told = "";

  /** @param ready Is told as well as the file is written. */
  constructor(
    context: PluginContext<Options>,
    target: UdpTarget,
    media: PluginHost["media"],
    ready: (at: { sdp: string }) => void,
  ) {
    this.#context = context;
    this.#target = target;
    this.#media = media;
    this.#ready = ready;
  }

  /** Looks at an access unit that is about to be sent. */
  async describe({ data, keyframe, recoveryPoint }: WireUnit): Promise<void> {
    if (!keyframe && !recoveryPoint) return;
    const { runtime, options: { sdp: path, ttl } } = this.#context;
    const { host, port } = this.#target;
    const picture = this.#media.pictureStart(data);
    const parameterSets = data.subarray(0, picture);
    const sdp = this.#media.writeSdp({
      address: host,
      port,
      ttl,
      parameterSets,
    });
    if (sdp === this.#told) return;
    this.#told = sdp;
    if (path !== undefined) {
      const bytes = new TextEncoder().encode(sdp);
      // Players may run as another user, and there is nothing secret in it.
      await runtime.replaceFile(path, [bytes], 0o644);
    }
    this.#ready({ sdp });
  }
}
