/**
 * Plugins from files. They are trusted code: they run with everything that
 * this process may do.
 *
 * @module
 */

import { realpath, stat } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { ConfigError } from "../errors.ts";
import type { Plugin } from "../plugin/host.ts";
import type { Registry } from "../registry.ts";

/** EX_NOINPUT of sysexits.h. */
const NO_INPUT = 66;

/** EX_NOPERM of sysexits.h. */
const NO_PERMISSION = 77;

/** Permission bit of stat(2): anybody may write. */
const OTHERS_MAY_WRITE = 0o002;

/**
 * Loads a plugin file and adds its plugin.
 *
 * @param file Path, relative to the current directory.
 * @throws {ConfigError} If there is no such file, anybody may change it, it
 * does not load, or is no plugin that fits.
 */
export async function addPluginFile(
  registry: Registry,
  file: string,
): Promise<Plugin> {
  const path = await trustedPath(file);
  try {
    // The real path: a compiled binary has a file system of its own.
    const module = await import(pathToFileURL(path).href);
    const plugin = registry.add(module, file);
    const [flaw] = flaws(plugin);
    if (flaw !== undefined) throw refusal(file, flaw);
    return plugin;
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    throw refusal(file, brief(cause), { cause });
  }
}

/** Deno draws the line of a syntax error between message and place. */
function brief(error: unknown): string {
  const [first = "", ...rest] = String(error).split("\n");
  const place = rest.map((line) => line.trim())
    .find((line) => line.startsWith("at "));
  return place === undefined ? first : `${first} ${place}`;
}

async function trustedPath(file: string): Promise<string> {
  try {
    const path = await realpath(file);
    const status = await stat(path);
    if (!status.isFile()) throw refusal(file, "it is no file");
    if (status.mode & OTHERS_MAY_WRITE) {
      throw refusal(
        file,
        `anybody may write to it (run "chmod o-w ${file}")`,
        { exitCode: NO_PERMISSION },
      );
    }
    return path;
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    const why = isMissing(cause) ? "there is no such file" : `${cause}`;
    throw refusal(file, why, { exitCode: NO_INPUT, cause });
  }
}

/**
 * Returns what a plugin's declaration lacks, sentence by sentence. The
 * compiler tells the author of a built-in plugin, but nobody has to compile a
 * plugin file.
 */
export function flaws(plugin: Plugin): string[] {
  const { name, description, schemes, options } = plugin;
  return [
    /^[\w@./-]+$/.test(name) || `its name "${name}" is no package name`,
    isText(description) || 'it has no "description"',
    ...schemes.map((scheme) =>
      /^[a-z][a-z0-9+.-]+$/.test(scheme) || `"${scheme}" is no scheme`
    ),
    isFunction(options?.parse) || 'its "options" are no schema',
    ...verbs(plugin),
  ].filter((flaw) => typeof flaw === "string");
}

function verbs(plugin: Plugin): (string | true)[] {
  switch (plugin.kind) {
    case "source":
      return [isFunction(plugin.run) || 'a source needs "run"'];
    case "transport":
      return [
        isFunction(plugin.send) || isFunction(plugin.receive) ||
        'a transport needs "send" or "receive"',
      ];
    case "sink":
      return [
        isFunction(plugin.open) || 'a sink needs "open"',
        (Array.isArray(plugin.accepts) && plugin.accepts.length > 0) ||
        'a sink needs "accepts"',
      ];
  }
}

function isFunction(value: unknown): boolean {
  return typeof value === "function";
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

function refusal(
  file: string,
  why: string,
  options: ErrorOptions & { exitCode?: number } = {},
): ConfigError {
  return new ConfigError(`Cannot load plugin "${file}": ${why}`, options);
}
