/**
 * The last stage of sending: a transport, kept running, out of the hub.
 *
 * @module
 */

import { openMuxer } from "../ffmpeg/muxer.ts";
import { publish } from "../ffmpeg/publish.ts";
import type { AccessUnitHub } from "../media/access_unit_hub.ts";
import { checkOptions } from "../plugin/options.ts";
import type {
  Announcement,
  MuxerJob,
  Viewers,
  WireUnit,
} from "../plugin/transport.ts";
import { ConfigError } from "../errors.ts";
import type { Resolved } from "../registry.ts";
import { createStatus } from "../watchdog/status.ts";
import { type Attempt, supervise } from "../watchdog/supervisor.ts";
import { Audience } from "./audience.ts";
import type { ViewerLoad } from "./bitrate_control.ts";
import type { SendOptions } from "./send.ts";
import type { OutputStatus } from "./status.ts";

/**
 * A network that is back is to be used at once; asking costs a packet or a
 * call.
 */
const LONGEST_PAUSE_MS = 1000;

/** One output address and who watches through it. */
export class OutputStage {
  readonly #options: SendOptions;
  readonly #output: Resolved<"transport">;
  readonly #audience: Audience;
  readonly #onViewer: () => void;
  readonly #pluginOptions: unknown;
  readonly #supervisor;
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
    this.#audience = new Audience(hub);
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
      longestPauseMs: LONGEST_PAUSE_MS,
    });
  }

  /** What the links of those who watch carry. */
  loads(): ViewerLoad[] {
    return this.#audience.loads();
  }

  /** How it goes. */
  status(): OutputStatus {
    return {
      address: this.#output.address.redacted,
      ...(this.#port !== undefined && { port: this.#port }),
      supervisor: this.#supervisor,
      viewers: this.#audience.status(),
      ...this.#audience.totals(),
    };
  }

  async #attempt({ signal, progress }: Attempt): Promise<void> {
    const { runtime, log, onListening } = this.#options;
    const { plugin, address } = this.#output;
    let over = false;
    const open: Viewers["open"] = (label, patience) => {
      const viewer = this.#audience.open(label, patience);
      if (over || signal.aborted) viewer[Symbol.dispose]();
      else this.#onViewer();
      return { ...viewer, units: reported(viewer.units, progress) };
    };
    const ready = (at: Announcement = {}) => {
      if (over) return;
      progress();
      this.#port = at.port;
      onListening?.(address.redacted, at);
    };
    const context = {
      address,
      options: this.#pluginOptions,
      signal,
      runtime,
      log: log(`send ${plugin.name}`),
      openMuxer: (job: MuxerJob) => openMuxer(job, { runtime, signal }),
      publish: (job: MuxerJob, viewers: Viewers, server: string) =>
        publish(job, viewers, server, { runtime, signal }),
    };
    // Viewers end with the agent, whether or not the plugin sees to it.
    const stop = () => this.#audience.dismiss();
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
    try {
      const audience = this.#audience;
      const viewers = {
        open,
        get entry() {
          return audience.entry;
        },
      };
      await plugin.send!(viewers, context, ready);
    } finally {
      over = true;
      signal.removeEventListener("abort", stop);
      this.#audience.dismiss();
      this.#port = undefined;
    }
  }
}

/** Reports each unit that somebody has done something with. */
async function* reported<T>(
  units: AsyncIterable<T>,
  report: () => void,
): AsyncGenerator<T> {
  for await (const unit of units) {
    yield unit;
    report();
  }
}
