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
    prepare({ address }): undefined {
      media.refuseName(address);
    },
    open(format, { runtime, signal }) {
      const packed = media.packedFormat(
        format.width,
        format.height,
        format.pixelFormat,
      );
      const isPacked = media.frameBytes(packed) === media.frameBytes(format);
      let abandon: (() => void) | undefined;
      const stop = () => abandon?.();
      signal.addEventListener("abort", stop);

      async function writeAll(data: Uint8Array<ArrayBuffer>): Promise<void> {
        if (isPacked) return await runtime.writeStdout(data);
        for (const row of media.rowsOf(data, format)) {
          // The frame was given back when the write was abandoned.
          if (signal.aborted) return;
          await runtime.writeStdout(row);
        }
      }

      return {
        write({ data }) {
          return new Promise((resolve, reject) => {
            // A reader that does not read must not keep us from ending.
            abandon = resolve;
            writeAll(data).then(resolve, reject);
          });
        },
        async [Symbol.asyncDispose]() {
          signal.removeEventListener("abort", stop);
          await Promise.resolve();
        },
      };
    },
  });
