/**
 * What one reader of shared memory sees.
 *
 * @module
 */

import { Quantiles, RateMeter } from "../media/meter.ts";
import { ms } from "../media/time.ts";
import { formatDuration } from "../watchdog/status.ts";
import type {
  Frames,
  SharedFrame,
  WriterState,
} from "../../readers/typescript/camagent.ts";

/** How it goes. */
export interface WatchStatus {
  /** How the writer is. */
  readonly state: WriterState;
  /** How long it has been silent, where that is too long; milliseconds. */
  readonly silentMs?: number;
  /** `640x480`, once there are frames. */
  readonly size?: string;
  /** Layout of the frames. */
  readonly pixelFormat?: string;
  /** Frames per second, over the last two seconds. */
  readonly fps: number;
  /** Frames so far. */
  readonly frames: number;
  /** Frames that were published and not seen. */
  readonly missed: number;
  /** How often frames were missing that the agent had not got. */
  readonly losses: number;
  /** Age of the frames when they were seen, in milliseconds. */
  readonly age?: {
    readonly since: "capture" | "arrival";
    readonly p50: number;
    readonly p95: number;
  };
}

/** Looks at every frame, and counts. */
export class Watcher {
  readonly #frames: Frames;
  readonly #rate = new RateMeter();
  readonly #ages = new Quantiles();
  #last: SharedFrame | undefined;
  #count = 0;
  #missed = 0;
  #losses = 0;

  /** @param frames Stay with the caller. */
  constructor(frames: Frames) {
    this.#frames = frames;
  }

  /** Looks on until `signal` aborts. */
  async run(signal: AbortSignal, now: () => number): Promise<never> {
    while (true) this.see(await this.#frames.next(signal), now());
  }

  /** Counts one frame. */
  see(frame: SharedFrame, now: number): void {
    const last = this.#last;
    if (last?.generation === frame.generation) {
      this.#missed += frame.number - last.number - 1;
    }
    const isSame = (last?.capturedAt === undefined) ===
      (frame.capturedAt === undefined);
    if (!isSame) this.#ages.clear();
    this.#ages.add(frame.ageMs());
    this.#rate.add(ms(now));
    if (frame.afterLoss) this.#losses++;
    this.#count++;
    this.#last = frame;
  }

  /** How it goes. */
  status(now: number): WatchStatus {
    const { state, silentMs } = this.#frames;
    const [p50, p95] = this.#ages.read(0.5, 0.95) ?? [];
    const last = this.#last;
    return {
      state,
      ...(state === "stale" && silentMs !== undefined && { silentMs }),
      ...(last && {
        size: `${last.width}x${last.height}`,
        pixelFormat: last.pixelFormat,
      }),
      fps: this.#rate.read(ms(now)).perSecond,
      frames: this.#count,
      missed: this.#missed,
      losses: this.#losses,
      ...(p50 !== undefined && p95 !== undefined && last && {
        age: {
          since: last.capturedAt === undefined ? "arrival" : "capture",
          p50,
          p95,
        },
      }),
    };
  }
}

/** `live  640x480 rgb24  30.0 fps  age p50 4.1 p95 5.0 ms (capture) ...`. */
export function watchLine(status: WatchStatus): string {
  const { state, silentMs, size, pixelFormat, fps } = status;
  const { age, missed, losses } = status;
  return [
    silentMs === undefined
      ? state
      : `${state} for ${formatDuration(ms(silentMs))}`,
    ...(size ? [`${size} ${pixelFormat}`] : []),
    `${fps.toFixed(1)} fps`,
    ...(age
      ? [
        `age p50 ${age.p50.toFixed(1)} p95 ${age.p95.toFixed(1)} ms ` +
        `(${age.since})`,
      ]
      : []),
    `missed ${missed}`,
    ...(losses > 0 ? [`losses ${losses}`] : []),
  ].join("  ");
}
