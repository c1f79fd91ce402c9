import assert from "node:assert/strict";
import { chmod, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fakeRegistry } from "../../test/fakes/cli.ts";
import { test } from "../../test/harness.ts";
import { addPluginFile } from "./plugin_file.ts";

const GOOD = `
  interface Options { path?: string }
  export const apiVersion: number = 1;
  export default ({ z, defineSink }: any) => defineSink({
    name: "sink-mine",
    schemes: ["mine"],
    description: "takes it all",
    accepts: ["gray"],
    options: z.strictObject({}),
    open: (): unknown => ({ write(_: Options) {} }),
  });
`;

/** Runs `body` with the path of a plugin file that holds `text`. */
async function withFile(
  text: string,
  body: (path: string, folder: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "camagent-plugin-"));
  try {
    const path = join(folder, "mine.ts");
    await writeFile(path, text, { mode: 0o644 });
    await body(path, folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test("addPluginFile loads TypeScript from anywhere", () =>
  withFile(GOOD, async (path, folder) => {
    const link = join(folder, "link.ts");
    await symlink(path, link);
    const registry = fakeRegistry();
    const plugin = await addPluginFile(registry, link);
    assert.equal(plugin.name, "sink-mine");
    assert.equal(registry.kindOf("mine:x"), "sink");
  }));

test("addPluginFile refuses a file that is not there", () =>
  withFile(GOOD, async (_, folder) => {
    const path = join(folder, "yours.ts");
    await assert.rejects(addPluginFile(fakeRegistry(), path), {
      name: "ConfigError",
      message: `Cannot load plugin "${path}": there is no such file`,
      exitCode: 66,
    });
  }));

test("addPluginFile refuses a folder", () =>
  withFile(GOOD, async (_, folder) => {
    await assert.rejects(addPluginFile(fakeRegistry(), folder), {
      message: `Cannot load plugin "${folder}": it is no file`,
    });
  }));

test("addPluginFile refuses a file that anybody may change", () =>
  withFile(GOOD, async (path) => {
    await chmod(path, 0o666);
    await assert.rejects(addPluginFile(fakeRegistry(), path), {
      name: "ConfigError",
      message: `Cannot load plugin "${path}": anybody may write to it ` +
        `(run "chmod o-w ${path}")`,
      exitCode: 77,
    });
  }));

const bad: [name: string, text: string, why: RegExp][] = [
  ["that is no TypeScript", "export const = 1;", /./],
  ["that throws", 'throw new Error("not today");', /not today/],
  ["that is no plugin", "export const a = 1;", /exports no "apiVersion"/],
  [
    "whose declaration throws",
    GOOD.replace("z.strictObject", "z.nothing"),
    /TypeError/,
  ],
  [
    "that claims a scheme of another plugin",
    GOOD.replace('"mine"', '"tcp"'),
    /"tcp:" belongs to transport-fake/,
  ],
  ["without a verb", GOOD.replace("open:", "opne:"), /a sink needs "open"/],
  [
    "without a description",
    GOOD.replace("description:", "text:"),
    /it has no "description"/,
  ],
  [
    "without a schema",
    GOOD.replace("z.strictObject({})", "{}"),
    /its "options" are no schema/,
  ],
  [
    "with a scheme that no address has",
    GOOD.replace('"mine"', '"My:"'),
    /"My:" is no scheme/,
  ],
];

for (const [name, text, why] of bad) {
  test(`addPluginFile refuses a file ${name}, in one line`, () =>
    withFile(text, async (path) => {
      await assert.rejects(
        addPluginFile(fakeRegistry(), path),
        (error: Error) => {
          assert.equal(error.name, "ConfigError");
          const start = `Cannot load plugin "${path}": `;
          assert.ok(error.message.startsWith(start), error.message);
          assert.match(error.message.slice(start.length), why);
          assert.doesNotMatch(error.message, /\n/);
          return true;
        },
      );
    }));
}
