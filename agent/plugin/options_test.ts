import assert from "node:assert/strict";
import { z } from "zod";
import { test } from "../../test/harness.ts";
import { ConfigError } from "../errors.ts";
import { parseAddress } from "../media/address.ts";
import { checkOptions, option, optionNames, unknownName } from "./options.ts";

const ADDRESS = { redacted: "it:" };

/** Texts each kind takes and what becomes of them; those it refuses and why. */
const KINDS: Record<
  string,
  [schema: z.ZodType, good: Record<string, unknown>, why: string, bad: string[]]
> = {
  "flag()": [
    option.flag(),
    { true: true, false: false },
    "expected true or false",
    ["", "yes", "1", "TRUE", " true"],
  ],
  "integer(1, 65535)": [
    option.integer(1, 65535),
    { "1": 1, "65535": 65535, "007": 7 },
    "expected a whole number from 1 to 65535",
    ["", "0", "65536", "-1", "1.5", "1e3", "0x10", "five", " 5", "Infinity"],
  ],
  "number(0.5, 240)": [
    option.number(0.5, 240),
    { "0.5": 0.5, "240": 240, "29.97": 29.97 },
    "expected a number from 0.5 to 240",
    ["", "0.4", "240.1", "-1", "1.", ".5", "1e2", "NaN", "30fps", "30/1"],
  ],
  "size()": [
    option.size(),
    {
      "640x480": { width: 640, height: 480 },
      "16x16": { width: 16, height: 16 },
      "8192x8192": { width: 8192, height: 8192 },
    },
    "expected a size such as 640x480, 16x16 to 8192x8192",
    ["", "640", "640*480", "640X480", "15x480", "640x8193", "0x0", "640x480x3"],
  ],
  "bitrate()": [
    option.bitrate(),
    {
      auto: undefined,
      "10000": 10_000,
      "500k": 500_000,
      "2M": 2_000_000,
      "1.5M": 1_500_000,
      "33.3333k": 33_333,
      "200M": 200_000_000,
    },
    'expected "auto" or bits per second such as 2M or 500k (10k to 200M)',
    ["", "2m", "2 M", "2G", "-2M", "9999", "201M", "Auto", "0", "2Mbit"],
  ],
  "duration()": [
    option.duration(),
    {
      "0": 0,
      "250ms": 250,
      "1.5s": 1500,
      "2s": 2000,
      "10m": 600_000,
      "1h": 3_600_000,
    },
    "expected a duration such as 250ms, 2s or 10m",
    ["", "5", "-1s", "2 s", "2sec", "1d", "s", "1e3ms"],
  ],
};

for (const [kind, [schema, good, why, bad]] of Object.entries(KINDS)) {
  const options = z.strictObject({ it: schema });

  for (const [text, value] of Object.entries(good)) {
    test(`option.${kind} takes "${text}"`, () => {
      assert.deepEqual(checkOptions(options, { it: text }, ADDRESS), {
        it: value,
      });
    });
  }

  for (const text of bad) {
    test(`option.${kind} refuses "${text}"`, () => {
      assert.throws(() => checkOptions(options, { it: text }, ADDRESS), {
        name: "ConfigError",
        exitCode: 64,
        message: `Cannot use "it:": option "it" is "${text}", ${why}`,
      });
    });
  }
}

const SCHEMA = z.strictObject({
  fps: option.number(1, 240).optional(),
  group: z.string(),
  maxPayload: option.integer(500, 9000).default(1452),
}).refine(({ fps, maxPayload }) => fps !== maxPayload, "fps is maxPayload")
  .refine(({ fps }) => fps !== 13, { path: ["maxPayload"], error: "unlucky" });

test("checkOptions() fills defaults in", () => {
  assert.deepEqual(checkOptions(SCHEMA, { group: "a" }, ADDRESS), {
    group: "a",
    maxPayload: 1452,
  });
});

