/**
 * What every sink promises, as tests. A sink's own test file calls
 * {@linkcode testSink} and adds only what is particular to it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { StreamError } from "../../agent/errors.ts";
import type { PluginModule } from "../../agent/plugin/host.ts";
import { declarationChecks, declare } from "./declaration.ts";
import { frameOf, paddedFormat } from "./frames.ts";
import { type SinkCase, SinkUsage } from "./sink_usage.ts";
import { type Check, register, type Skip, use } from "./suite.ts";

export type { SinkCase } from "./sink_usage.ts";

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

/** The contract, check by check. */
export function sinkContract(
  module: PluginModule,
  open: () => SinkCase | Promise<SinkCase>,
): Check[] {
  const plugin = declare(module, "sink");
  const format = paddedFormat(5, 3, plugin.accepts[0]);
  const larger = paddedFormat(8, 4, plugin.accepts[0]);

  /** Uses a sink in a fresh case. */
  function check(
    name: string,
    body: (usage: SinkUsage, c: SinkCase) => Promise<void>,
  ): Check {
    const run = async () => {
      const c = await open();
      await use(await SinkUsage.begin(plugin, c), (usage) => body(usage, c));
    };
    return { name, run };
  }

  return [
    ...declarationChecks(module),

    check(
      "gives back what it claimed for a stream that never came",
      () => Promise.resolve(),
    ),

    check(
      "opens and closes without a frame",
      (usage) => usage.open(format),
    ),

    check("has read a borrowed frame once write() settles", async (usage) => {
      await usage.open(format);
      await usage.deliver(format);
    }),

    ...plugin.accepts.map((pixelFormat) =>
      check(`passes on ${pixelFormat} without padding`, async (usage) => {
        const format = paddedFormat(5, 3, pixelFormat);
        await usage.open(format);
        await usage.deliver(format);
      })
    ),

    check(
      "passes on frames of another size when it is opened anew",
      async (usage) => {
        await usage.open(format);
        await usage.deliver(format);
        await usage.close();
        await usage.open(larger);
        await usage.deliver(larger);
      },
    ),

    check(
      "skips frames or throws a StreamError when its reader is gone",
      async (usage, c) => {
        assert.ok(c.leave, "the case has no leave()");
        await usage.open(format);
        await usage.deliver(format);
        await c.leave();
        let outcome: unknown;
        for (let i = 0; i < FRAMES_TO_NOTICE && !outcome; i++) {
          outcome = await usage.write(format).catch((error) => error);
        }
        if (outcome === "skipped") return;
        assert.ok(outcome instanceof StreamError, `not ${outcome}`);
      },
    ),

    check("closes when it is aborted", async (usage) => {
      await usage.open(format);
      await usage.deliver(format);
      usage.abort();
    }),

    check(
      "closes when it is aborted while its reader does not read",
      async (usage, c) => {
        assert.ok(c.stall, "the case has no stall()");
        await usage.open(format);
        await usage.deliver(format);
        c.stall();
        const writing = usage.write(format);
        usage.abort();
        // Whether it throws is its own affair, but it may not hang.
        await writing.catch((error) => {
          if (/^No end of/.test(error.message)) throw error;
        });
      },
    ),

    ...(plugin.allocate === undefined ? [] : [
      check("takes frames in the memory it allocates", async (usage) => {
        await using memory = await usage.allocate(format, 3);
        const { slots } = memory;
        slots.forEach((slot, index) => slot.fill(index));
        const filled = (value: number) => frameOf(format).data.fill(value);
        assert.deepEqual(slots, [filled(0), filled(1), filled(2)]);
        await usage.open(format);
        memory.reuse?.(2);
        await usage.deliver(format, slots[2]);
        await usage.close();
      }),
    ]),
  ];
}
