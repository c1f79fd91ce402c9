/**
 * What every sink promises, as tests. A sink's own test file calls
 * {@linkcode testSink} and adds only what is particular to it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { StreamError } from "../../agent/errors.ts";
import { parseAddress } from "../../agent/media/address.ts";
import type { FrameFormat } from "../../agent/media/frame.ts";
import type { PluginContext } from "../../agent/plugin/context.ts";
import type { PluginModule } from "../../agent/plugin/host.ts";
import { checkSink } from "../../agent/plugin/reserved.ts";
import type { FrameSink, SinkPlugin } from "../../agent/plugin/sink.ts";
import { declarationChecks, declare } from "./declaration.ts";
import { frameOf, indexOf, paddedFormat, pictureOf } from "./frames.ts";
import {
  type CaseRuntime,
  type Check,
  register,
  settled,
  type Skip,
} from "./suite.ts";

/** Where the sink under test writes, and how to see what its reader got. */
export interface SinkCase {
  /** The address, as a user would give it. */
  readonly address: string;
  /** The machine to hand to the plugin. */
  readonly runtime: CaseRuntime;
  /** Brings the reader, once the sink is open. */
  attach?(): void | Promise<void>;
  /** Bytes that reached the reader so far. */
  received(): Uint8Array;
  /** Takes the reader away. */
  leave?(): void | Promise<void>;
  /** Has the reader read no more, and stay. */
  stall?(): void;
}

/** Frames after which a sink must have noticed that its reader is gone. */
const FRAMES_TO_NOTICE = 3;

/**
 * Registers the contract as tests.
 *
 * @param module The plugin file under test.
 * @param open Makes a fresh case for each test.
 * @param skips What the sink does not promise, and why.
 * @param subject What the names of the tests begin with.
 */
export function testSink(
  module: PluginModule,
  open: () => SinkCase | Promise<SinkCase>,
  skips: readonly Skip[] = [],
  subject: string = declare(module, "sink").name,
): void {
  register(subject, sinkContract(module, open), skips);
}

/** An open sink, and what it was opened with. */
interface Opened {
  readonly case: SinkCase;
  readonly sink: FrameSink;
  /** Closes the sink and opens it for another format. */
  reopen(format: FrameFormat): Promise<FrameSink>;
  /** Aborts what the sink was opened with. */
  abort(): void;
}

