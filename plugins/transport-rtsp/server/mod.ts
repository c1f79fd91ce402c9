/**
 * Serving: `rtsp://0.0.0.0:8554/cam`. Streams of one process share a port.
 *
 * @module
 */

import type {
  Announcement,
  Identity,
  SendContext,
  Viewers,
} from "../../../mod.ts";
import {
  type CredentialOptions,
  type Credentials,
  credentialsOf,
} from "../credentials.ts";
import { GroupSender } from "./group.ts";
import { RtspServer, type ServerHost, type ServerPlace } from "./server.ts";
import { ServedStream, type ServeOptions } from "./stream.ts";
import { readRequestUrl } from "./url.ts";

/** What an address may say of a stream that is served. */
export interface ServerOptions extends ServeOptions, CredentialOptions {
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly multicast?: string | undefined;
  readonly ttl: number;
  readonly interface?: string | undefined;
}

/** Where RTSP is served that needs no root: MediaMTX, go2rtc, GStreamer. */
const DEFAULT_PORTS: Readonly<Record<string, number>> = {
  rtsp: 8554,
  rtsps: 8322,
};

/** RFC 3551, section 8. */
const DEFAULT_GROUP_PORT = 5004;

/** Far more than a certificate with those that vouch for it. */
const MAX_FILE_BYTES = 65_536;

/** A group, and its port. */
const GROUP = /^(\[[\da-f:.]+\]|[\d.]+)(?::(\d{1,5}))?$/i;

/** A port, and how many streams are served there. */
interface SharedServer {
  readonly opening: Promise<RtspServer>;
  readonly place: ServerPlace;
  /** As its first stream wants it, for all. */
  readonly sendBuffer: number;
  users: number;
}

/** The servers of this process. */
export class Servers {
  readonly #host: ServerHost;
  readonly #open = new Map<string | symbol, SharedServer>();

  /** Serves nothing yet. */
  constructor(host: ServerHost) {
    this.#host = host;
  }

