/**
 * Raw frames in a named pipe, for OpenCV, NumPy and everything else that can
 * read a file: `pipe:/run/camagent/cam?pixelFormat=bgr24`.
 *
 * @module
 */

import type { PluginHost } from "../../mod.ts";
import { Reader } from "./reader.ts";
import { sidecar } from "./sidecar.ts";

/** Version of the plugin contract this file is written for. */
export const apiVersion = 1;

/** Only the user who runs the agent reads, unless a FIFO stands there already. */
const MODE = 0o600;

/** Permission to read, for whomever. */
const READ = 0o444;

/**
 * The most an ordinary user may have. A frame is begun only in an empty pipe,
 * so that a large one costs a slow reader no latency.
 */
const MAX_CAPACITY = 1 << 20;

/** Writes whole frames to every reader of the pipe. */
export default ({ z, media, defineSink, ConfigError }: PluginHost) =>
  defineSink({
    name: "sink-opencv-pipe",
    schemes: ["pipe"],
    description: "raw frames in a named pipe, for OpenCV and NumPy",
    accepts: ["rgb24", "bgr24", "gray", "yuv420p", "nv12"],
    options: z.strictObject({}),
    async prepare({ address, runtime }) {
      const { path, redacted } = address;
      if (path === undefined) {
        throw new ConfigError(
          `Cannot open "${redacted}": it names no FIFO, such as ` +
            "pipe:/tmp/camera",
        );
      }
      const fifo = await runtime.openFifo({ path, mode: MODE });
      return {
        path,
        fifo,
        [Symbol.asyncDispose]: () => fifo[Symbol.asyncDispose](),
      };
    },
    async open(format, { runtime, log, signal }, { fifo, path }) {
      const { width, height, pixelFormat } = format;
      const packed = media.packedFormat(width, height, pixelFormat);
      const bytes = media.frameBytes(packed);
      const isPacked = bytes === media.frameBytes(format);
      const capacity = Math.min(bytes, MAX_CAPACITY);
      const sidecarPath = `${path}.json`;
      // Whoever may read the pipe may read what is in it.
      const mode = MODE | fifo.mode & READ;
      await runtime.replaceFile(sidecarPath, [sidecar(packed)], mode);
      const readers = new Set<Reader>();

      function accept(): void {
        const writer = fifo.accept(capacity);
        if (writer === undefined) return;
        readers.add(new Reader(writer, runtime));
        log.info(`a reader opened ${path}`);
      }

      async function offer(
        reader: Reader,
        data: Uint8Array<ArrayBuffer>,
      ): Promise<boolean> {
        try {
          return await reader.write(data);
        } catch {
          reader[Symbol.dispose]();
          readers.delete(reader);
          log.info(`the reader of ${path} left`);
          return false;
        }
      }

      return {
        async write({ data }) {
          accept();
          if (readers.size === 0) return "skipped";
          const whole = isPacked ? data : repack(data);
          const taken = await Promise.all(
            [...readers].map((reader) => offer(reader, whole)),
          );
          return taken.includes(true) ? undefined : "skipped";
        },
        async [Symbol.asyncDispose]() {
          // A frame that was begun is finished, if its reader is quick.
          if (!signal.aborted) {
            await Promise.all([...readers].map((reader) => reader.finish()));
          }
          // First: whoever finds the end of the pipe reads nothing outdated.
          await runtime.removeFile(sidecarPath);
          for (const reader of readers) reader[Symbol.dispose]();
        },
      };

      function repack(data: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
        return media.concat(...media.rowsOf(data, format));
      }
    },
  });
