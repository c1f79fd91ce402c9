/**
 * What every plugin promises, whatever its kind.
 *
 * @module
 */

import assert from "node:assert/strict";
import {
  API_VERSION,
  host,
  type Plugin,
  type PluginModule,
} from "../../agent/plugin/host.ts";
import { checkOptions } from "../../agent/plugin/options.ts";
import { type PluginOf, Registry } from "../../agent/registry.ts";
import type { Check } from "./suite.ts";

/** Longest description that fits a line of `camagent plugins`. */
const MAX_DESCRIPTION = 60;

/** Declares the plugin of a module, which must be of the given kind. */
export function declare<Kind extends Plugin["kind"]>(
  module: PluginModule,
  kind: Kind,
): PluginOf<Kind> {
  const plugin = module.default(host);
  if (!isOf(plugin, kind)) {
    throw new TypeError(`${plugin.name} is a ${plugin.kind}, not a ${kind}`);
  }
  return plugin;
}

function isOf<Kind extends Plugin["kind"]>(
  plugin: Plugin,
  kind: Kind,
): plugin is PluginOf<Kind> {
  return plugin.kind === kind;
}

/** The checks of a declaration. */
export function declarationChecks(module: PluginModule): Check[] {
  return [
    {
      name: "is written for this version of the contract",
      async run() {
        await Promise.resolve();
        assert.equal(module.apiVersion, API_VERSION);
      },
    },
    {
      name: "declares itself with schemes and one line of description",
      async run() {
        await Promise.resolve();
        const { schemes, description } = new Registry().add(module, "it");
        for (const scheme of schemes) {
          assert.match(scheme, /^[a-z][a-z0-9+.-]+$/);
        }
        assert.match(description, /^\S.*[^\s.]$/);
        assert.ok(description.length <= MAX_DESCRIPTION, description);
      },
    },
    {
      name: "rejects an unknown option",
      async run() {
        await Promise.resolve();
        const { options } = module.default(host);
        assert.throws(
          () => checkOptions(options, { nonsense: "1" }, { redacted: "it:" }),
          { name: "ConfigError", message: /nonsense/ },
        );
      },
    },
  ];
}
