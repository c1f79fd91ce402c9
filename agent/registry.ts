/**
 * From an address to the plugin that serves it.
 *
 * @module
 */

import { ConfigError } from "./errors.ts";
import { type Address, parseAddress } from "./media/address.ts";
import {
  API_VERSION,
  host,
  type Plugin,
  type PluginModule,
} from "./plugin/host.ts";
import { unknownName } from "./plugin/options.ts";

/** The plugin of one kind. */
export type PluginOf<Kind extends Plugin["kind"]> = Extract<
  Plugin,
  { kind: Kind }
>;

/** An address, and the plugin that its scheme picks. */
export interface Resolved<Kind extends Plugin["kind"]> {
  /** The parsed address. */
  readonly address: Address;
  /** Serves it. */
  readonly plugin: PluginOf<Kind>;
}

/** `-` is the traditional name of stdout. */
const ALIASES: Record<string, string> = { "-": "stdout:" };

/**
 * The plugins of one agent, by scheme. A source and a transport may share one:
 * `file:` is read in the one place and written in the other.
 */
export class Registry {
  readonly #plugins: Plugin[] = [];

  /** Every plugin, in the order they were added. */
  get plugins(): readonly Plugin[] {
    return this.#plugins;
  }

  /**
   * Adds the plugin of a module.
   *
   * @param where Names the module in errors: its file.
   * @throws {ConfigError} If it is no plugin module, is written for another
   * version of the contract, or claims a scheme that is taken.
   */
  add(module: unknown, where: string): Plugin {
    const plugin = declared(module, where);
    for (const scheme of plugin.schemes) {
      const other = this.#all(scheme).find(({ kind }) =>
        kind === plugin.kind || [kind, plugin.kind].includes("sink")
      );
      if (other !== undefined) {
        throw refusal(where, `"${scheme}:" belongs to ${other.name}`);
      }
    }
    this.#plugins.push(plugin);
    return plugin;
  }

  /**
   * The kind of the plugin that an address picks, if any does; a source where
   * there is one.
   */
  kindOf(text: string): Plugin["kind"] | undefined {
    const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(ALIASES[text] ?? text)?.[1];
    const kinds = this.#all(scheme?.toLowerCase() ?? "")
      .map(({ kind }) => kind);
    return kinds.includes("source") ? "source" : kinds[0];
  }

  /**
   * Parses an address and finds its plugin.
   *
   * @throws {ConfigError} If it is none, or no plugin of this kind serves it.
   */
  resolve<Kind extends Plugin["kind"]>(
    kind: Kind,
    text: string,
  ): Resolved<Kind> {
    const address = parseAddress(ALIASES[text] ?? text);
    const plugins = this.#all(address.scheme);
    for (const plugin of plugins) {
      if (isOf(plugin, kind)) return { address, plugin };
    }
    const quoted = `Cannot use "${address.redacted}" as a ${kind}`;
    const [other] = plugins;
    if (other !== undefined) {
      throw new ConfigError(
        `${quoted}: "${address.scheme}:" is a ${other.kind}`,
      );
    }
    const schemes = this.#plugins
      .filter((plugin) => plugin.kind === kind)
      .flatMap(({ schemes }) => schemes.map((scheme) => `${scheme}:`));
    const why = unknownName(kind, `${address.scheme}:`, schemes);
    throw new ConfigError(`${quoted}: ${why}`);
  }

  #all(scheme: string): Plugin[] {
    return this.#plugins.filter(({ schemes }) => schemes.includes(scheme));
  }
}

function isOf<Kind extends Plugin["kind"]>(
  plugin: Plugin,
  kind: Kind,
): plugin is PluginOf<Kind> {
  return plugin.kind === kind;
}

function declared(module: unknown, where: string): Plugin {
  if (!isPluginModule(module)) {
    throw refusal(
      where,
      'it exports no "apiVersion" and no default function (see "Writing a ' +
        'plugin" in the README)',
    );
  }
  if (module.apiVersion !== API_VERSION) {
    throw refusal(
      where,
      `it is written for version ${module.apiVersion} of the plugin ` +
        `contract, this agent has version ${API_VERSION}`,
    );
  }
  const plugin = module.default(host);
  if (!isPlugin(plugin)) {
    throw refusal(where, "its default function declares no plugin");
  }
  return plugin;
}

function isPluginModule(module: unknown): module is PluginModule {
  return typeof module === "object" && module !== null &&
    "apiVersion" in module && typeof module.apiVersion === "number" &&
    "default" in module && typeof module.default === "function";
}

function isPlugin(value: unknown): value is Plugin {
  return typeof value === "object" && value !== null &&
    "kind" in value &&
    ["source", "transport", "sink"].includes(`${value.kind}`) &&
    "name" in value && typeof value.name === "string" &&
    "schemes" in value && Array.isArray(value.schemes) &&
    value.schemes.length > 0;
}

function refusal(where: string, why: string): ConfigError {
  return new ConfigError(`Cannot load plugin "${where}": ${why}`);
}
