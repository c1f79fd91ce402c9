/**
 * From command line arguments to checked values. The only importer of the
 * argument parser.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { ConfigError } from "../errors.ts";
import { unknownName } from "../plugin/options.ts";
import { type Flags, type FlagValues, kebabCase } from "./flags.ts";

/** A command line, taken apart and checked. */
export interface CommandLine<Table extends Flags> {
  /** What is no flag, in order. */
  readonly positionals: readonly string[];
  /** The flags that were given, by key. */
  readonly values: FlagValues<Table>;
  /** The same as they were written; of a repeated flag the last one. */
  readonly texts: Readonly<Record<string, string>>;
}

/**
 * Takes arguments apart by a table of flags.
 *
 * @param command How the user called us, for errors: `camagent send`.
 * @throws {ConfigError} If a flag is unknown, repeated, lacks its value, or
 * has a wrong one.
 */
export function parseCommandLine<Table extends Flags>(
  args: readonly string[],
  flags: Table,
  command: string,
): CommandLine<Table> {
  const keys = new Map(Object.keys(flags).map((key) => [kebabCase(key), key]));
  const names = [...keys.keys()];
  const unknownFlag = (flag: string): never => {
    const why = unknownName("flag", flag, names.map((name) => `--${name}`));
    throw new ConfigError(`Cannot run "${command}": ${why}`);
  };
  const { _: positionals, ...given } = parseArgs(
    expand(args, flags, unknownFlag),
    {
      // "_" keeps a numeric positional from becoming a number.
      string: [...names, "_"],
      collect: names,
      unknown: (_, key) => key === undefined || unknownFlag(`--${key}`),
    },
  );

  const values: Record<string, unknown> = {};
  const texts: Record<string, string> = {};
  for (const [name, key] of keys) {
    const flag = flags[key]!;
    const written = given[name];
    if (!isTexts(written) || written.length === 0) continue;
    if (written.length > 1 && flag.repeatable !== true) {
      throw new ConfigError(`Cannot use "--${name}" twice`);
    }
    const checked = written.map((text) => check(name, text, flag));
    values[key] = flag.repeatable ? checked : checked[0];
    texts[key] = written.at(-1)!;
  }
  return {
    positionals: positionals.map(String),
    values: values as FlagValues<Table>,
    texts,
  };
}

/**
 * Writes out short flags and the values of flags that stand alone: `-qv` is
 * `--quiet=true --verbose=true`, and `--json tcp://pi` does not take the
 * address for a value.
 */
function expand(
  args: readonly string[],
  flags: Flags,
  unknownFlag: (flag: string) => never,
): string[] {
  const entries = Object.entries(flags);
  const bare = new Map(
    entries.map(([key, flag]) => [`--${kebabCase(key)}`, flag.bare]),
  );
  const long = new Map(
    entries.map(([key, flag]) => [flag.short, `--${kebabCase(key)}`]),
  );
  const end = args.indexOf("--");
  const before = end < 0 ? args : args.slice(0, end);
  const expanded = before
    .flatMap((arg) =>
      /^-[a-z]/i.test(arg)
        ? [...arg.slice(1)].map((letter) =>
          long.get(letter) ?? unknownFlag(`-${letter}`)
        )
        : [arg]
    )
    .map((arg) =>
      bare.get(arg) === undefined ? arg : `${arg}=${bare.get(arg)}`
    );
  return [...expanded, ...(end < 0 ? [] : args.slice(end))];
}

/**
 * Refuses arguments of a command that takes none, or no more.
 *
 * @throws {ConfigError} If there is one.
 */
export function refuseRest(
  command: string,
  [unwanted]: readonly string[],
): void {
  if (unwanted === undefined) return;
  throw new ConfigError(
    `Cannot run "camagent ${command}": it takes no "${unwanted}"`,
  );
}

function check(name: string, text: string, flag: Flags[string]): unknown {
  if (text === "") {
    const what = flag.placeholder ?? flag.bare;
    throw new ConfigError(`Cannot use "--${name}": it needs a value (${what})`);
  }
  const result = flag.schema.safeParse(text);
  if (result.success) return result.data;
  const why = result.error.issues[0]!.message;
  throw new ConfigError(`Cannot use "--${name} ${text}": ${why}`);
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value);
}
