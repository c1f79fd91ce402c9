/**
 * Keeps the newest picture in a file: `ppm:/tmp/latest.ppm?every=500ms`. A
 * plugin of your own may look like this: one file, which imports types only.
 *
 * @module
 */

import type { PluginHost } from "../mod.ts";

/** Version of the plugin contract this file is written for. */
export const apiVersion = 1;

/** Writes the newest frame to a PPM file, at most once every `every`. */
export default ({ z, option, media, defineSink, ConfigError }: PluginHost) =>
  defineSink({
    name: "sink-ppm",
    schemes: ["ppm"],
    description: "the newest picture in a PPM file",
    accepts: ["rgb24"],
    options: z.strictObject({
      every: option.duration().default(1000)
        .meta({ description: "shortest time between two pictures" }),
    }),
    open(format, { address, options, runtime }) {
      const { path, redacted } = address;
      if (path === undefined) {
        throw new ConfigError(`Cannot open "${redacted}": it names no file`);
      }
      const { width, height } = format;
      const header = new TextEncoder().encode(`P6\n${width} ${height}\n255\n`);
      let dueAt = 0;
      return {
        async write({ data, receivedAt }) {
          if (receivedAt < dueAt) return "skipped";
          dueAt = receivedAt + options.every;
          const rows = media.rowsOf(data, format);
          await runtime.replaceFile(path, [header, ...rows]);
        },
        async [Symbol.asyncDispose]() {},
      };
    },
  });
