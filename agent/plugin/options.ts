/**
 * How options are written in addresses, flags and config files, and how wrong
 * ones are refused.
 *
 * @module
 */

import { closestString, levenshteinDistance } from "@std/text";
import { z } from "zod";
import { ConfigError } from "../errors.ts";
import type { Address } from "../media/address.ts";
import type { OptionsSchema } from "./context.ts";
import type { Size } from "./source.ts";

/** The kinds of values that options have; each is a zod schema of text. */
export const option = {
  /** `true` or `false`; `z.coerce.boolean()` would take "false" for true. */
  flag: () =>
    z.enum(["true", "false"], "expected true or false")
      .transform((text) => text === "true"),

  /** A whole number within limits. */
  integer: (min: number, max: number) => number(min, max, /^\d+$/, "whole "),

  /** A number within limits. */
  number: (min: number, max: number) => number(min, max, /^\d+(\.\d+)?$/, ""),

  /** `640x480`, within what every H.264 decoder of today takes. */
  size: () =>
    z.string().transform((text, context): Size => {
      const [, width, height] =
        /^(\d{1,4})x(\d{1,4})$/.exec(text)?.map(Number) ??
          [];
      if (
        width && height && width >= 16 && height >= 16 &&
        width <= MAX_SIDE && height <= MAX_SIDE
      ) {
        return { width, height };
      }
      return refuse(
        context,
        `expected a size such as 640x480, 16x16 to ${MAX_SIDE}x${MAX_SIDE}`,
      );
    }),

  /** Bits per second: `500k`, `2M`, `1500000`; `auto` is no number. */
  bitrate: () =>
    z.string().transform((text, context): number | undefined => {
      if (text === "auto") return undefined;
      const parts = /^(\d+(?:\.\d+)?)([kM]?)$/.exec(text);
      const value = parts && Number(parts[1]) * SUFFIX[parts[2]!]!;
      if (value && value >= 10e3 && value <= 200e6) return Math.round(value);
      return refuse(
        context,
        'expected "auto" or bits per second such as 2M or 500k (10k to 200M)',
      );
    }),

  /** A duration in milliseconds: `250ms`, `2s`, `10m`; `0` is none. */
  duration: () =>
    z.string().transform((text, context): number => {
      const parts = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
      if (parts) return Number(parts[1]) * UNIT_MS[parts[2]!]!;
      if (text === "0") return 0;
      return refuse(context, "expected a duration such as 250ms, 2s or 10m");
    }),
} as const;

/** Level 6.2, the highest of ITU-T H.264, allows 8192 and a little more. */
const MAX_SIDE = 8192;

const SUFFIX: Record<string, number> = { "": 1, k: 1e3, M: 1e6 };

const UNIT_MS: Record<string, number> = { ms: 1, s: 1e3, m: 60e3, h: 3.6e6 };

function number(min: number, max: number, form: RegExp, whole: string) {
  return z.string().transform((text, context): number => {
    const value = Number(text);
    if (form.test(text) && value >= min && value <= max) return value;
    return refuse(context, `expected a ${whole}number from ${min} to ${max}`);
  });
}

function refuse(
  context: { addIssue(message: string): void },
  message: string,
): never {
  context.addIssue(message);
  return z.NEVER;
}

/** The names of the options a schema knows, as far as it tells. */
export function optionNames(schema: OptionsSchema<unknown>): string[] {
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

/**
 * Checks options, and says in one line which one is wrong and what is right.
 *
 * @param known Further option names, for suggestions.
 * @throws {ConfigError} If one is unknown, missing or wrong.
 */
export function checkOptions<Options>(
  schema: OptionsSchema<Options>,
  query: Readonly<Record<string, string>>,
  address: Pick<Address, "redacted">,
  known: readonly string[] = [],
): Options {
  try {
    return schema.parse(query);
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    const names = [...optionNames(schema), ...known];
    const why = cause instanceof z.ZodError
      ? reason(cause.issues[0]!, shown(query, address), names)
      : cause instanceof Error
      ? cause.message
      : String(cause);
    throw new ConfigError(`Cannot use "${address.redacted}": ${why}`, {
      cause,
    });
  }
}

/** What the address hides is not to be shown by the way of an error. */
function shown(
  query: Readonly<Record<string, string>>,
  { redacted }: Pick<Address, "redacted">,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(query).map(([name, value]) =>
      redacted.includes(`${name}=***`) ? [name, "***"] : [name, value]
    ),
  );
}

/** What may be shown of a name that nobody knows. */
const PLAIN_NAME = /^[\w.-]{1,40}$/;

/** The rest may be part of a password. */
const NO_NAME = 'no such option; in a password "#" is written %23, "?" %3F';

function reason(
  issue: z.core.$ZodIssue,
  query: Readonly<Record<string, string>>,
  names: readonly string[],
): string {
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0]!;
    return PLAIN_NAME.test(key) ? unknownName("option", key, names) : NO_NAME;
  }
  const name = issue.path[0]?.toString();
  // A rule about several options together.
  if (name === undefined) return issue.message;
  if (name in query) {
    return `option "${name}" is "${query[name]}", ${issue.message}`;
  }
  const isMissing = issue.code === "invalid_type";
  return `option "${name}"${isMissing ? " is missing" : `: ${issue.message}`}`;
}

/**
 * How FFmpeg names encoders, decoders and hardware. Names get into its command
 * line; its longest has 19 characters (5.1.9).
 */
export const CODEC_NAME = /^[a-z0-9][a-z0-9_-]{0,39}$/;

/** `no option "frps" (did you mean "fps"?)`. */
export function unknownName(
  what: string,
  name: string,
  names: readonly string[],
): string {
  if (names.length === 0) return `no ${what} "${name}"`;
  const near = nearestName(name, names);
  return near !== undefined
    ? `no ${what} "${name}" (did you mean "${near}"?)`
    : `no ${what} "${name}" (there is ${[...names].sort().join(", ")})`;
}

/** Finds what somebody may have meant who mistyped a name. */
export function nearestName(
  name: string,
  names: readonly string[],
): string | undefined {
  if (names.length === 0) return undefined;
  const near = closestString(name, names);
  const isNear =
    levenshteinDistance(name, near) <= Math.max(1, near.length / 2);
  return isNear ? near : undefined;
}
