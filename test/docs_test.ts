import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { routeRecv, routeSend } from "../agent/cli/addresses.ts";
import { parseCommandLine } from "../agent/cli/args.ts";
import { describeOptions } from "../agent/cli/describe.ts";
import { ExitCode } from "../agent/cli/exit_code.ts";
import {
  commonFlags,
  type FlagValues,
  kebabCase,
  pipelineFlags,
} from "../agent/cli/flags.ts";
import { addPluginFile } from "../agent/cli/plugin_file.ts";
import { commands } from "../agent/cli/run.ts";
import { VERSION } from "../agent/cli/version.ts";
import {
  checkSink,
  checkSource,
  inputOptions,
  sinkOptions,
  sourceOptions,
} from "../agent/plugin/reserved.ts";
import { Registry } from "../agent/registry.ts";
import { builtins } from "../plugins/mod.ts";
import { HEADER, PLANE, SLOT } from "../plugins/sink-shm/layout.ts";
import { test } from "./harness.ts";
import {
  anchorsOf,
  commandLinesOf,
  linksOf,
  rowsOf,
} from "./readme/markdown.ts";

const ROOT = join(import.meta.dirname!, "..");
const PAGES = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"];
const README = read("README.md");

/** Flags of other programs that the README names. */
const FOREIGN_FLAGS = [
  "--network-caching",
  "--no-install",
  "--save-pts",
  "--sizes",
  "--target",
];

function read(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

function registry(): Registry {
  const registry = new Registry();
  for (const module of builtins) registry.add(module, "built in");
  return registry;
}

for (const page of PAGES) {
  test(`${page} links to files and headings that are there`, () => {
    for (const link of linksOf(read(page))) {
      if (/^https?:/.test(link)) continue;
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? page : join(dirname(page), path);
      assert.ok(existsSync(join(ROOT, target)), link);
      if (anchor === undefined) continue;
      assert.ok(anchorsOf(read(target)).includes(anchor), link);
    }
  });
}

for (const words of commandLinesOf(README, "camagent")) {
  const line = words.join(" ");
  test(`README.md's "camagent ${line}" is a right command line`, async () => {
    const command = commands.find(({ name }) =>
      `${line} `.startsWith(`${name} `)
    );
    assert.ok(command, "no such command");
    const { length } = command.name.split(" ");
    const args = words.slice(length);
    const parsed = parseCommandLine(args, command.flags, command.name);
    const { positionals, texts, values } = parsed;
    const plugins = registry();
    const { plugin: files = [] } = values as FlagValues<typeof commonFlags>;
    for (const file of files) await addPluginFile(plugins, join(ROOT, file));
    if (command.name === "send") {
      const camera = () => Promise.resolve("rpicam:");
      const route = await routeSend(plugins, positionals, texts, camera);
      const { source } = route;
      checkSource(source.plugin, source.address);
    } else if (command.name === "recv") {
      const { sinks } = routeRecv(plugins, positionals, texts);
      for (const { plugin, address } of sinks) checkSink(plugin, address);
    } else if (["cameras", "doctor"].includes(command.name)) {
      assert.deepEqual(positionals, []);
    } else if (command.name === "watch") {
      assert.match(positionals.join(), /^shm:\w+$/);
    } else {
      const [file = ""] = positionals;
      assert.ok(await addPluginFile(plugins, join(ROOT, file)));
    }
  });
}

test("README.md names no flag that is not there", () => {
  const known = commands.flatMap(({ flags }) => Object.keys(flags))
    .map((key) => `--${kebabCase(key)}`);
  for (const [flag] of README.matchAll(/(?<![\w-])--[a-z][a-z-]*/g)) {
    assert.ok([...known, ...FOREIGN_FLAGS].includes(flag), flag);
  }
});

test("README.md names every flag of the pipelines", () => {
  for (const key of Object.keys({ ...pipelineFlags, ...commonFlags })) {
    assert.ok(README.includes(`--${kebabCase(key)}`), key);
  }
});

test("README.md names every scheme and no other", () => {
  const named = rowsOf(README, "Addresses and options")
    .flatMap(([address = ""]) => [...address.matchAll(/`([a-z][a-z0-9]+):/g)])
    .map(([, scheme]) => scheme!);
  const known = registry().plugins
    .flatMap(({ schemes }) => schemes).concat("auto");
  assert.deepEqual([...new Set(named)].sort(), [...new Set(known)].sort());
});

test("README.md lists every option and no other", () => {
  const rows = rowsOf(README, "Addresses and options");
  const common = new Set(
    rows.filter(([option = ""]) => /^`\w+`$/.test(option))
      .map(([option]) => option),
  );
  const reserved = [sourceOptions, inputOptions, sinkOptions].flatMap(
    describeOptions,
  );
  assert.deepEqual(common, new Set(reserved.map(([name]) => `\`${name}\``)));

  const own = rows.filter(([, option = ""]) => /^`\w+`$/.test(option))
    .flatMap(([addresses = "", option]) =>
      addresses.split(", ").map((address) => `${address} ${option}`)
    );
  const known = registry().plugins.flatMap(({ schemes, options }) =>
    describeOptions(options).flatMap(([name]) =>
      schemes.map((scheme) => `\`${scheme}:\` \`${name}\``)
    )
  );
  assert.deepEqual(own.sort(), known.sort());
});

test("README.md's layout of shared memory is the one of the plugin", () => {
  const listed = rowsOf(README, "Layout of the shared memory")
    .filter(([offset = ""]) => /^\d+$/.test(offset))
    .map(([offset, type, name]) => [name, Number(offset), type]);
  const known = [HEADER, PLANE, SLOT].flatMap((table) =>
    Object.entries(table).map(([name, { offset, type }]) => [
      `\`${name}\``,
      offset,
      type,
    ])
  );
  assert.deepEqual(listed, known);
});

test("README.md lists every exit code", () => {
  const listed = rowsOf(README, "Exit codes").slice(1).map(([code]) => code);
  for (const [name, code] of Object.entries(ExitCode)) {
    assert.ok(listed.includes(`${code}`), name);
  }
});

test("CHANGELOG.md begins with the version of package.json", () => {
  const { version } = JSON.parse(read("package.json"));
  assert.equal(/^## (\S+)/m.exec(read("CHANGELOG.md"))?.[1], version);
  assert.equal(VERSION, version);
});

test("deno.json and tsconfig.json map the same specifiers", () => {
  const { imports } = JSON.parse(read("deno.json"));
  const { compilerOptions } = JSON.parse(read("tsconfig.json"));
  const paths = Object.entries(imports).map(([name, file]) => [name, [file]]);
  assert.deepEqual(compilerOptions.paths, Object.fromEntries(paths));
});
