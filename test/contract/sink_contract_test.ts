import assert from "node:assert/strict";
import type {
  FrameFormat,
  FrameSink,
  PluginHost,
  PluginModule,
  SinkPlugin,
} from "../../mod.ts";
import { settle } from "../fakes/clock.ts";
import { FakeRuntime } from "../fakes/runtime.ts";
import { test } from "../harness.ts";
import { type SinkCase, sinkContract, testSink } from "./sink_contract.ts";

let reader: number[] = [];
let gone = false;

function openCase(): SinkCase {
  reader = [];
  gone = false;
  return {
    address: "memory:",
    runtime: new FakeRuntime(),
    received: () => Uint8Array.from(reader),
    leave: () => void (gone = true),
    stall() {},
  };
}

/**
 * A sink that owns the frame memory, as one on shared memory does. Its typos
 * prove inference: `deno check` fails once the type beside one is lost.
 */
const sinkMemory = ({ z, media, defineSink }: PluginHost) =>
  defineSink({
    name: "sink-memory",
    schemes: ["memory"],
    description: "frames in the memory of a test",
    accepts: ["gray", "nv12"],
    options: z.strictObject({ name: z.string().default("cam0") }),
    prepare({ options }) {
      options.name satisfies string;
      // @ts-expect-error No such option
      options.nmae;
      return { claimed: 1, async [Symbol.asyncDispose]() {} };
    },
    allocate(format, slots) {
      const bytes = media.frameBytes(format);
      return {
        slots: Array.from({ length: slots }, () => new Uint8Array(bytes)),
        async [Symbol.asyncDispose]() {},
      };
    },
    open(format, { options }, prepared) {
      options.name satisfies string;
      prepared.claimed satisfies number;
      // @ts-expect-error No such option
      options.nmae;
      // @ts-expect-error No such field of a format
      format.heigth;
      // @ts-expect-error No such thing was prepared
      prepared.claimd;
      return {
        write(frame) {
          // @ts-expect-error No such field of a frame
          frame.recievedAt;
          if (gone) return "skipped";
          const rows = [...media.rowsOf(frame.data, format)];
          reader = rows.flatMap((row) => [...row]);
        },
        async [Symbol.asyncDispose]() {},
      };
    },
  });

testSink({ apiVersion: 1, default: sinkMemory }, openCase, [{
  reason: "memory has no reader that could stand still",
  tests: ["closes when it is aborted while its reader does not read"],
}]);

const never = new Promise<never>(() => {});

/** A sink with one fault. */
function faulty(
  change: (sink: SinkPlugin, host: PluginHost) => Partial<SinkPlugin>,
): PluginModule {
  return {
    apiVersion: 1,
    default(host) {
      const sink = sinkMemory(host) as unknown as SinkPlugin;
      return { ...sink, ...change(sink, host) };
    },
  };
}

/** A sink with one fault in what it opens. */
function opening(
  change: (open: FrameSink, host: PluginHost) => Partial<FrameSink>,
): PluginModule {
  return faulty((sink, host) => ({
    async open(...args) {
      const open = await sink.open(...args);
      return { ...open, ...change(open, host) };
    },
  }));
}

/** Each fault, the check that finds it, and what that says. */
const FAULTS: Record<
  string,
  [module: PluginModule, check: string, message: RegExp]
> = {
  "is written for another version": [
    { apiVersion: 2, default: sinkMemory },
    "is written for this version of the contract",
    /2 !== 1/,
  ],
  "describes itself in a sentence": [
    faulty(() => ({ description: "It keeps frames in memory." })),
    "declares itself with schemes and one line of description",
    /It keeps frames/,
  ],
  "takes any option": [
    faulty((_, { z }) => ({ options: z.object({}) })),
    "rejects an unknown option",
    /Missing expected exception/,
  ],
  "keeps what it claimed": [
    faulty(() => ({
      async prepare({ runtime }) {
        await runtime.openFifo({ path: "/f", mode: 0o600 });
        return undefined;
      },
    })),
    "gives back what it claimed for a stream that never came",
    /FIFO \/f/,
  ],
  "leaves a timer behind": [
    faulty((sink, { media }) => ({
      open(format, context, prepared) {
        context.runtime.sleep(media.ms(60_000)).catch(() => {});
        return sink.open(format, context, prepared);
      },
    })),
    "opens and closes without a frame",
    /1 timers/,
  ],
  "reads frames when they are given back": [
    opening(({ write }) => ({
      write: (frame) => void settle().then(() => write(frame)),
    })),
    "has read a borrowed frame once write() settles",
    /No picture without padding at the reader/,
  ],
  "changes frames": [
    opening(({ write }) => ({
      async write(frame) {
        await write(frame);
        frame.data.reverse();
      },
    })),
    "has read a borrowed frame once write() settles",
    /not its to change/,
  ],
  "writes the padding": [
    opening(() => ({ write: ({ data }) => void (reader = [...data]) })),
    "passes on gray without padding",
    /No picture without padding at the reader/,
  ],
  "remembers the first size": [
    faulty((sink) => {
      let first: FrameFormat | undefined;
      return {
        open: (format, ...rest) => sink.open(first ??= format, ...rest),
      };
    }),
    "passes on frames of another size when it is opened anew",
    /No picture without padding at the reader/,
  ],
  "dies of its reader": [
    opening(({ write }) => ({
      write(frame) {
        if (gone) throw new TypeError("Nobody there");
        return write(frame);
      },
    })),
    "skips frames or throws a StreamError when its reader is gone",
    /not TypeError: Nobody there/,
  ],
  "does not end": [
    opening(() => ({ [Symbol.asyncDispose]: () => never })),
    "closes when it is aborted",
    /No end of the sink/,
  ],
  "waits for its reader for ever": [
    opening(({ write }) => {
      let count = 0;
      return { write: (frame) => count++ > 0 ? never : write(frame) };
    }),
    "closes when it is aborted while its reader does not read",
    /No end of write/,
  ],
  "lends one slot thrice": [
    faulty((_, { media }) => ({
      allocate(format, slots) {
        const slot = new Uint8Array(media.frameBytes(format));
        return {
          slots: Array.from({ length: slots }, () => slot),
          async [Symbol.asyncDispose]() {},
        };
      },
    })),
    "takes frames in the memory it allocates",
    /strictly deep-equal/,
  ],
};

for (const [what, [module, name, message]] of Object.entries(FAULTS)) {
  test(`sinkContract() finds a sink that ${what}`, async () => {
    const check = sinkContract(module, openCase)
      .find((check) => check.name === name);
    await assert.rejects(check!.run(), message);
  });
}
