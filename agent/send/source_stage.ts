/**
 * The first stage of sending: a source, kept running, into the hub.
 *
 * @module
 */

import { probe } from "../ffmpeg/probe.ts";
import type { AccessUnit } from "../media/access_unit.ts";
import { RateMeter } from "../media/meter.ts";
import { checkSource } from "../plugin/reserved.ts";
import type { SourceContext, VideoSettings } from "../plugin/source.ts";
import { createStatus } from "../watchdog/status.ts";
import { type Attempt, supervise } from "../watchdog/supervisor.ts";
import { BitrateControl, type ViewerLoad } from "./bitrate_control.ts";
import { EncoderPace } from "./encoder_pace.ts";
import { encodeInTime } from "./paced_encoder.ts";
import type { SendOptions } from "./send.ts";
import type { SendStatus } from "./status.ts";

/** How long a source may take to its first picture: cameras need seconds. */
const FIRST_UNIT_MS = 10_000;

/** Silence that is a failure, unless keyframes are further apart than half. */
const STALL_MS = 2000;

/**
 * The longest pause: with its spread of a fifth and a start, a camera that is
 * plugged in again is back within 5 s. One that stays away is tried 20 times in
 * the first minute, and then as often as the token bucket lets it: 12 times.
 */
const LONGEST_PAUSE_MS = 3700;

/** What the stage hands on. */
export interface SourceEvents {
  /** Takes an access unit, borrowed until it returns. */
  onUnit(unit: AccessUnit): void;
  /** The source broke off. */
  onInterrupt(): void;
  /** Who watches. */
  viewers(): readonly ViewerLoad[];
  /** Resolves when somebody wants pictures. */
  wanted(signal: AbortSignal): Promise<void>;
}

/** One source and what is known of it. */
export class SourceStage {
  /** Whether capture times are to be sent along. */
  readonly stamp: boolean;
  readonly #options: SendOptions;
  readonly #events: SourceEvents;
  readonly #video: VideoSettings;
  readonly #pluginOptions: unknown;
  readonly #waits: boolean;
  readonly #supervisor;
  readonly #rate = new RateMeter();
  readonly #pace = new EncoderPace();
  readonly #bitrate;
  #units = 0;
  #stallMs = Infinity;
  #keyframeAt: number | undefined;

  /** @throws {ConfigError} If an option of the source's address is wrong. */
  constructor(options: SendOptions, events: SourceEvents) {
    const { plugin, address } = options.source;
    const { reserved, options: own } = checkSource(plugin, address);
    const { start, stamp, adapt, ...video } = reserved;
    this.stamp = stamp;
    this.#options = options;
    this.#events = events;
    this.#video = present(video);
    this.#pluginOptions = own;
    this.#bitrate = new BitrateControl(adapt);
    this.#waits = start === "first-viewer";
    this.#supervisor = createStatus(options.runtime.now());
  }

  /** Runs until `signal` aborts or the input has ended. */
  async run(signal: AbortSignal): Promise<void> {
    const { source, runtime, log, maxRetries } = this.#options;
    await supervise((attempt) => this.#attempt(attempt), {
      subject: source.address.redacted,
      signal,
      clock: runtime,
      log: log("send source"),
      maxRetries,
      status: this.#supervisor,
      longestPauseMs: LONGEST_PAUSE_MS,
      stall: { stallMs: () => this.#stallMs },
    });
  }

  /** How it goes. */
  status(): SendStatus["source"] {
    const { runtime, source } = this.#options;
    const rate = this.#rate.read(runtime.now());
    return {
      address: source.address.redacted,
      supervisor: this.#supervisor,
      units: this.#units,
      fps: rate.perSecond,
      frameStep: this.#pace.step,
      bitrateShare: this.#bitrate.share,
      bitsPerSecond: rate.sizePerSecond * 8,
    };
  }

  /**
   * What the plugin gets.
   *
   * @param expectSilence Called when it says that pictures may stop coming.
   */
  context(
    signal: AbortSignal,
    expectSilence: () => void = () => {},
  ): SourceContext<unknown> {
    const { source, runtime } = this.#options;
    const log = this.#options.log(`send ${source.plugin.name}`);
    return {
      address: source.address,
      options: this.#pluginOptions,
      video: this.#video,
      signal,
      runtime,
      log,
      expectSilence,
      probe: (input) => probe(input, { runtime, signal }),
      encode: (job, emit) =>
        encodeInTime(job, emit, {
          ...{ runtime, signal, log },
          video: this.#video,
          ...{ pace: this.#pace, bitrate: this.#bitrate },
          viewers: () => this.#events.viewers(),
          onRestart: () => this.#events.onInterrupt(),
        }),
    };
  }

  async #attempt({ signal, progress }: Attempt): Promise<"finished"> {
    const { source: { plugin }, runtime } = this.#options;
    const startedAt = runtime.now();
    this.#stallMs = Infinity;
    if (this.#waits) await this.#events.wanted(signal);
    // Silence counts from the start of the attempt: without the wait.
    this.#stallMs = runtime.now() - startedAt + FIRST_UNIT_MS;
    this.#keyframeAt = undefined;
    let [patient, over] = [false, false];
    const context = this.context(signal, () => {
      patient = true;
      this.#stallMs = Infinity;
    });
    try {
      await plugin.run((unit) => {
        // What a source says after its end would mix with its successor's.
        if (over || signal.aborted) return;
        progress();
        if (!patient) this.#watchKeyframes(unit);
        this.#units++;
        this.#rate.add(runtime.now(), unit.data.length);
        this.#events.onUnit(unit);
      }, context);
      signal.throwIfAborted();
      return "finished";
    } catch (error) {
      this.#events.onInterrupt();
      throw error;
    } finally {
      over = true;
    }
  }

  /** Pictures may come seconds apart: the stall limit follows. */
  #watchKeyframes({ keyframe }: AccessUnit): void {
    if (this.#keyframeAt === undefined) this.#stallMs = STALL_MS;
    if (!keyframe) return;
    const now = this.#options.runtime.now();
    const distance = now - (this.#keyframeAt ?? now);
    this.#stallMs = Math.max(STALL_MS, 2 * distance);
    this.#keyframeAt = now;
  }
}

/** Drops what is `undefined`, so that absent means absent. */
function present(
  video: {
    [Key in keyof VideoSettings]?: VideoSettings[Key] | undefined;
  },
): VideoSettings {
  const entries = Object.entries(video).filter(([, value]) =>
    value !== undefined
  );
  return { encoder: "auto", ...Object.fromEntries(entries) };
}
