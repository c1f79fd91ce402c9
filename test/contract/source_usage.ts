/**
 * A source in use, as the agent uses it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { encode } from "../../agent/ffmpeg/encoder.ts";
import { probe } from "../../agent/ffmpeg/probe.ts";
import type { AccessUnit } from "../../agent/media/access_unit.ts";
import { parseAddress } from "../../agent/media/address.ts";
import { checkSource } from "../../agent/plugin/reserved.ts";
import type {
  SourceContext,
  SourcePlugin,
  VideoSettings,
} from "../../agent/plugin/source.ts";
import { assertReason, type CaseRuntime, settled, untilTrue } from "./suite.ts";

/** What the source under test reads. */
export interface SourceCase {
  /** The address, as a user would give it. */
  readonly address: string;
  /** The machine to hand to the plugin. */
  readonly runtime: CaseRuntime;
  /** Ends the input in good order. */
  finish?(): void;
  /** Breaks the input. */
  break?(): void;
  /** Cleans up behind the test. */
  [Symbol.asyncDispose]?(): Promise<void>;
}

/** How long a source may take to its first picture: cameras need seconds. */
const FIRST_UNIT_MS = 10_000;

/** Makes what a source is handed, out of an address with any options. */
export function contextOf(
  plugin: SourcePlugin,
  text: string,
  runtime: CaseRuntime,
  signal: AbortSignal,
): SourceContext<unknown> {
  const address = parseAddress(text);
  const { reserved, options } = checkSource(plugin, address);
  const { size, fps, bitrate, gop, encoder } = reserved;
  const video: VideoSettings = {
    ...(size && { size }),
    ...(fps && { fps }),
    ...(bitrate && { bitrate }),
    ...(gop && { gop }),
    encoder,
  };
  return {
    address,
    options,
    video,
    signal,
    log: { info() {}, warn() {} },
    runtime,
    expectSilence() {},
    encode: (job, emit) => encode(job, video, emit, { runtime, signal }),
    probe: (input) => probe(input, { runtime, signal }),
  };
}

/** A source at work; disposing ends it and checks that nothing is left. */
export class Sourcing implements AsyncDisposable {
  /** What was emitted, copied. */
  readonly units: AccessUnit[] = [];
  /** Settles as the source's run() does. */
  readonly done: Promise<void>;
  readonly #case: SourceCase;
  readonly #controller = new AbortController();
  #settled = false;
  #late = 0;

  /** Starts the source. */
  constructor(plugin: SourcePlugin, c: SourceCase) {
    const { signal } = this.#controller;
    const context = contextOf(plugin, c.address, c.runtime, signal);
    const emit = (unit: AccessUnit) => {
      if (unit.capturedAt !== undefined) {
        assert.ok(unit.capturedAt <= c.runtime.now(), "captured in the future");
      }
      if (this.#settled) this.#late++;
      this.units.push({ ...unit, data: unit.data.slice() });
    };
    this.#case = c;
    this.done = (async () => await plugin.run(emit, context))();
    const settle = () => void (this.#settled = true);
    this.done.then(settle, settle);
  }

  /** Waits until so many access units have come. */
  async untilUnits(count: number): Promise<void> {
    const settled = () => this.#settled || this.units.length >= count;
    const what = `${count} access units`;
    await untilTrue(this.#case.runtime, what, settled, FIRST_UNIT_MS);
    if (this.units.length >= count) return;
    await this.done;
    assert.fail(`It ended after ${this.units.length} access units`);
  }

  /** Aborts; the source is to end, and to complain of nothing else. */
  async abort(): Promise<void> {
    this.#controller.abort();
    const { signal } = this.#controller;
    const end = this.done.catch((error) => assertReason(error, signal));
    await settled(this.#case.runtime, "end of run()", end);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#controller.abort();
    const { runtime } = this.#case;
    await settled(runtime, "end of run()", this.done.catch(() => {}));
    await runtime.turn();
    assert.equal(this.#late, 0, "units after the end");
    await this.#case[Symbol.asyncDispose]?.();
    assert.deepEqual(runtime.open ?? [], []);
  }
}
