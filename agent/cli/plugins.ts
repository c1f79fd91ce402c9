/**
 * `camagent plugins` and `camagent plugin check`: what is there, and whether a
 * plugin file would do.
 *
 * @module
 */

import { ConfigError } from "../errors.ts";
import type { Plugin } from "../plugin/host.ts";
import { option } from "../plugin/options.ts";
import { type CommandLine, refuseRest } from "./args.ts";
import type { Command, Shell } from "./command.ts";
import { describeOptions } from "./describe.ts";
import { commonFlags } from "./flags.ts";
import { pluginLines } from "./help.ts";
import { addPluginFile } from "./plugin_file.ts";
import { tableLines } from "./text.ts";

const listFlags = {
  json: {
    schema: option.flag(),
    bare: "true",
    description: "print one JSON object per plugin",
  },
  ...commonFlags,
} as const;

/** Lists the plugins. */
export const pluginsCommand: Command = {
  name: "plugins",
  usage: "",
  summary: "List the plugins: what addresses there are.",
  flags: listFlags,
  lists: {},
  examples: [
    ["camagent plugins --plugin ./my-sink.ts", "the plugin of a file as well"],
    ["camagent plugins --json | jq .schemes", "for programs"],
  ],
  async run(
    { positionals, values }: CommandLine<typeof listFlags>,
    { registry, print }: Shell,
  ) {
    refuseRest("plugins", positionals);
    const lines = values.json
      ? registry.plugins.map((plugin) => JSON.stringify(describe(plugin)))
      : table(registry.plugins);
    await print(lines.map((line) => `${line}\n`).join(""));
  },
};

/** Checks a plugin file. */
export const pluginCheckCommand: Command = {
  name: "plugin check",
  usage: "<file>",
  summary: "Load a plugin file and print what it declares.",
  flags: commonFlags,
  lists: {},
  examples: [
    ["camagent plugin check ./my-sink.ts", "exit code 0 if it would do"],
    [
      "camagent recv tcp://pi:5001 my:frames --plugin ./my-sink.ts",
      "use it then",
    ],
  ],
  async run({ positionals }, { registry, print }) {
    const [file, ...rest] = positionals;
    if (file === undefined) {
      throw new ConfigError("Cannot check a plugin without its file");
    }
    refuseRest("plugin check", rest);
    const plugin = await addPluginFile(registry, file);
    const accepts = plugin.kind === "sink"
      ? [`  accepts ${plugin.accepts.join(", ")}`]
      : [];
    const lines = [`${plugin.kind} ${plugin.name}`, ...pluginLines(plugin)];
    await print([...lines, ...accepts].map((line) => `${line}\n`).join(""));
  },
};

function describe(plugin: Plugin): Record<string, unknown> {
  const { kind, name, schemes, description } = plugin;
  const options = Object.fromEntries(describeOptions(plugin.options));
  const head = { schema: 1, type: "plugin" };
  return { ...head, kind, name, schemes, description, options };
}

function table(plugins: readonly Plugin[]): string[] {
  const rows = plugins.map(({ kind, name, schemes, description }) => [
    kind,
    name,
    schemes.map((scheme) => `${scheme}:`).join(" "),
    description,
  ]);
  return tableLines([["KIND", "NAME", "SCHEMES", "DESCRIPTION"], ...rows]);
}
