/**
 * A program with made-up plugins, pipelines and streams, to run command lines
 * in.
 *
 * @module
 */

import type { Parts } from "../../agent/cli/run.ts";
import type { Streams } from "../../agent/cli/streams.ts";
import { run } from "../../agent/cli/run.ts";
import { ms } from "../../agent/media/time.ts";
import type { PluginHost } from "../../agent/plugin/host.ts";
import type { Runtime } from "../../agent/plugin/runtime.ts";
import type { RecvOptions } from "../../agent/recv/recv.ts";
import type { RecvStatus } from "../../agent/recv/status.ts";
import { Registry } from "../../agent/registry.ts";
import { runtime } from "../../agent/runtime/mod.ts";
import { onStop } from "../../agent/runtime/signals.ts";
import type { SendOptions } from "../../agent/send/send.ts";
import type { SendStatus } from "../../agent/send/status.ts";
import { createStatus } from "../../agent/watchdog/status.ts";
import { Decoders } from "../../agent/ffmpeg/decoders.ts";
import { FakeClock } from "./clock.ts";
import { fakeMachine } from "./machine.ts";

const source = {
  apiVersion: 1,
  default: ({ z, defineSource }: PluginHost) =>
    defineSource({
      name: "source-fake",
      schemes: ["test", "ffmpeg"],
      description: "pictures that nobody took",
      options: z.strictObject({
        speed: z.string().default("1").meta({ description: "how fast" }),
      }),
      run: () => Promise.resolve(),
    }),
};

const transport = {
  apiVersion: 1,
  default: ({ z, defineTransport }: PluginHost) =>
    defineTransport({
      name: "transport-fake",
      schemes: ["tcp"],
      description: "carries nothing",
      options: z.strictObject({}),
      send: () => Promise.resolve(),
      receive: () => Promise.reject(new Error("Cannot receive anything")),
    }),
};

const sink = {
  apiVersion: 1,
  default: ({ z, defineSink }: PluginHost) =>
    defineSink({
      name: "sink-fake",
      schemes: ["pipe", "stdout"],
      description: "throws everything away",
      accepts: ["rgb24"],
      options: z.strictObject({}),
      open: () => ({ write() {}, async [Symbol.asyncDispose]() {} }),
    }),
};

/** One plugin of each kind. */
export const fakePlugins: readonly unknown[] = [source, transport, sink];

/** A registry of {@linkcode fakePlugins}. */
export function fakeRegistry(): Registry {
  const registry = new Registry();
  for (const module of fakePlugins) registry.add(module, "fake");
  return registry;
}

/** The status of a sender that runs. */
export function sendStatus(): SendStatus {
  const running = () => ({
    ...createStatus(ms(1_000)),
    state: "running" as const,
  });
  return {
    source: {
      address: "test:",
      supervisor: running(),
      units: 90,
      fps: 30.04,
      frameStep: 1,
      bitrateShare: 1,
      bitsPerSecond: 2_123_456,
    },
    outputs: [{
      address: "tcp://0.0.0.0:5001",
      supervisor: running(),
      viewers: [
        { label: "192.168.1.7:40312", sent: 80, bytes: 80_000, dropped: 3 },
        { label: "192.168.1.8:40312", sent: 90, bytes: 90_000, dropped: 0 },
      ],
      sent: 170,
      bytes: 170_000,
      dropped: 3,
    }],
  };
}

/** The status of a receiver that runs. */
export function recvStatus(): RecvStatus {
  const running = () => ({
    ...createStatus(ms(1_000)),
    state: "running" as const,
  });
  return {
    input: {
      address: "tcp://pi:5001",
      supervisor: { ...running(), restarts: 2 },
      peer: "192.168.1.5:5001",
      format: "h264",
      size: "640x480",
      units: 90,
      damaged: 0,
      missing: 0,
      held: 0,
      packets: { lost: 0, reordered: 0, dropped: 0 },
      fps: 29.96,
      bitsPerSecond: 512_345,
    },
    decoders: [{
      pixelFormat: "rgb24",
      supervisor: { ...running(), restarts: 1 },
      spare: true,
      decoded: 80,
      dropped: 1,
      stale: 2,
      hidden: 0,
    }],
    sinks: [{
      address: "pipe:/tmp/cam",
      supervisor: running(),
      written: 70,
      dropped: 4,
      fps: 30,
      age: { since: "capture", p50: 4.12, p95: 6.34 },
    }],
  };
}