/** What is wrong, and how it is said. */
const WRONG: [query: Record<string, string>, why: string][] = [
  [{}, 'option "group" is missing'],
  [{ group: "a", frps: "5" }, 'no option "frps" (did you mean "fps"?)'],
  [
    { group: "a", maxpayload: "5" },
    'no option "maxpayload" (did you mean "maxPayload"?)',
  ],
  [
    { group: "a", nonsense: "5" },
    'no option "nonsense" (there is fps, group, maxPayload)',
  ],
  [
    { group: "a", toString: "5" },
    'no option "toString" (there is fps, group, maxPayload)',
  ],
  [
    { group: "a", fps: "fast" },
    'option "fps" is "fast", expected a number from 1 to 240',
  ],
  [
    { group: "a", fps: "600", maxPayload: "600" },
    'option "fps" is "600", expected a number from 1 to 240',
  ],
  [{ group: "a", fps: "13" }, 'option "maxPayload": unlucky'],
];

for (const [query, why] of WRONG) {
  test(`checkOptions() says ${why}`, () => {
    assert.throws(() => checkOptions(SCHEMA, query, ADDRESS), {
      name: "ConfigError",
      message: `Cannot use "it:": ${why}`,
    });
  });
}

test("checkOptions() says what is wrong with options together", () => {
  const schema = z.strictObject({ low: z.string(), high: z.string() })
    .refine(({ low, high }) => low <= high, '"low" is above "high"');
  assert.throws(() => checkOptions(schema, { low: "2", high: "1" }, ADDRESS), {
    message: 'Cannot use "it:": "low" is above "high"',
  });
});

test("checkOptions() suggests options that others read", () => {
  const schema = z.strictObject({});
  assert.throws(() => checkOptions(schema, { seize: "1" }, ADDRESS, ["size"]), {
    message: 'Cannot use "it:": no option "seize" (did you mean "size"?)',
  });
});

test("checkOptions() suggests nothing where there is nothing", () => {
  assert.throws(() => checkOptions(z.strictObject({}), { a: "1" }, ADDRESS), {
    message: 'Cannot use "it:": no option "a"',
  });
});

test("checkOptions() shows no secret", () => {
  const schema = z.strictObject({
    passphrase: z.string().min(10, "too short"),
  });
  const address = parseAddress("srt://host?passphrase=p4ss");
  assert.throws(() => checkOptions(schema, address.query, address), {
    message: 'Cannot use "srt://host?passphrase=***": option "passphrase" is ' +
      '"***", too short',
  });
});

test("checkOptions() keeps the cause", () => {
  try {
    checkOptions(SCHEMA, {}, ADDRESS);
    assert.fail("it was to throw");
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    assert.ok(error.cause instanceof z.ZodError);
  }
});

test("checkOptions() takes schemas of other makers", () => {
  const schema = {
    parse({ shade }: Readonly<Record<string, string>>) {
      if (shade !== "dark") throw new RangeError("shade must be dark");
      return { shade };
    },
  };
  assert.deepEqual(checkOptions(schema, { shade: "dark" }, ADDRESS), {
    shade: "dark",
  });
  assert.throws(() => checkOptions(schema, { shade: "light" }, ADDRESS), {
    name: "ConfigError",
    message: 'Cannot use "it:": shade must be dark',
  });
});

test("checkOptions() passes on what a schema refuses by itself", () => {
  const refusal = new ConfigError("Cannot", { exitCode: 77 });
  const schema = {
    parse(): never {
      throw refusal;
    },
  };
  assert.throws(() => checkOptions(schema, {}, ADDRESS), refusal);
});

test("optionNames() knows what a zod schema takes", () => {
  const schema = z.strictObject({ a: z.string(), b: z.string().optional() });
  assert.deepEqual(optionNames(schema), ["a", "b"]);
  assert.deepEqual(optionNames({ parse: () => ({}) }), []);
});

const NAMES = ["tcp:", "udp:", "rtsp:"];

/** What is missing, and what is suggested. */
const SUGGESTIONS: Record<string, string> = {
  "tpc:": 'no transport "tpc:" (did you mean "tcp:"?)',
  "rstp:": 'no transport "rstp:" (did you mean "rtsp:"?)',
  "bluetooth:": 'no transport "bluetooth:" (there is rtsp:, tcp:, udp:)',
};

for (const [name, expected] of Object.entries(SUGGESTIONS)) {
  test(`unknownName() helps with "${name}"`, () => {
    assert.equal(unknownName("transport", name, NAMES), expected);
  });
}
