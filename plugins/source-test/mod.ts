/**
 * A moving picture with a running clock, for trying things out without a
 * camera: `test:?size=1280x720&fps=30`.
 *
 * @module
 */

import type { PluginHost } from "../../mod.ts";

/** Version of the plugin contract this file is written for. */
export const apiVersion = 1;

const SIZE = { width: 640, height: 480 };
const FPS = 30;

/** Has FFmpeg draw `testsrc2` in real time. */
export default ({ z, media, defineSource, StreamError }: PluginHost) =>
  defineSource({
    name: "source-test",
    schemes: ["test"],
    description: "a moving test picture with a clock, needs no camera",
    options: z.strictObject({}),
    async run(emit, { address, video, signal, encode }) {
      media.refuseName(address);
      const { size = SIZE, fps = FPS } = video;
      const picture = `testsrc2=size=${size.width}x${size.height}:rate=${fps}`;
      await encode({
        // FFmpeg waits for 8 pictures to find the rate out, 7 s at one a second.
        // Behind the input FFmpeg 7 queues 19 pictures, which SIGTERM waits for.
        input: [
          "-fpsprobesize",
          "0",
          "-f",
          "lavfi",
          "-i",
          `${picture},realtime`,
        ],
        size,
        fps,
        time: "now",
        live: true,
      }, emit);
      if (signal.aborted) return;
      throw new StreamError("ended", "FFmpeg ended the test picture by itself");
    },
  });