/** How the program is to be faked. */
export interface FakeOptions {
  /** What differs from streams that nobody looks at. */
  streams?: Partial<Streams>;
  /** What a pipeline does while it runs. */
  running?: (options: SendOptions | RecvOptions) => Promise<void>;
  /** The built-in plugins, if not {@linkcode fakePlugins}. */
  builtins?: readonly unknown[];
  /** What differs from the real machine. */
  machine?: Partial<Runtime>;
  /** Decoders, if not those of an FFmpeg that is really there. */
  decoders?: Decoders;
  /** What happens to text on stdout. */
  writeStdout?: (text: string) => Promise<void>;
}

/** What a command line has come to. */
export interface Outcome {
  /** The exit code. */
  code: number;
  /** What it has written. */
  stdout: string;
  /** What it has written, the warnings and errors. */
  stderr: string;
  /** What the pipeline was made with, if one was. */
  pipeline?: SendOptions | RecvOptions;
}

/** A program that can be sent signals. */
export class FakeProgram {
  /** The time it sees. */
  readonly clock = new FakeClock();
  readonly #signals = new Map<string, (thrown: unknown) => void>();
  readonly #options: FakeOptions;

  /** Starts nothing. */
  constructor(options: FakeOptions = {}) {
    this.#options = options;
  }

  /** Sends it a signal, or throws something where nobody catches it. */
  emit(event: string, thrown?: unknown): void {
    this.#signals.get(event)?.(thrown);
  }

  /** Runs one command line, without the name of the program. */
  async run(...argv: string[]): Promise<Outcome> {
    const outcome: Outcome = { code: -1, stdout: "", stderr: "" };
    const { running = () => Promise.resolve() } = this.#options;
    const make = <Status>(
      options: SendOptions | RecvOptions,
      status: () => Status,
    ) => {
      outcome.pipeline = options;
      const commands = () => Promise.resolve([["ffmpeg", "-i", "it's"]]);
      return { run: () => running(options), status, commands };
    };
    using stop = onStop({
      process: {
        on: (event, listener) => this.#signals.set(event, listener),
        off: (event) => this.#signals.delete(event),
      },
      exit: (code) => {
        throw new Error(`Forced to exit with ${code}`);
      },
    });
    const machine = this.#runtime(outcome);
    const parts: Parts = {
      builtins: this.#options.builtins ?? fakePlugins,
      pipelines: {
        createSender: (options) => make(options, sendStatus),
        createReceiver: (options) => make(options, recvStatus),
      },
      runtime: machine,
      decoders: this.#options.decoders ??
        new Decoders({ runtime: machine, ...fakeMachine() }),
      streams: this.#streams(outcome),
      stop,
    };
    outcome.code = await run(argv, parts);
    return outcome;
  }

  #runtime(outcome: Outcome): Runtime {
    const { clock } = this;
    return {
      ...runtime,
      ...this.#options.machine,
      now: () => clock.now(),
      wallClock: () => clock.wallClock(),
      sleep: (duration, signal) => clock.sleep(duration, signal),
      writeStdout: async (bytes) => {
        const text = new TextDecoder().decode(bytes);
        await this.#options.writeStdout?.(text);
        outcome.stdout += text;
      },
    };
  }

  #streams(outcome: Outcome): Streams {
    return {
      env: {},
      isInteractive: false,
      isStdoutTerminal: false,
      isStderrTerminal: false,
      isJournal: false,
      columns: () => undefined,
      writeStderr: (text) => {
        outcome.stderr += text;
        return Promise.resolve();
      },
      ...this.#options.streams,
    };
  }
}
