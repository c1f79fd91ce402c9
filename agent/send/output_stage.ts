/**
 * The last stage of sending: a transport, kept running, out of the hub.
 *
 * @module
 */

import type { AccessUnitHub } from "../media/access_unit_hub.ts";
import { ms } from "../media/time.ts";
import type { QueueCounters } from "../media/unit_queue.ts";
import { checkOptions } from "../plugin/options.ts";
import type { Viewer, Viewers, WireUnit } from "../plugin/transport.ts";
import { ConfigError } from "../errors.ts";
import type { Resolved } from "../registry.ts";
import { createStatus } from "../watchdog/status.ts";
import { type Attempt, supervise } from "../watchdog/supervisor.ts";
import type { SendOptions } from "./send.ts";
import type { OutputStatus } from "./status.ts";

/**
 * How long a unit may wait for a viewer. Measured through a link that carries
 * half the bitrate: the worst second is 331 ms behind with 100, 378 with 200,
 * and the picture freezes less often with 200.
 */
const VIEWER_BUDGET_MS = ms(200);

/** One output address and who watches through it. */
export class OutputStage {
  readonly #options: SendOptions;
  readonly #output: Resolved<"transport">;
  readonly #hub: AccessUnitHub<WireUnit>;
  readonly #onViewer: () => void;
  readonly #pluginOptions: unknown;
  readonly #supervisor;
  readonly #viewers = new Map<
    Viewer,
    { label: string; counters: QueueCounters }
  >();
  readonly #gone: QueueCounters = { sent: 0, dropped: 0 };
  #port: number | undefined;

  /**
   * @param onViewer Called when somebody begins to watch.
   * @throws {ConfigError} If an option of the address is wrong.
   */
  constructor(
    options: SendOptions,
    output: Resolved<"transport">,
    hub: AccessUnitHub<WireUnit>,
    onViewer: () => void,
  ) {
    const { plugin, address } = output;
    if (plugin.send === undefined) {
      throw new ConfigError(
        `Cannot send to "${address.redacted}": ${plugin.name} only receives`,
      );
    }
    this.#options = options;
    this.#output = output;
    this.#hub = hub;
    this.#onViewer = onViewer;
    this.#pluginOptions = checkOptions(plugin.options, address.query, address);
    this.#supervisor = createStatus(options.runtime.now());
  }

  /** Runs until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { runtime, log, maxRetries } = this.#options;
    await supervise((attempt) => this.#attempt(attempt), {
      subject: this.#output.address.redacted,
      signal,
      clock: runtime,
      log: log("send output"),
      maxRetries,
      status: this.#supervisor,
    });
  }

  /** How it goes. */
  status(): OutputStatus {
    const viewers = [...this.#viewers.values()];
    const sum = (key: keyof QueueCounters) =>
      viewers.reduce((sum, { counters }) => sum + counters[key], 0) +
      this.#gone[key];
    return {
      address: this.#output.address.redacted,
      ...(this.#port !== undefined && { port: this.#port }),
      supervisor: this.#supervisor,
      viewers: viewers.map(({ label, counters }) => ({ label, ...counters })),
      sent: sum("sent"),
      dropped: sum("dropped"),
    };
  }

  async #attempt({ signal, progress }: Attempt): Promise<void> {
    const { runtime, log, onListening } = this.#options;
    const { plugin, address } = this.#output;
    const viewers: Viewers = {
      open: (label) => {
        progress();
        return this.#open(label);
      },
    };
    const ready = (at?: { port: number }) => {
      progress();
      this.#port = at?.port;
      onListening?.(address.redacted, at?.port);
    };
    await plugin.send!(viewers, {
      address,
      options: this.#pluginOptions,
      signal,
      runtime,
      log: log(`send ${plugin.name}`),
    }, ready);
  }

  #open(label: string): Viewer {
    const queue = this.#hub.join(VIEWER_BUDGET_MS);
    const { counters } = queue;
    const viewer: Viewer = {
      units: queue,
      [Symbol.dispose]: () => {
        queue[Symbol.dispose]();
        if (!this.#viewers.delete(viewer)) return;
        this.#gone.sent += counters.sent;
        this.#gone.dropped += counters.dropped;
      },
    };
    this.#viewers.set(viewer, { label, counters });
    this.#onViewer();
    return viewer;
  }
}
