/**
 * `camagent decoders`: what this machine can decode with, and how well.
 *
 * @module
 */

import { methodName } from "../ffmpeg/decoder_method.ts";
import { bestMethod, type Verdict } from "../ffmpeg/decoder_verdict.ts";
import { CLIP_FORMAT } from "../ffmpeg/trial_clip.ts";
import { STREAM_CODECS } from "../media/codec.ts";
import { option } from "../plugin/options.ts";
import { type CommandLine, refuseRest } from "./args.ts";
import type { Command, Shell } from "./command.ts";
import { commonFlags } from "./flags.ts";
import { tableLines } from "./text.ts";

const flags = {
  json: {
    schema: option.flag(),
    bare: "true",
    description: "print one JSON object per decoder",
  },
  ...commonFlags,
} as const;

/** Tries all decoders. */
export const decodersCommand: Command = {
  name: "decoders",
  usage: "",
  summary: "Try the decoders of this machine, and remember what comes of it.",
  flags,
  lists: {},
  examples: [
    ["camagent decoders", "what works here, and what auto takes"],
    [
      "camagent recv tcp://pi:5001 pipe:/tmp/cam --decoder vaapi",
      "with one of them",
    ],
  ],
  async run({ positionals, values }: CommandLine<typeof flags>, shell: Shell) {
    refuseRest("decoders", positionals);
    const verdicts = await measure(shell);
    const lines = values.json
      ? verdicts.map((verdict) => JSON.stringify(describe(verdict, verdicts)))
      : table(verdicts);
    await shell.print(lines.map((line) => `${line}\n`).join(""));
  },
};

/** Tries one after the other: two at once would slow each other down. */
async function measure(
  { decoders, stop, terminal, streams }: Shell,
): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const codec of STREAM_CODECS) {
    for (const method of await decoders.candidates(codec, stop.signal)) {
      if (streams.isStderrTerminal) {
        terminal.live(`tries ${methodName(method)} with ${codec}`);
      }
      verdicts.push(await decoders.measure(codec, method, stop.signal));
    }
  }
  terminal.live("");
  await decoders.keep(verdicts, stop.signal);
  return verdicts;
}

/** What `auto` takes for pictures such as were tried. */
function isBest({ codec, method }: Verdict, all: readonly Verdict[]): boolean {
  const best = bestMethod(all, { codec, ...CLIP_FORMAT });
  return methodName(best) === methodName(method);
}

function describe(verdict: Verdict, all: readonly Verdict[]) {
  const { codec, method, result } = verdict;
  return {
    ...{ schema: 1, type: "decoder", codec, decoder: methodName(method) },
    ...result,
    ...(result.works && { auto: isBest(verdict, all) }),
  };
}

function table(verdicts: readonly Verdict[]): string[] {
  const rows = verdicts.map((verdict) => row(verdict, verdicts));
  const { width, height } = CLIP_FORMAT;
  return [
    ...tableLines([
      ["CODEC", "DECODER", "WORKS", "HELD", "MS/PICTURE", "CPU MS", ""],
      ...rows,
    ]),
    "",
    `Pictures of ${width}x${height}. HELD pictures wait for later ones: ` +
    "33 ms each at 30 a second.",
  ];
}

function row(verdict: Verdict, all: readonly Verdict[]): string[] {
  const { codec, method, result } = verdict;
  const head = [codec, methodName(method)];
  if (!result.works) return [...head, "no", "", "", "", result.why];
  const { held, msPerPicture, cpuMsPerPicture } = result;
  return [
    ...head,
    "yes",
    `${held}`,
    msPerPicture.toFixed(1),
    cpuMsPerPicture?.toFixed(1) ?? "",
    isBest(verdict, all) ? "auto takes it" : "",
  ];
}
