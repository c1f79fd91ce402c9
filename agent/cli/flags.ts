/**
 * Every flag there is: parsing, help and errors all come from these tables.
 *
 * @module
 */

import { z } from "zod";
import { CODEC_NAME, option } from "../plugin/options.ts";
import {
  inputOptions,
  sinkOptions,
  sourceOptions,
} from "../plugin/reserved.ts";
import { describeOptions } from "./describe.ts";

/** One flag. Its name is the kebab-case of its key in the table. */
export interface Flag {
  /** From the text on the command line to the value. */
  readonly schema: z.ZodType;
  /** What it does, for the help. */
  readonly description: string;
  /** Stands for the value in the help; absent where no value is shown. */
  readonly placeholder?: string;
  /** The text it means when it is given without one. Absent: needs one. */
  readonly bare?: string;
  /** One letter: `q` for `-q`. */
  readonly short?: string;
  /** Whether it may be given more than once. */
  readonly repeatable?: true;
}

/** Flags by key. */
export type Flags = Readonly<Record<string, Flag>>;

/** The checked values of the flags that were given. */
export type FlagValues<Table extends Flags> = {
  readonly [Key in keyof Table]?: Table[Key] extends { repeatable: true }
    ? readonly z.output<Table[Key]["schema"]>[]
    : z.output<Table[Key]["schema"]>;
};

/** A flag that is there or not. */
function toggle(description: string) {
  return { schema: option.flag(), bare: "true", description } as const;
}

/** Flags that every command has. */
export const commonFlags = {
  plugin: {
    schema: z.string(),
    placeholder: "FILE",
    description: "load a plugin; it is trusted code (repeatable)",
    repeatable: true,
  },
  color: {
    schema: z.enum(
      ["auto", "always", "never"],
      "expected auto, always or never",
    ),
    placeholder: "WHEN",
    description: "colors in messages: auto, always or never",
  },
  help: { ...toggle("show this help"), short: "h" },
} as const satisfies Flags;

/** Flags of the commands that run a pipeline. */
export const pipelineFlags = {
  dryRun: toggle("print the commands that would be started, and exit"),
  json: {
    schema: z.enum(["stdout", "stderr"], "expected stdout or stderr"),
    placeholder: "STREAM",
    bare: "stdout",
    description: "print the status as JSON lines to stdout or stderr",
  },
  maxRetries: {
    schema: option.integer(0, 1e9),
    placeholder: "N",
    description: "give up after N retries without success (default: never)",
  },
  quiet: { ...toggle("print warnings and errors only"), short: "q" },
  verbose: { ...toggle("print a summary every 10 seconds"), short: "v" },
  ...commonFlags,
} as const satisfies Flags;

/** The options of every source, as flags. */
export const sourceFlags: Flags = optionFlags(sourceOptions, {
  size: "WxH",
  fps: "N",
  bitrate: "RATE",
  gop: "N",
  encoder: "NAME",
  intraRefresh: "BOOL",
  adapt: "WHOM",
  start: "WHEN",
  stamp: "BOOL",
});

/** The options of every input, as flags. */
export const inputFlags: Flags = optionFlags(inputOptions, {
  loss: "WHAT",
  format: "NAME",
});

/** What decodes. */
export const decoderFlags = {
  decoder: {
    schema: z.string().regex(
      CODEC_NAME,
      'expected auto, software or what "camagent decoders" lists',
    ),
    placeholder: "NAME",
    description: "what decodes: auto (whose frames are youngest, by trial), " +
      'software, or what "camagent decoders" lists',
  },
  spare: {
    schema: z.enum(["auto", "on", "off"], "expected auto, on or off"),
    placeholder: "WHEN",
    description: "whether a second decoder waits in case the first one is " +
      "lost: on, off or auto (with 1 GB of memory or more)",
  },
} as const satisfies Flags;

/** The options of every sink, as flags. */
export const sinkFlags: Flags = optionFlags(sinkOptions, {
  pixelFormat: "NAME",
  size: "WxH",
  fps: "N",
});

function optionFlags<Key extends string>(
  options: z.ZodObject<Record<Key, z.ZodType>>,
  placeholders: Record<Key, string>,
): Flags {
  const flag = ([name, description]: readonly [string, string]): [
    string,
    Flag,
  ] => {
    const key = name as Key;
    const placeholder = placeholders[key];
    return [key, { schema: options.shape[key], placeholder, description }];
  };
  return Object.fromEntries(describeOptions(options).map(flag));
}

/** `pixelFormat` -> `pixel-format`. */
export function kebabCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
