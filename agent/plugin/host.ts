/**
 * What the agent hands to plugin files, and what it expects of them.
 *
 * @module
 */

import { z } from "zod";
import { ConfigError, ProcessError, StreamError } from "../errors.ts";
import * as media from "../media/mod.ts";
import { option } from "./options.ts";
import { RtpUnits } from "./rtp.ts";
import { defineSink, type SinkPlugin } from "./sink.ts";
import { defineSource, type SourcePlugin } from "./source.ts";
import { defineTransport, type TransportPlugin } from "./transport.ts";
import { udp } from "./udp.ts";

/**
 * Everything a plugin uses at run time. Plugins import types only, so that one
 * file works built in, from source, and loaded into the compiled binary.
 */
export interface PluginHost {
  /** The host's zod, as `import { z } from "zod"` gives it. */
  readonly z: typeof z;
  /** Schemas for the kinds of values that options have. */
  readonly option: typeof option;
  /** What transports over UDP have in common. */
  readonly udp: typeof udp;
  /** Reads access units out of RTP packets. */
  readonly RtpUnits: typeof RtpUnits;
  /** The pure functions of `agent/media`. */
  readonly media: typeof media;
  /** To throw when the user has to change something. */
  readonly ConfigError: typeof ConfigError;
  /** To throw when the stream broke and is to be restarted. */
  readonly StreamError: typeof StreamError;
  /** What a failed child process rejects with. */
  readonly ProcessError: typeof ProcessError;
  /** Declares a source. */
  readonly defineSource: typeof defineSource;
  /** Declares a transport. */
  readonly defineTransport: typeof defineTransport;
  /** Declares a sink. */
  readonly defineSink: typeof defineSink;
}

/** Any plugin, told apart by its `kind`. */
export type Plugin = SourcePlugin | TransportPlugin | SinkPlugin;

/** What a plugin file exports. */
export interface PluginModule {
  /** The {@linkcode API_VERSION} it is written for; another is refused. */
  readonly apiVersion: number;
  /** Declares the plugin. Called once; opens nothing. */
  default(host: PluginHost): Plugin;
}

/** Grows with every change that breaks plugins. */
export const API_VERSION = 1;

/** The host of this process. */
export const host: PluginHost = {
  z,
  option,
  udp,
  RtpUnits,
  media,
  ConfigError,
  StreamError,
  ProcessError,
  defineSource,
  defineTransport,
  defineSink,
};
