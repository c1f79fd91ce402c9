/**
 * Raw frames on stdout, one after the other: `stdout:`, or `-`.
 *
 * @module
 */

import type { PluginHost } from "../../mod.ts";

/** Version of the plugin contract this file is written for. */
export const apiVersion = 1;

/** Writes whole frames to stdout. */
export default ({ z, media, defineSink }: PluginHost) =>
  defineSink({
    name: "sink-stdout",
    schemes: ["stdout"],
    description: "raw frames on stdout, for a program behind a pipe",
    accepts: ["rgb24", "bgr24", "gray", "yuv420p", "nv12"],
    options: z.strictObject({}),
    open(format, { runtime }) {
      const packed = media.packedFormat(
        format.width,
        format.height,
        format.pixelFormat,
      );
      const isPacked = media.frameBytes(packed) === media.frameBytes(format);
      return {
        async write({ data }) {
          if (isPacked) return await runtime.writeStdout(data);
          for (const row of media.rowsOf(data, format)) {
            await runtime.writeStdout(row);
          }
        },
        async [Symbol.asyncDispose]() {},
      };
    },
  });
