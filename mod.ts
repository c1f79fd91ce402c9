/**
 * Everything a plugin author imports, and types only: what runs is handed in
 * as {@linkcode PluginHost}, so that a plugin file loads into a compiled
 * binary that has no `node_modules` beside it.
 *
 * And {@linkcode openFrames}, for programs that read what `shm:` shows.
 *
 * @module
 */

export type * from "./agent/errors.ts";
export type * from "./agent/media/mod.ts";
export type * from "./agent/plugin/context.ts";
export type * from "./agent/plugin/host.ts";
export type * from "./agent/plugin/options.ts";
export type * from "./agent/plugin/rtp.ts";
export type * from "./agent/plugin/runtime.ts";
export type * from "./agent/plugin/sink.ts";
export type * from "./agent/plugin/source.ts";
export type * from "./agent/plugin/transport.ts";
export type * from "./agent/plugin/udp.ts";
export type * from "./agent/plugin/udp_sender.ts";
export {
  type FrameGeometry,
  type FramePlane,
  type Frames,
  type FramesOptions,
  openFrames,
  type SharedFrame,
  type WriterState,
} from "./readers/typescript/camagent.ts";
