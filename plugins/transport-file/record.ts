/**
 * Access units into one file after the other.
 *
 * @module
 */

import type {
  Muxer,
  PluginHost,
  SendContext,
  Viewers,
  WireUnit,
} from "../../mod.ts";

/** What an address may say. */
export interface Options {
  /** Milliseconds after which a file is followed by another one. */
  readonly segment?: number | undefined;
}

/** How and where is recorded. */
export interface Plan {
  /** Who watches, in the status. */
  readonly label: string;
  /** FFmpeg's output options. */
  readonly format: readonly string[];
  /** Finds a name for the next file. */
  name(): Promise<string>;
}

/** How long pictures wait for a disk: SD cards pause for seconds. */
const PATIENCE_MS = 10_000;

/** Streams may claim anything; cameras of a Pi make 206 at the most. */
const MAX_FPS = 240;

/** A keyframe that is early by less is the one that a segment begins with. */
const EARLY_US = 250_000;

/** Records until the agent stops, or the pictures end. */
export async function record(
  viewers: Viewers,
  context: SendContext<Options>,
  { media, StreamError }: Pick<PluginHost, "media" | "StreamError">,
  plan: Plan,
): Promise<void> {
  const { address, options: { segment = Infinity }, signal } = context;
  signal.throwIfAborted();
  // What cannot be is not to wait for the camera.
  await plan.name();
  await using files = new Files(context, plan);
  using viewer = viewers.open(plan.label, media.ms(PATIENCE_MS));
  let [elapsed, lastPts] = [0, 0];
  for await (const unit of viewer.units) {
    elapsed += Math.max(0, unit.pts - lastPts);
    lastPts = unit.pts;
    const isDue = elapsed >= segment * 1000 - EARLY_US;
    if (!files.isOpen || isDue && (unit.keyframe || unit.recoveryPoint)) {
      await files.next(rateOf(media.spsOf(unit.data)?.fps));
      elapsed = 0;
    }
    await files.write(unit);
  }
  await files.end();
  signal.throwIfAborted();
  throw new StreamError("ended", `${address.redacted} has everything`);
}

/**
 * What FFmpeg 7 has to be told: it takes H.264 of 30 pictures a second for 60.
 * No picture moves by it.
 */
export function rateOf(fps: number | undefined): string[] {
  const isLikely = fps !== undefined && fps >= 1 && fps <= MAX_FPS;
  return isLikely ? ["-r", `${fps}`] : [];
}

/** One file at a time. */
class Files implements AsyncDisposable {
  readonly #context: SendContext<Options>;
  readonly #plan: Plan;
  #current: Muxer | undefined;

  constructor(context: SendContext<Options>, plan: Plan) {
    this.#context = context;
    this.#plan = plan;
  }

  get isOpen(): boolean {
    return this.#current !== undefined;
  }

  /** @param rate Tells FFmpeg how many pictures a second there are. */
  async next(rate: readonly string[]): Promise<void> {
    await this.end();
    const name = await this.#plan.name();
    this.#context.log.info(`records into ${name}`);
    const output = [...this.#plan.format, ...rate, `file:${name}`];
    this.#current = await this.#context.openMuxer({ output });
  }

  async write(unit: WireUnit): Promise<void> {
    await this.#current?.write(unit);
  }

  async end(): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    if (current === undefined) return;
    await using _ = current;
    await current.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#current?.[Symbol.asyncDispose]();
  }
}
