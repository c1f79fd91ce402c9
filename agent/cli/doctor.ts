/**
 * `camagent doctor`: what is well with this machine, and what is not.
 *
 * @module
 */

import { ConfigError } from "../errors.ts";
import { option } from "../plugin/options.ts";
import { type CommandLine, refuseRest } from "./args.ts";
import { listCameras } from "./cameras.ts";
import type { Command, Shell } from "./command.ts";
import { CHECKS } from "./doctor/checks.ts";
import type { Check, Finding } from "./doctor/finding.ts";
import { patient } from "./doctor/patient.ts";
import { commonFlags } from "./flags.ts";
import { oneLine, tableLines } from "./text.ts";

const flags = {
  json: {
    schema: option.flag(),
    bare: "true",
    description: "print one JSON object per check",
  },
  ...commonFlags,
} as const;

/** Looks the machine over. */
export const doctorCommand: Command = {
  name: "doctor",
  usage: "",
  summary: "Look this machine over, and say how to mend what is wrong.",
  flags,
  lists: {},
  examples: [
    ["camagent doctor", "exit code 1 if something cannot work"],
    [
      "camagent doctor --json | jq -r 'select(.fix).fix'",
      "only what there is to do",
    ],
  ],
  async run({ positionals, values }: CommandLine<typeof flags>, shell: Shell) {
    refuseRest("doctor", positionals);
    const { registry, runtime, stop: { signal }, print } = shell;
    const ours = patient(
      runtime,
      signal,
      () => listCameras(registry, runtime, signal),
    );
    const results = await Promise.all(
      CHECKS.map(async (check) => ({ check, finding: await check.run(ours) })),
    );
    const lines = values.json ? results.map(json) : table(results);
    await print(lines.map((line) => `${line}\n`).join(""));
    const failed = results.filter(({ finding }) => finding.level === "bad");
    if (failed.length === 0) return;
    const names = failed.map(({ check }) => check.name).join(", ");
    throw new ConfigError(`This machine needs help: ${names}`, { exitCode: 1 });
  },
};

/** A check, and what it found. */
interface Result {
  check: Check;
  finding: Finding;
}

function json({ check, finding }: Result): string {
  const head = { schema: 1, type: "check", name: check.name };
  return JSON.stringify({ ...head, ...finding });
}

/** What there is to do stands below the line it is about. */
function table(results: readonly Result[]): string[] {
  const [head = "", ...lines] = tableLines([
    ["CHECK", "STATE", "FINDING"],
    ...results.map(({ check, finding: { level, text } }) => [
      check.name,
      level,
      oneLine(text),
    ]),
  ]);
  return [
    head,
    ...lines.flatMap((line, at) => {
      const { fix } = results[at]!.finding;
      return fix === undefined ? [line] : [line, `    -> ${fix}`];
    }),
  ];
}