  /**
   * Serves a stream until the agent stops.
   *
   * @throws {ConfigError} If the address makes no sense, or is not ours;
   * {@linkcode StreamError} "lost" if the port is lost.
   */
  async serve(
    viewers: Viewers,
    context: SendContext<ServerOptions>,
    ready: (at: Announcement) => void,
  ): Promise<void> {
    const { signal } = context;
    const stopped = new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => resolve(), { once: true });
      if (signal.aborted) resolve();
    });
    await using group = await this.#groupOf(viewers, context);
    const stream = new ServedStream(this.#pathOf(context), viewers, context, {
      media: this.#host.media,
      credentials: await this.#credentialsOf(context),
      group,
    });
    if (group !== undefined && stream.credentials !== undefined) {
      context.log.warn(
        "whoever joins the group sees the pictures without a password, as " +
          "soon as one viewer has asked for it",
      );
    }
    await using server = await this.#serverOf(context);
    await using _ = server.it.add(stream);
    ready({ port: server.it.port });
    await Promise.race([stopped, server.it.lost]);
  }

  /** Opens a port, or takes one that another stream has opened. */
  async #serverOf(
    context: SendContext<ServerOptions>,
  ): Promise<AsyncDisposable & { readonly it: RtspServer }> {
    const place = await this.#placeOf(context);
    const { host, port, tls } = place;
    const { sendBuffer } = context.options;
    // What the system chooses is nobody else's.
    const key = port === 0
      ? Symbol("any")
      : [host, port, tls?.cert, tls?.key].join(" ");
    const found = this.#open.get(key);
    if (found !== undefined && found.sendBuffer !== sendBuffer) {
      throw this.#refusal(
        context.address.redacted,
        `"sendBuffer" is ${found.sendBuffer} of another stream at its port`,
      );
    }
    const neighbours = [...this.#open.values()];
    const shared = found ?? {
      opening: RtspServer.listen(place, context, this.#host),
      ...{ place, sendBuffer, users: 0 },
    };
    this.#open.set(key, shared);
    shared.users++;
    const leave = () => {
      shared.users--;
      if (shared.users > 0) return false;
      this.#open.delete(key);
      return true;
    };
    try {
      const it = await shared.opening;
      const close = async () => {
        if (leave()) await it[Symbol.asyncDispose]();
      };
      return { it, [Symbol.asyncDispose]: close };
    } catch (error) {
      leave();
      const isNeighbour = neighbours.some((it) => it.place.port === port);
      if (isNeighbour && error instanceof this.#host.ConfigError) {
        throw this.#refusal(
          context.address.redacted,
          "another stream of this agent is at its port, with another host " +
            "or certificate",
        );
      }
      throw this.#notOurs(error, context);
    }
  }

  #notOurs(error: unknown, { address }: SendContext<ServerOptions>): unknown {
    const { ConfigError, media } = this.#host;
    const { host = "0.0.0.0" } = address;
    const isOurs = media.isWildcard(host) || media.isLoopback(host);
    if (isOurs || !(error instanceof ConfigError)) return error;
    return new ConfigError(
      `${error.message} (to publish to another server add ?mode=publish)`,
      { exitCode: error.exitCode, cause: error },
    );
  }

  async #placeOf(
    { address, options: { cert, key }, runtime }: SendContext<ServerOptions>,
  ): Promise<ServerPlace> {
    const { scheme, host = "0.0.0.0", redacted } = address;
    const port = address.port ?? DEFAULT_PORTS[scheme]!;
    if (scheme === "rtsp") {
      if (cert === undefined && key === undefined) {
        return { host, port, tls: undefined };
      }
      throw this.#refusal(redacted, "only rtsps: has a certificate");
    }
    if (cert === undefined) {
      throw this.#refusal(
        redacted,
        "it needs a certificate and its key: #cert=FILE&key=FILE",
      );
    }
    const read = async (path: string) =>
      new TextDecoder().decode(await runtime.readFile(path, MAX_FILE_BYTES));
    const chain = await read(cert);
    // Both may stand in one file.
    const tls: Identity = {
      cert: chain,
      key: key === undefined ? chain : await read(key),
    };
    return { host, port, tls };
  }

  #pathOf({ address: { resource = "/", redacted } }: SendContext<unknown>) {
    if (/[?#]/.test(resource)) {
      throw this.#refusal(
        redacted,
        'options of a server stand behind a "#", as in ' +
          "rtsp://0.0.0.0:8554/cam#maxViewers=4",
      );
    }
    const path = resource.replace(/\/+$/, "") || "/";
    if (readRequestUrl(`rtsp://pi${path}`)?.track !== undefined) {
      throw this.#refusal(redacted, "its path ends as that of a part does");
    }
    try {
      return decodeURIComponent(path);
    } catch {
      throw this.#refusal(redacted, "its path has a bad percent escape");
    }
  }

  async #credentialsOf(
    context: SendContext<ServerOptions>,
  ): Promise<Credentials | undefined> {
    const { address, options: { passwordFile }, log } = context;
    const credentials = await credentialsOf(context, this.#host);
    if (credentials?.password === "") {
      throw this.#refusal(
        address.redacted,
        "a user needs a password: #user=me&passwordFile=FILE",
      );
    }
    if (credentials !== undefined && passwordFile === undefined) {
      log.warn(
        "everybody on this machine can read the password in the command " +
          "line; a file is better: #user=me&passwordFile=FILE",
      );
    }
    return credentials;
  }

  async #groupOf(
    viewers: Viewers,
    context: SendContext<ServerOptions>,
  ): Promise<GroupSender | undefined> {
    const { address, options } = context;
    const { multicast, ttl, interface: through } = options;
    if (multicast === undefined) return undefined;
    const { udp, media } = this.#host;
    const [, bracketed = "", port] = GROUP.exec(multicast) ?? [];
    const host = bracketed.replace(/^\[|\]$/g, "");
    if (!media.isMulticast(host) || Number(port ?? 2) % 2 !== 0) {
      throw this.#refusal(
        address.redacted,
        "multicast is no group with an even port, such as 239.1.1.1:5004",
      );
    }
    if (address.scheme === "rtsps") {
      throw this.#refusal(address.redacted, "a group would not be encrypted");
    }
    const at = { scheme: "rtp", host, query: {}, redacted: address.redacted };
    const target = await udp.openTarget(
      {
        ...context,
        address: { ...at, port: Number(port ?? DEFAULT_GROUP_PORT) },
        options: { payload: 1452, loopback: true, ttl, interface: through },
      },
      DEFAULT_GROUP_PORT,
    );
    return new GroupSender(target, ttl, viewers, context, this.#host);
  }

  #refusal(redacted: string, why: string): Error {
    return new this.#host.ConfigError(`Cannot serve "${redacted}": ${why}`);
  }
}
