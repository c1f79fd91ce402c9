import assert from "node:assert/strict";
import { builtins } from "../plugins/mod.ts";
import { test } from "../test/harness.ts";
import { API_VERSION, type PluginHost } from "./plugin/host.ts";
import { Registry } from "./registry.ts";

/** A module whose sink answers to the given schemes. */
function sink(name: string, ...schemes: string[]) {
  return {
    apiVersion: API_VERSION,
    default: ({ z, defineSink }: PluginHost) =>
      defineSink({
        name,
        schemes,
        description: "nothing",
        accepts: ["gray"],
        options: z.strictObject({}),
        open: () => ({ write() {}, async [Symbol.asyncDispose]() {} }),
      }),
  };
}

function full(): Registry {
  const registry = new Registry();
  for (const module of builtins) registry.add(module, "plugins/mod.ts");
  return registry;
}

test("Registry keeps plugins in the order they were added", () => {
  const registry = new Registry();
  const added = [sink("sink-b", "bb"), sink("sink-a", "aa", "ab")]
    .map((module) => registry.add(module, "it.ts"));
  assert.deepEqual(registry.plugins, added);
  assert.deepEqual(added.map(({ name }) => name), ["sink-b", "sink-a"]);
});

test("Registry resolves an address by its scheme", () => {
  const registry = new Registry();
  registry.add(sink("sink-a", "aa", "ab"), "it.ts");
  const { address, plugin } = registry.resolve("sink", "AB:/run/cam?fps=5");
  assert.equal(plugin.name, "sink-a");
  assert.deepEqual([address.scheme, address.path], ["ab", "/run/cam"]);
  assert.deepEqual(address.query, { fps: "5" });
});

test('Registry takes "-" for stdout', () => {
  const registry = full();
  assert.equal(registry.resolve("sink", "-").plugin.name, "sink-stdout");
  assert.equal(registry.kindOf("-"), "sink");
});

/** What is what, as far as the registry knows. */
const KINDS: Record<string, string | undefined> = {
  "test:": "source",
  "TEST:?fps=5": "source",
  "file:a b.mp4": "source",
  "tcp://pi": "transport",
  "pipe:/tmp/cam": "sink",
  "bluetooth:": undefined,
  "clip.mp4": undefined,
  "C:\\clip.mp4": undefined,
  "": undefined,
};

for (const [text, kind] of Object.entries(KINDS)) {
  test(`Registry takes "${text}" for a ${kind ?? "stranger"}`, () => {
    assert.equal(full().kindOf(text), kind);
  });
}

/** What cannot be resolved, and how that is said. */
const UNKNOWN: [
  kind: "source" | "transport" | "sink",
  text: string,
  why: string,
][] = [
  [
    "transport",
    "tpc://pi",
    'Cannot use "tpc://pi" as a transport: no transport "tpc:" (did you ' +
    'mean "tcp:"?)',
  ],
  [
    "sink",
    "pype:/tmp/cam",
    'Cannot use "pype:/tmp/cam" as a sink: no sink "pype:" (did you mean ' +
    '"pipe:"?)',
  ],
  [
    "sink",
    "bluetooth:",
    'Cannot use "bluetooth:" as a sink: no sink "bluetooth:" (there is ' +
    "pipe:, stdout:)",
  ],
  [
    "source",
    "tcp://u:p4ss@pi",
    'Cannot use "tcp://***@pi" as a source: "tcp:" is a transport',
  ],
  [
    "sink",
    "/tmp/cam",
    'Cannot parse address "/tmp/cam": no scheme in front, such as "file:"',
  ],
];

for (const [kind, text, message] of UNKNOWN) {
  test(`Registry says: ${message}`, () => {
    const registry = new Registry();
    // As many as this page counts on, whatever is built in.
    const modules = builtins.filter((module) =>
      /^(source-test|transport-tcp|sink-opencv-pipe|sink-stdout)$/.test(
        new Registry().add(module, "it.ts").name,
      )
    );
    for (const module of modules) registry.add(module, "it.ts");
    assert.throws(() => registry.resolve(kind, text), {
      name: "ConfigError",
      message,
    });
  });
}

const NO_PLUGIN =
  'it exports no "apiVersion" and no default function (see "Writing a ' +
  'plugin" in the README)';

/** What is no plugin, and why. */
const REFUSED: Record<string, [module: unknown, why: string]> = {
  nothing: [undefined, NO_PLUGIN],
  "no version": [{ default: () => ({}) }, NO_PLUGIN],
  "a version in words": [{ apiVersion: "1", default: () => ({}) }, NO_PLUGIN],
  "no function": [{ apiVersion: 1, default: { kind: "sink" } }, NO_PLUGIN],
  "another version": [
    { ...sink("sink-a", "aa"), apiVersion: 2 },
    "it is written for version 2 of the plugin contract, this agent has " +
    "version 1",
  ],
  "a function that declares nothing": [
    { apiVersion: 1, default: () => undefined },
    "its default function declares no plugin",
  ],
  "another kind": [
    {
      apiVersion: 1,
      default: () => ({ kind: "filter", name: "a", schemes: ["a"] }),
    },
    "its default function declares no plugin",
  ],
  "no schemes": [sink("sink-a"), "its default function declares no plugin"],
};

for (const [what, [module, why]] of Object.entries(REFUSED)) {
  test(`Registry refuses ${what}`, () => {
    assert.throws(() => new Registry().add(module, "./it.ts"), {
      name: "ConfigError",
      message: `Cannot load plugin "./it.ts": ${why}`,
    });
  });
}

test("Registry refuses a scheme that is taken, and keeps the first", () => {
  const registry = new Registry();
  const first = registry.add(sink("sink-a", "aa"), "a.ts");
  assert.throws(() => registry.add(sink("sink-b", "bb", "aa"), "b.ts"), {
    name: "ConfigError",
    message: 'Cannot load plugin "b.ts": "aa:" belongs to sink-a',
  });
  assert.deepEqual(registry.plugins, [first]);
  assert.equal(registry.kindOf("bb:"), undefined);
});

test("Registry passes on what a plugin throws", () => {
  const module = {
    apiVersion: 1,
    default() {
      throw new RangeError("No");
    },
  };
  assert.throws(() => new Registry().add(module, "it.ts"), RangeError);
});
