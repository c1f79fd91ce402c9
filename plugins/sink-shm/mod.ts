/**
 * Frames in memory that other processes map: `shm:cam0`. Any number of readers,
 * no copies, no locks: a reader looks again whether what it has read is whole.
 *
 * @module
 */

import type { FrameFormat, PluginContext, PluginHost } from "../../mod.ts";
import { Segments, type ShmOptions } from "./segments.ts";
import { MAX_SLOTS } from "./layout.ts";

/** Version of the plugin contract this file is written for. */
export const apiVersion = 1;

/** One is filled, one is the newest, one may be read meanwhile. */
const MIN_SLOTS = 3;

/** Shows every frame in shared memory. */
export default ({ z, option, media, defineSink, ConfigError }: PluginHost) => {
  const host = { media, ConfigError };
  // `prepare`, `allocate` and `open` of one sink are given the same context.
  const all = new WeakMap<PluginContext<ShmOptions>, Segments>();

  function segmentsOf(context: PluginContext<ShmOptions>): Segments {
    const segments = all.get(context) ?? new Segments(host, context);
    all.set(context, segments);
    return segments;
  }

  return defineSink({
    name: "sink-shm",
    schemes: ["shm"],
    description: "frames in shared memory, for any number of programs",
    accepts: ["rgb24", "bgr24", "gray", "yuv420p", "nv12"],
    options: z.strictObject({
      mode: z.string().regex(/^0?[0-7]{3}$/, "expected bits such as 0640")
        .transform((text) => parseInt(text, 8)).optional()
        .meta({ description: "permission bits, such as 0640" }),
      group: z.string().min(1).max(32).optional()
        .meta({ description: "group that may read, such as video" }),
      slots: option.integer(MIN_SLOTS, MAX_SLOTS).default(MIN_SLOTS)
        .meta({ description: "frames kept, at least" }),
    }),

    async prepare(context) {
      const segments = segmentsOf(context);
      await segments.checkFolder();
      const hold = segments.hold();
      return {
        [Symbol.asyncDispose]: () => {
          hold[Symbol.dispose]();
          return Promise.resolve();
        },
      };
    },

    async allocate(format, slots, context) {
      const segments = segmentsOf(context);
      await segments.checkFolder();
      return await segments.make(format, slots);
    },

    async open(format, context) {
      const segments = segmentsOf(context);
      const own = segments.hasRing(format)
        ? undefined
        : await segments.make(format, MIN_SLOTS);
      context.log.info(`${describe(format)} in ${segments.path}`);
      return {
        write(frame) {
          const ring = segments.ringOf(frame.data);
          if (ring !== undefined) {
            ring.publish(ring.slotOf(frame.data)!, frame);
          } else if (own !== undefined) {
            own.copy(frame);
          } else {
            return "skipped";
          }
        },
        async [Symbol.asyncDispose]() {
          await own?.[Symbol.asyncDispose]();
        },
      };
    },
  });
};

function describe({ width, height, pixelFormat }: FrameFormat): string {
  return `${width}x${height} ${pixelFormat}`;
}
