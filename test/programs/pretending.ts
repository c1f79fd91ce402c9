/**
 * The real machine, with an FFmpeg that has other hardware.
 *
 * @module
 */

import type { Runtime } from "../../agent/plugin/runtime.ts";
import { runtime } from "../../agent/runtime/mod.ts";
import { programPath } from "./mod.ts";

/** Starts `pretend-ffmpeg` wherever FFmpeg is asked for. */
export const pretending: Runtime = {
  ...runtime,
  spawn(options) {
    const { command } = options;
    return runtime.spawn({
      ...options,
      command: command === "ffmpeg" ? programPath("pretend-ffmpeg") : command,
    });
  },
};
