import assert from "node:assert/strict";
import { builtins } from "../../plugins/mod.ts";
import { fakeRegistry } from "../../test/fakes/cli.ts";
import { test } from "../../test/harness.ts";
import { parseAddress } from "../media/address.ts";
import { Registry } from "../registry.ts";
import { routeRecv, routeSend } from "./addresses.ts";
import { parseCommandLine } from "./args.ts";
import { kebabCase } from "./flags.ts";
import { commandHelp, generalHelp } from "./help.ts";
import { commands, rootFlags } from "./run.ts";

const { plugins } = fakeRegistry();
const general = generalHelp(commands, rootFlags, plugins);

test("generalHelp lists every command, its flags and every scheme", () => {
  for (const { name } of commands) assert.match(general, RegExp(`  ${name} `));
  for (const key of Object.keys(rootFlags)) {
    assert.match(general, RegExp(`--${kebabCase(key)}`));
  }
  for (const { schemes } of plugins) {
    for (const scheme of schemes) assert.match(general, RegExp(` ${scheme}:`));
  }
});

for (const command of commands) {
  const help = commandHelp(command, plugins);

  test(`commandHelp of ${command.name} explains every flag`, () => {
    for (const [key, flag] of Object.entries(command.flags)) {
      const words = flag.description.split(" ").join("\\s+")
        .replace(/[()*?]/g, "\\$&");
      const name = `--${kebabCase(key)}`;
      assert.match(help, RegExp(`${name}(\\[?[= ]\\w+\\]?)?\\s+${words}\n`));
    }
  });

  test(`commandHelp of ${command.name} fits 80 columns`, () => {
    for (const line of `${help}${general}`.split("\n")) {
      assert.ok(line.length <= 80, line);
      assert.equal(line, line.trimEnd());
    }
  });

  test(`commandHelp of ${command.name} shows two or three examples`, () => {
    const { length } = command.examples;
    assert.ok(length === 2 || length === 3);
    for (const [line] of command.examples) {
      assert.ok(help.includes(`\n  ${line}\n`), line);
    }
  });
}

test("commandHelp shows the options of plugins", () => {
  const send = commands.find(({ name }) => name === "send")!;
  assert.match(
    commandHelp(send, plugins),
    /test: ffmpeg: +pictures that nobody took\n {4}\?speed= +how fast\n/,
  );
});

const builtIn = new Registry();
for (const module of builtins) builtIn.add(module, "built in");

for (const command of commands.slice(0, 2)) {
  for (const [line] of command.examples) {
    test(`The example "${line}" is understood`, async () => {
      const words = line.replaceAll('"', "").replace(/ \|.*/, "").split(" ");
      const { positionals, texts } = parseCommandLine(
        words.slice(2),
        command.flags,
        "camagent",
      );
      const camera = () => Promise.resolve("test:");
      if (command.name === "recv") routeRecv(builtIn, positionals, texts);
      else await routeSend(builtIn, positionals, texts, camera);
      for (const address of positionals.filter((text) => text !== "-")) {
        assert.doesNotThrow(() => parseAddress(address));
      }
    });
  }
}