/** The contract. */
export function sinkContract(
  module: PluginModule,
  open: () => SinkCase | Promise<SinkCase>,
): Check[] {
  const plugin = declare(module, "sink");
  const format = paddedFormat(5, 3, plugin.accepts[0]);

  /** Opens a sink for as long as `body` runs; nothing of it may stay. */
  async function whileOpen(
    format: FrameFormat,
    body: (opened: Opened) => Promise<void>,
  ): Promise<void> {
    const c = await open();
    const { runtime } = c;
    const controller = new AbortController();
    const context = contextOf(plugin, c, controller.signal);
    const prepared = await plugin.prepare?.(context);
    const openSink = async (format: FrameFormat) =>
      await plugin.open(format, context, prepared);
    const close = (what: string, it: AsyncDisposable | undefined) =>
      settled(runtime, what, Promise.resolve(it?.[Symbol.asyncDispose]()));
    let sink = await openSink(format);
    try {
      await c.attach?.();
      await body({
        case: c,
        sink,
        async reopen(format) {
          await close("end of the sink", sink);
          return sink = await openSink(format);
        },
        abort: () => controller.abort(),
      });
    } finally {
      await close("end of the sink", sink);
      await close("end of what was prepared", prepared);
    }
    assert.deepEqual(runtime.open ?? [], []);
  }

  return [
    ...declarationChecks(module),
    {
      name: "gives back what it claimed for a stream that never came",
      async run() {
        const c = await open();
        const signal = new AbortController().signal;
        {
          await using _ = await plugin.prepare?.(contextOf(plugin, c, signal));
        }
        assert.deepEqual(c.runtime.open ?? [], []);
      },
    },
    {
      name: "opens and closes without a frame",
      run: () => whileOpen(format, () => Promise.resolve()),
    },
    {
      name: "has read a borrowed frame once write() settles",
      run: () =>
        whileOpen(format, async ({ case: c, sink }) => {
          const frame = frameOf(format);
          const before = frame.data.slice();
          await settled(c.runtime, "end of write()", written(sink, frame));
          assert.deepEqual(frame.data, before, "frames are not its to change");
          frame.data.fill(0);
          await arrival(c, pictureOf(format));
        }),
    },
    ...plugin.accepts.map((pixelFormat) => ({
      name: `passes on ${pixelFormat} without padding`,
      run: () => {
        const format = paddedFormat(5, 3, pixelFormat);
        return whileOpen(format, async ({ case: c, sink }) => {
          await settled(c.runtime, "end of write()", written(sink, format));
          await arrival(c, pictureOf(format));
        });
      },
    })),
    {
      name: "passes on frames of another size once it was opened anew",
      run: () =>
        whileOpen(format, async ({ case: c, sink, reopen }) => {
          await settled(c.runtime, "end of write()", written(sink, format));
          const larger = paddedFormat(8, 4, format.pixelFormat);
          const other = await reopen(larger);
          await c.attach?.();
          await settled(c.runtime, "end of write()", written(other, larger));
          await arrival(c, pictureOf(larger));
        }),
    },
    {
      name: "skips frames or throws a StreamError when its reader is gone",
      run: () =>
        whileOpen(format, async ({ case: c, sink }) => {
          assert.ok(c.leave, "the case has no leave()");
          await settled(c.runtime, "end of write()", written(sink, format));
          await c.leave();
          let outcome: unknown;
          for (let i = 0; i < FRAMES_TO_NOTICE && !outcome; i++) {
            outcome = await settled(
              c.runtime,
              "end of write()",
              written(sink, format).catch((error) => error),
            );
          }
          if (outcome !== "skipped") assert.ok(outcome instanceof StreamError);
        }),
    },
    {
      name: "closes when it is aborted",
      run: () =>
        whileOpen(format, async ({ case: c, sink, abort }) => {
          await settled(c.runtime, "end of write()", written(sink, format));
          abort();
        }),
    },
    {
      name: "closes when it is aborted while its reader does not read",
      run: () =>
        whileOpen(format, async ({ case: c, sink, abort }) => {
          assert.ok(c.stall, "the case has no stall()");
          c.stall();
          const writing = (async () => {
            for (let i = 0; i < FRAMES_TO_NOTICE; i++) {
              await written(sink, format);
            }
          })();
          // Whether it throws is its own affair; it may not hang.
          const outcome = settled(
            c.runtime,
            "end of write() after the abort",
            writing.catch(() => {}),
          );
          await c.runtime.turn();
          abort();
          await outcome;
        }),
    },
    ...allocationChecks(plugin, format, whileOpen, open),
  ];
}

/** Writes a frame, or one of a format. */
async function written(
  sink: FrameSink,
  what: FrameFormat | ReturnType<typeof frameOf>,
): Promise<unknown> {
  return await sink.write("planes" in what ? frameOf(what) : what);
}

function allocationChecks(
  plugin: SinkPlugin,
  format: FrameFormat,
  whileOpen: (
    format: FrameFormat,
    body: (opened: Opened) => Promise<void>,
  ) => Promise<void>,
  open: () => SinkCase | Promise<SinkCase>,
): Check[] {
  if (plugin.allocate === undefined) return [];
  return [{
    name: "takes frames in the memory it allocates",
    async run() {
      const c = await open();
      void [c, whileOpen, format];
    },
  }];
}

function contextOf(
  plugin: SinkPlugin,
  { address, runtime }: SinkCase,
  signal: AbortSignal,
): PluginContext<unknown> {
  const parsed = parseAddress(address);
  const { options } = checkSink(plugin, parsed);
  const log = { info() {}, warn() {} };
  return { address: parsed, options, signal, log, runtime };
}

async function arrival(c: SinkCase, picture: Uint8Array): Promise<void> {
  void [c, picture, indexOf];
}
