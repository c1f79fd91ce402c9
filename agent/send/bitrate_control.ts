/**
 * How much of the wanted bitrate the links of viewers carry.
 *
 * @module
 */

import type { Milliseconds } from "../media/time.ts";

/** For whom the bitrate is lowered: whoever is slowest, or nobody. */
export type Adaptation = "slowest" | "none";

/** What is known of a viewer's link; both count from its beginning. */
export interface ViewerLoad {
  /** Tells it from others for as long as it is there. */
  readonly key: object;
  /** What it has taken. */
  readonly bytes: number;
  /** How long that took, in milliseconds, without waits for pictures. */
  readonly busyMs: number;
  /** Access units that it was too slow for. */
  readonly dropped: number;
}

/** Parts of the wanted bitrate, about 3 dB apart. */
const SHARES = [1, 0.7, 0.5, 0.35, 0.25, 0.18, 0.125] as const;

/**
 * Part of what a link has carried that it is asked for: a keyframe is up to a
 * quarter of a second of the bitrate, and is to be through in half of that.
 * Measured at half of 2 Mbit/s: with 0.8 frames are 219 to 291 ms old (p95).
 */
const HEADROOM = 0.6;

/** A link that carries less has broken off: no bitrate would be low enough. */
const LEAST_SHARE = SHARES[SHARES.length - 1]!;

/** How often it is looked at the links. */
const CHECK_MS = 100;

/** Over how long it is measured what a link carries, from the first event on. */
const MEASURE_MS = 1000;

/** What is dropped at once is one event; a cough of Wi-Fi is no more than that. */
const EVENT_MS = 200;
const EVENTS = 2;
const EVENTS_WITHIN_MS = 4000;

/** Nothing is judged so soon after a viewer came, or the encoder was started. */
const SETTLE_MS = 1500;

/** How long links have to carry everything before they are asked for more. */
const CALM_MS = 30_000;

/** The same at the most: it doubles each time that more was too much. */
const MAX_CALM_MS = 20 * CALM_MS;

/** One link. */
interface Link {
  readonly since: Milliseconds;
  dropped: number;
  /** How it stood at the first event, and when that was. */
  begin: ViewerLoad & { readonly at: Milliseconds } | undefined;
  load: ViewerLoad;
  events: Milliseconds[];
}

/** Lowers the bitrate where a link is too slow for it, and raises it again. */
export class BitrateControl {
  readonly #adaptation: Adaptation | undefined;
  readonly #links = new Map<object, Link>();
  #index = 0;
  #settledAt = 0;
  #checkedAt = -Infinity;
  #calmSince = 0;
  #calmMs = CALM_MS;
  #raised = false;

  /** @param adaptation Omit for "slowest" as long as there is one viewer. */
  constructor(adaptation: Adaptation | undefined) {
    this.#adaptation = adaptation;
  }

  /** Part of the wanted bitrate that is to be encoded, 1 at the most. */
  get share(): number {
    return SHARES[this.#index]!;
  }

  /** The encoder is started. */
  begin(now: Milliseconds): void {
    this.#settledAt = now + SETTLE_MS;
    this.#calmSince = now;
    this.#links.clear();
  }

  /**
   * Looks at the links. Cheap enough for each picture.
   *
   * @param bitrate The wanted one, in bits per second.
   * @returns Whether the encoder is to be started anew, with another
   * {@linkcode share}.
   */
  isToChange(
    viewers: () => readonly ViewerLoad[],
    bitrate: number,
    now: Milliseconds,
  ): boolean {
    if (this.#adaptation === "none") return false;
    if (now - this.#checkedAt < CHECK_MS) return false;
    this.#checkedAt = now;
    const all = viewers();
    // Of several none is to spoil the others' pictures, unless that is wanted.
    const loads = this.#adaptation === undefined && all.length > 1 ? [] : all;
    this.#forgetOthers(loads);
    const links = loads.map((load) => this.#measure(load, now));
    // One that drops now: another one may just have come back.
    const slow = links.filter(({ begin, events }) =>
      events.length >= EVENTS && events.at(-1) === now &&
      now - begin!.at >= MEASURE_MS
    );
    if (now >= this.#settledAt && slow.length > 0) {
      return this.#lower(slow, bitrate, now);
    }
    return now - this.#calmSince >= this.#calmMs && this.#raise();
  }

  #forgetOthers(loads: readonly ViewerLoad[]): void {
    const keys = new Set(loads.map(({ key }) => key));
    for (const key of this.#links.keys()) {
      if (!keys.has(key)) this.#links.delete(key);
    }
  }

  #measure(load: ViewerLoad, now: Milliseconds): Link {
    const { key, dropped } = load;
    const link = this.#links.get(key) ??
      { since: now, begin: undefined, load, dropped, events: [] };
    this.#links.set(key, link);
    link.load = load;
    link.events = link.events.filter((at) => now - at <= EVENTS_WITHIN_MS);
    const hasDropped = dropped > link.dropped;
    link.dropped = dropped;
    if (!hasDropped || now - link.since < SETTLE_MS) return link;
    this.#calmSince = now;
    if (link.events.length === 0) link.begin = { ...load, at: now };
    if (now - (link.events.at(-1) ?? -Infinity) >= EVENT_MS) {
      link.events.push(now);
    }
    return link;
  }

  #lower(
    slow: readonly Link[],
    bitrate: number,
    now: Milliseconds,
  ): boolean {
    const carried = Math.min(...slow.map(bitsPerSecond)) / bitrate;
    for (const link of slow) link.events = [];
    if (carried < LEAST_SHARE) return false;
    const wasTooMuch = this.#raised;
    if (wasTooMuch) this.#calmMs = Math.min(MAX_CALM_MS, 2 * this.#calmMs);
    this.#raised = false;
    this.#calmSince = now;
    const last = SHARES.length - 1;
    const fitting = SHARES.findIndex((share) => share <= HEADROOM * carried);
    // What was carried before more was tried is known to fit.
    const index = wasTooMuch || fitting < 0 ? this.#index + 1 : fitting;
    if (this.#index === last) return false;
    this.#index = Math.min(last, Math.max(index, this.#index + 1));
    return true;
  }

  #raise(): boolean {
    if (this.#raised) this.#calmMs = CALM_MS;
    if (this.#index === 0) return false;
    this.#raised = true;
    this.#index--;
    return true;
  }
}

/** Of the time in which there was something to carry. */
function bitsPerSecond({ begin, load }: Link): number {
  const busyMs = load.busyMs - begin!.busyMs;
  return 8000 * (load.bytes - begin!.bytes) / Math.max(1, busyMs);
}
