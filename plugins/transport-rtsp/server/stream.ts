/**
 * One stream that a server offers, at one path.
 *
 * @module
 */

import type {
  PluginHost,
  SendContext,
  Viewers,
  WireUnit,
} from "../../../mod.ts";
import { TRACK } from "../address.ts";
import type { Credentials } from "../credentials.ts";
import type { GroupSender } from "./group.ts";

/** What an address may say of how a stream is served. */
export interface ServeOptions {
  readonly maxViewers: number;
  readonly maxPerAddress: number;
  readonly sendBuffer: number;
}

/** How long a client may have to wait for the first picture. */
const PICTURE_MS = 5000;

/** What clients ask for. */
export class ServedStream {
  /** From the slash on. */
  readonly path: string;
  readonly viewers: Viewers;
  readonly context: SendContext<ServeOptions>;
  /** Absent where everybody may watch. */
  readonly credentials: Credentials | undefined;
  /** Absent where it is not sent to a group. */
  readonly group: GroupSender | undefined;
  readonly #media: PluginHost["media"];

  /** Offers nothing by itself. */
  constructor(
    path: string,
    viewers: Viewers,
    context: SendContext<ServeOptions>,
    { media, credentials, group }: Pick<PluginHost, "media"> & {
      readonly credentials: Credentials | undefined;
      readonly group: GroupSender | undefined;
    },
  ) {
    this.path = path;
    this.viewers = viewers;
    this.context = context;
    this.credentials = credentials;
    this.group = group;
    this.#media = media;
  }

  /**
   * Describes the pictures as they are now.
   *
   * @param label Who wants to know.
   * @returns An SDP; `undefined` while there are no pictures.
   */
  async describe(label: string): Promise<string | undefined> {
    const unit = this.viewers.entry ?? await this.#first(label);
    if (unit === undefined) return undefined;
    const { data } = unit;
    const fps = this.#media.spsOf(data)?.fps;
    return this.#media.writeSdp({
      ...{ address: "0.0.0.0", port: 0, parameterSets: data, control: TRACK },
      ...(fps !== undefined && { fps }),
    });
  }

  async #first(label: string): Promise<WireUnit | undefined> {
    const { runtime, signal } = this.context;
    // The source may be one that starts with the first who watches.
    using viewer = this.viewers.open(label);
    const over = new AbortController();
    const late = runtime.sleep(
      this.#media.ms(PICTURE_MS),
      AbortSignal.any([signal, over.signal]),
    ).then(() => undefined, () => undefined);
    const first = viewer.units[Symbol.asyncIterator]().next();
    const unit = await Promise.race([first, late]);
    over.abort();
    return unit?.done ? undefined : unit?.value;
  }
}
