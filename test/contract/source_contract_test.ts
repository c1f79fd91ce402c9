import assert from "node:assert/strict";
import type {
  AccessUnit,
  EmitAccessUnit,
  PluginHost,
  PluginModule,
  SourceContext,
} from "../../mod.ts";
import { FakeRuntime } from "../fakes/runtime.ts";
import { test } from "../harness.ts";
import {
  type SourceCase,
  sourceContract,
  testSource,
} from "./source_contract.ts";
import { stream } from "./stream.ts";

/** How the input of a test ends. */
let ending = Promise.withResolvers<"finished" | "broken">();

function openCase(): SourceCase {
  ending = Promise.withResolvers();
  return {
    address: "memory:",
    runtime: new FakeRuntime(),
    finish: () => ending.resolve("finished"),
    break: () => ending.resolve("broken"),
  };
}

/**
 * A source that emits by itself. Its typos prove inference: `deno check` fails
 * once the type beside one is lost.
 */
const sourceMemory = ({ z, media, defineSource, StreamError }: PluginHost) =>
  defineSource({
    name: "source-memory",
    schemes: ["memory"],
    description: "pictures in the memory of a test",
    options: z.strictObject({ name: z.string().default("cam0") }),
    async run(emit, { options, signal, runtime, video }) {
      options.name satisfies string;
      video.size?.width satisfies number | undefined;
      // @ts-expect-error No such option
      options.nmae;
      // @ts-expect-error No such setting
      video.framerate;
      const whole = { recoveryPoint: false, damaged: false };
      // @ts-expect-error A unit without data
      const empty = () => emit({ ...whole, pts: media.us(0), keyframe: true });
      empty satisfies () => void;
      const aborted = Promise.withResolvers<"aborted">();
      const stop = () => aborted.resolve("aborted");
      signal.addEventListener("abort", stop);
      if (signal.aborted) return;
      await runtime.turn();
      for (const { data, pts, keyframe } of stream()) {
        if (signal.aborted) return;
        const bare = media.withoutDelimiters(data);
        emit({ ...whole, data: bare, pts, keyframe });
      }
      const how = await Promise.race([aborted.promise, ending.promise]);
      if (how === "broken") throw new StreamError("lost", "It broke");
    },
  });

testSource({ apiVersion: 1, default: sourceMemory }, openCase);

type Run = (
  emit: EmitAccessUnit,
  context: SourceContext<unknown>,
) => Promise<void>;

/** source-memory with one fault. */
function running(fault: (run: Run, host: PluginHost) => Run): PluginModule {
  return {
    apiVersion: 1,
    default(host) {
      const source = sourceMemory(host);
      const run: Run = (emit, context) =>
        source.run(emit, { ...context, options: { name: "cam0" } });
      return {
        ...source,
        options: host.z.strictObject({}),
        run: fault(run, host),
      };
    },
  };
}

/** source-memory that does something to its pictures. */
function emitting(
  change: (unit: AccessUnit, host: PluginHost) => Partial<AccessUnit> | null,
): PluginModule {
  return running((run, host) => (emit, context) =>
    run((unit) => {
      const changed = change(unit, host);
      if (changed) emit({ ...unit, ...changed });
    }, context)
  );
}

const WHOLE = "emits whole access units in Annex B";
const unaware = { signal: new AbortController().signal };

/** Each fault, the check that finds it, and what that says. */
const FAULTS: Record<
  string,
  [module: PluginModule, check: string, message: RegExp]
> = {
  "begins in the middle": [
    emitting((unit) => unit.pts === 0 ? null : unit),
    "begins with a keyframe",
    /false !== true/,
  ],
  "leaves out the parameter sets": [
    emitting(({ data, keyframe }, { media }) => ({
      data: keyframe ? data.subarray(media.pictureStart(data) - 1) : data,
    })),
    WHOLE,
    /an sps in front of the picture/,
  ],
  "sends delimiters along": [
    emitting(({ data }, { media }) => ({
      data: media.concat(data, media.ACCESS_UNIT_DELIMITER),
    })),
    WHOLE,
    /no delimiters/,
  ],
  "writes short start codes": [
    emitting(({ data }) => ({ data: data.subarray(1) })),
    WHOLE,
    /start codes have four bytes each/,
  ],
  "joins two pictures": [
    emitting(({ data }, { media }) => ({ data: media.concat(data, data) })),
    WHOLE,
    /one picture/,
  ],
  "calls every picture a keyframe": [
    emitting(() => ({ keyframe: true })),
    WHOLE,
    /keyframe says whether there is an IDR/,
  ],
  "gives every picture the same time": [
    emitting((_, { media }) => ({ pts: media.us(0) })),
    WHOLE,
    /every pts is different/,
  ],
  "counts time in fractions": [
    emitting(({ pts }, { media }) => ({ pts: media.us(pts + 0.5) })),
    WHOLE,
    /no whole number/,
  ],
  "captures in the future": [
    running((run, { media }) => (emit, context) =>
      run((unit) => {
        const capturedAt = media.ms(context.runtime.now() + 1);
        emit({ ...unit, capturedAt });
      }, context)
    ),
    "begins with a keyframe",
    /captured in the future/,
  ],
  "never comes to an end": [
    running((run) => (emit, context) =>
      run(emit, context).then(() => new Promise(() => {}))
    ),
    "resolves at the end of its input",
    /No end of run/,
  ],
  "takes a break for an end": [
    running((run) => (emit, context) => run(emit, context).catch(() => {})),
    "rejects when its input breaks",
    /was to reject/,
  ],
  "throws errors that nobody knows": [
    running((run) => (emit, context) =>
      run(emit, context).catch(() => {
        throw new Error("It broke");
      })
    ),
    "rejects when its input breaks",
    /not Error: It broke/,
  ],
  "goes on when it is aborted": [
    running((run) => (emit, context) => run(emit, { ...context, ...unaware })),
    "ends when it is aborted",
    /No end of run/,
  ],
  "begins though it was aborted": [
    running((run) => (emit, context) => run(emit, { ...context, ...unaware })),
    "ends when it was aborted before it began",
    /nobody wants pictures/,
  ],
  "complains when it is aborted": [
    running((run) => async (emit, context) => {
      await run(emit, context);
      throw new Error("Camera closed");
    }),
    "ends when it is aborted at once",
    /Camera closed is not the abort's reason/,
  ],
  "emits once more at the end": [
    running((run) => async (emit, context) => {
      let last: AccessUnit | undefined;
      await run((unit) => emit(last = unit), context);
      context.runtime.turn().then(() => emit(last!));
    }),
    "ends when it is aborted",
    /units after the end/,
  ],
  "leaves a child behind": [
    running((run) => async (emit, context) => {
      const { runtime } = context;
      await runtime.spawn({ command: "sleep", args: [], ...unaware });
      await run(emit, context);
    }),
    "ends when it is aborted while it opens",
    /child sleep/,
  ],
};

for (const [what, [module, name, message]] of Object.entries(FAULTS)) {
  test(`sourceContract() finds a source that ${what}`, async () => {
    const check = sourceContract(module, () => {
      const c = openCase();
      const runtime = new FakeRuntime();
      runtime.processes.programs.set("sleep", () => {});
      return { ...c, runtime };
    }).find((check) => check.name === name);
    await assert.rejects(check!.run(), message);
  });
}
