import assert from "node:assert/strict";
import { z } from "zod";
import { test } from "../../test/harness.ts";
import { option } from "../plugin/options.ts";
import { parseCommandLine } from "./args.ts";
import type { Flags } from "./flags.ts";

const flags = {
  size: { schema: option.size(), placeholder: "WxH", description: "" },
  maxRetries: { schema: option.integer(0, 9), description: "" },
  plugin: { schema: z.string(), description: "", repeatable: true },
  quiet: {
    schema: option.flag(),
    bare: "true",
    short: "q",
    description: "",
  },
  verbose: {
    schema: option.flag(),
    bare: "true",
    short: "v",
    description: "",
  },
  json: { schema: z.enum(["out", "err"]), bare: "out", description: "" },
} as const satisfies Flags;

const parse = (line: string) =>
  parseCommandLine(line.split(" "), flags, "camagent send");

const lines: [line: string, positionals: string[], values: object][] = [
  ["test: tcp://pi", ["test:", "tcp://pi"], {}],
  ["--size 640x480 test:", ["test:"], { size: { width: 640, height: 480 } }],
  ["test: --size=64x48", ["test:"], { size: { width: 64, height: 48 } }],
  ["a --json b", ["a", "b"], { json: "out" }],
  ["a --json=err b", ["a", "b"], { json: "err" }],
  ["a --quiet b", ["a", "b"], { quiet: true }],
  ["--quiet=false a", ["a"], { quiet: false }],
  ["-q a", ["a"], { quiet: true }],
  ["-qv a", ["a"], { quiet: true, verbose: true }],
  ["a -", ["a", "-"], {}],
  ["5001 1e3 0x10", ["5001", "1e3", "0x10"], {}],
  ["--max-retries 0 a", ["a"], { maxRetries: 0 }],
  ["--plugin a --plugin b.ts", [], { plugin: ["a", "b.ts"] }],
  ["a -- --size -q", ["a", "--size", "-q"], {}],
];

for (const [line, positionals, values] of lines) {
  test(`parseCommandLine understands "${line}"`, () => {
    const parsed = parse(line);
    assert.deepEqual(parsed.positionals, positionals);
    assert.deepEqual(parsed.values, values);
  });
}

test("parseCommandLine keeps the text of each flag as it was written", () => {
  assert.deepEqual(parse("--size 64x48 -q --plugin a --plugin b").texts, {
    size: "64x48",
    quiet: "true",
    plugin: "b",
  });
});

const errors: [line: string, message: string][] = [
  [
    "--siez 640x480",
    'Cannot run "camagent send": no flag "--siez" (did you mean "--size"?)',
  ],
  [
    "--siez=640x480",
    'Cannot run "camagent send": no flag "--siez" (did you mean "--size"?)',
  ],
  [
    "--maxRetries 3",
    'Cannot run "camagent send": no flag "--maxRetries" (did you mean ' +
    '"--max-retries"?)',
  ],
  [
    "--constructor",
    'Cannot run "camagent send": no flag "--constructor" (there is --json, ' +
    "--max-retries, --plugin, --quiet, --size, --verbose)",
  ],
  [
    "-x",
    'Cannot run "camagent send": no flag "-x" (there is --json, ' +
    "--max-retries, --plugin, --quiet, --size, --verbose)",
  ],
  ["--size", 'Cannot use "--size": it needs a value (WxH)'],
  ["--size --quiet", 'Cannot use "--size": it needs a value (WxH)'],
  ["--size= a", 'Cannot use "--size": it needs a value (WxH)'],
  [
    "--size 4",
    'Cannot use "--size 4": expected a size such as 640x480, 16x16 to ' +
    "8192x8192",
  ],
  ["--size 64x48 --size 32x24", 'Cannot use "--size" twice'],
  ["--quiet=maybe", 'Cannot use "--quiet maybe": expected true or false'],
  [
    "--max-retries=-1",
    'Cannot use "--max-retries -1": expected a whole number from 0 to 9',
  ],
];

for (const [line, message] of errors) {
  test(`parseCommandLine refuses "${line}"`, () => {
    assert.throws(() => parse(line), {
      name: "ConfigError",
      exitCode: 64,
      message,
    });
  });
}
