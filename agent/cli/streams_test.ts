import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import { wantsColor } from "./streams.ts";

type Env = Record<string, string>;

const cases: [
  when: "auto" | "always" | "never",
  isStderrTerminal: boolean,
  env: Env,
  expected: boolean,
][] = [
  ["auto", true, {}, true],
  ["auto", false, {}, false],
  ["auto", true, { NO_COLOR: "1" }, false],
  ["auto", true, { NO_COLOR: "" }, true],
  ["auto", false, { FORCE_COLOR: "1" }, true],
  ["auto", true, { FORCE_COLOR: "0" }, false],
  ["auto", true, { TERM: "dumb" }, false],
  ["always", false, { NO_COLOR: "1" }, true],
  ["never", true, { FORCE_COLOR: "1" }, false],
];

for (const [when, isStderrTerminal, env, expected] of cases) {
  const where = isStderrTerminal ? "a screen" : "no screen";
  test(`wantsColor, ${when} on ${where} with ${JSON.stringify(env)}`, () => {
    assert.equal(wantsColor(when, { env, isStderrTerminal }), expected);
  });
}
