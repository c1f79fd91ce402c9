/**
 * The contract of sources: where pictures come from.
 *
 * @module
 */

import type { AccessUnit } from "../media/access_unit.ts";
import type { OptionsSchema, PluginContext } from "./context.ts";
import type { ProcessName, Runtime } from "./runtime.ts";

/** Width and height of a picture in pixels. */
export interface Size {
  /** Pixels per row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
}

/**
 * The options that every source's address may carry. The agent reads and
 * checks them; absent means that the user leaves the choice to the source.
 */
export interface VideoSettings {
  /** Picture size. */
  readonly size?: Size;
  /** Pictures per second. */
  readonly fps?: number;
  /** Bits per second; absent means "auto": by size and rate. */
  readonly bitrate?: number;
  /** Distance between keyframes, in pictures; absent means one second. */
  readonly gop?: number;
  /** "auto", or an H.264 encoder by FFmpeg's name. */
  readonly encoder: string;
  /**
   * Refreshes pictures part by part instead of by keyframes: none is large, and
   * after a loss the stream is whole again without one. Absent: keyframes.
   */
  readonly intraRefresh?: boolean;
}

/** What FFmpeg is to read, and what is to be done with it. */
export interface EncoderJob {
  /**
   * FFmpeg's input arguments, `-i` and the input included. Built by the
   * plugin; never text from an address but as the value after `-i`.
   */
  readonly input: readonly string[];
  /** Filters between decoder and encoder, in FFmpeg's notation. */
  readonly filters?: readonly string[];
  /**
   * Whether the input is H.264 already and is passed on as it is; else it is
   * encoded.
   */
  readonly copy?: boolean;
  /**
   * Whether FFmpeg can be started anew at any time, and goes on with the newest
   * picture: the agent does so to change bitrate or rate. Omit for inputs that
   * would begin at their beginning, or in the middle of a picture.
   */
  readonly live?: boolean;
  /** Size of the pictures that are encoded; decides the bitrate. */
  readonly size: Size;
  /** Pictures per second that are encoded; decides bitrate and keyframes. */
  readonly fps: number;
  /**
   * What a picture's time is: "now" takes the moment at which FFmpeg read the
   * picture, which is when a live source captured it; "monotonic" takes the
   * input's timestamps for readings of CLOCK_MONOTONIC at which pictures were
   * captured, as V4L2 gives them; "input" keeps the input's own timestamps and
   * leaves the capture time unknown.
   */
  readonly time: "now" | "monotonic" | "input";
}

/** What FFmpeg says of an input. */
export interface InputProbe {
  /** Codec by FFmpeg's name, such as `h264`. */
  readonly codec: string;
  /** Whether pictures are decoded in another order than they are shown. */
  readonly reordered: boolean;
  /** Picture size. */
  readonly size: Size;
  /** Pictures per second; 0 if the input does not say. */
  readonly fps: number;
}

/**
 * What the agent hands to a source when it opens it.
 *
 * @typeParam Options The plugin's checked options.
 */
export interface SourceContext<Options> extends PluginContext<Options> {
  /** The options common to sources. */
  readonly video: VideoSettings;
  /**
   * Says that pictures may stop coming for any time without anything being
   * wrong, as from a pipe that somebody else writes to: nothing is restarted
   * for it.
   */
  expectSilence(): void;
  /**
   * Runs FFmpeg on an input and emits what it encodes. Resolves when the input
   * has ended or `signal` aborted.
   *
   * @throws {ProcessError} If FFmpeg failed.
   */
  encode(job: EncoderJob, emit: EmitAccessUnit): Promise<void>;
  /**
   * Has FFmpeg look at an input.
   *
   * @param input FFmpeg's input arguments, `-i` and the input included.
   * @throws {ConfigError} If FFmpeg cannot read it.
   */
  probe(input: readonly string[]): Promise<InputProbe>;
}

/** A way in which a camera can deliver pictures. */
export interface CameraMode {
  /** What the camera delivers, in its own words, such as `MJPG`. */
  readonly format: string;
  /** Picture size. */
  readonly size: Size;
  /** Pictures per second, the most first; empty where it does not say. */
  readonly fps: readonly number[];
}

/** A camera that is there. */
export interface Camera {
  /** The address that selects it, as far as possible also tomorrow. */
  readonly address: string;
  /** What it calls itself; anything. */
  readonly model: string;
  /** Where it is, by a name that stays the same. */
  readonly id: string;
  /** What it can do; empty while it is not to be asked. */
  readonly modes: readonly CameraMode[];
  /** Whether somebody streams from it. */
  readonly busy: boolean;
  /** Who that is, as far as we may know. */
  readonly users: readonly ProcessName[];
}

/** What a source is given to look for cameras. */
export interface CameraSearch {
  /** The machine. */
  readonly runtime: Runtime;
  /** Aborts when nobody waits any more. */
  readonly signal: AbortSignal;
}

/** Takes one access unit, borrowed until the call returns. */
export type EmitAccessUnit = (unit: AccessUnit) => void;

/**
 * How a source introduces itself.
 *
 * @typeParam Options The options its address may carry, besides the common
 * ones.
 */
export interface SourcePlugin<Options = unknown> {
  /** Tells the kinds of plugins apart; set by {@linkcode defineSource}. */
  readonly kind: "source";
  /** Package name, used in logs and in `camagent plugins`. */
  readonly name: string;
  /** Address schemes this source answers to, without the colon. */
  readonly schemes: readonly string[];
  /** One line for `camagent plugins`. */
  readonly description: string;
  /** Shape of the address's query, without the common options. */
  readonly options: OptionsSchema<Options>;
  /**
   * Lists the cameras that are there, the best one first. Never disturbs one
   * that streams. Omit where there is nothing to be found.
   */
  listCameras?(search: CameraSearch): Promise<Camera[]>;
  /**
   * Delivers pictures until `signal` aborts or the input has ended. The first
   * one is a keyframe.
   *
   * @param emit Takes each access unit as soon as its last byte is there.
   * @param context The address, its options, and the machine.
   * @returns Settles once `signal` has aborted and everything is given back: it
   * resolves, or rejects with the signal's reason. Before that it resolves at
   * the end of an input that has one, which ends the stream for good, and
   * rejects with what broke, also where a live input ended: the supervisor
   * restarts it.
   */
  run(emit: EmitAccessUnit, context: SourceContext<Options>): Promise<void>;
}

/** Declares a source; the compiler infers `Options` from its schema. */
export function defineSource<Options>(
  source: Omit<SourcePlugin<Options>, "kind">,
): SourcePlugin<Options> {
  return { ...source, kind: "source" };
}
