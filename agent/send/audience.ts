/**
 * Who watches through one output.
 *
 * @module
 */

import type { AccessUnitHub } from "../media/access_unit_hub.ts";
import { type Milliseconds, ms } from "../media/time.ts";
import type { QueueCounters } from "../media/unit_queue.ts";
import type { Viewer, WireUnit } from "../plugin/transport.ts";
import type { ViewerLoad } from "./bitrate_control.ts";
import type { ViewerStatus } from "./status.ts";

/**
 * How long a unit may wait for a viewer. Measured through a link that carries
 * half the bitrate: the worst second is 331 ms behind with 100, 378 with 200,
 * and the picture freezes less often with 200.
 */
const VIEWER_BUDGET_MS = ms(200);

/** The viewers of one output, and what became of those who left. */
export class Audience {
  readonly #hub: AccessUnitHub<WireUnit>;
  readonly #viewers = new Map<
    Viewer,
    { label: string; counters: QueueCounters }
  >();
  readonly #gone: QueueCounters = {
    ...{ sent: 0, bytes: 0, busyMs: 0, dropped: 0 },
  };

  /** @param hub Where the access units come from. */
  constructor(hub: AccessUnitHub<WireUnit>) {
    this.#hub = hub;
  }

  /** As the contract of transports has it. */
  get entry(): WireUnit | undefined {
    return this.#hub.entry;
  }

  /** Adds a viewer. */
  open(label: string, patience: Milliseconds = VIEWER_BUDGET_MS): Viewer {
    const queue = this.#hub.join(patience);
    const { counters } = queue;
    const viewer: Viewer = {
      units: queue,
      [Symbol.dispose]: () => {
        queue[Symbol.dispose]();
        if (!this.#viewers.delete(viewer)) return;
        this.#gone.sent += counters.sent;
        this.#gone.bytes += counters.bytes;
        this.#gone.dropped += counters.dropped;
      },
    };
    this.#viewers.set(viewer, { label, counters });
    return viewer;
  }

  /** Ends every viewer at once. */
  dismiss(): void {
    for (const viewer of this.#viewers.keys()) viewer[Symbol.dispose]();
  }

  /** How each of them fares. */
  status(): ViewerStatus[] {
    return [...this.#viewers.values()].map(({ label, counters }) => {
      const { sent, bytes, dropped } = counters;
      return { label, sent, bytes, dropped };
    });
  }

  /** What the links of those who watch carry. */
  loads(): ViewerLoad[] {
    return [...this.#viewers].map(([key, { counters }]) => {
      const { bytes, busyMs, dropped } = counters;
      return { key, bytes, busyMs, dropped };
    });
  }

  /** Counts over all viewers there ever were. */
  totals(): Omit<QueueCounters, "busyMs"> {
    const { sent, bytes, dropped } = this.#gone;
    const totals = { sent, bytes, dropped };
    for (const { counters } of this.#viewers.values()) {
      totals.sent += counters.sent;
      totals.bytes += counters.bytes;
      totals.dropped += counters.dropped;
    }
    return totals;
  }
}
