/**
 * `camagent recv`: network to other processes.
 *
 * @module
 */

import { totalmem } from "node:os";
import { ConfigError } from "../errors.ts";
import type { RecvStatus } from "../recv/status.ts";
import { type RecvRoute, routeRecv } from "./addresses.ts";
import type { CommandLine } from "./args.ts";
import type { Command, Shell } from "./command.ts";
import { decoderFlags, inputFlags, pipelineFlags, sinkFlags } from "./flags.ts";
import { openPipelineLog, runJob } from "./pipeline.ts";
import { recvLine } from "./status_line.ts";

/**
 * Memory from which on a second decoder waits. A Raspberry Pi of 1 GB tells of
 * 0.95: its firmware and the kernel take some.
 */
const SPARE_MEMORY_BYTES = 900_000_000;

const flags = {
  ...inputFlags,
  ...decoderFlags,
  ...sinkFlags,
  ...pipelineFlags,
} as const;

/** The command. */
export const recvCommand: Command = {
  name: "recv",
  usage: "<input> <sink>...",
  summary: "Receive, decode and hand frames to other processes.",
  flags,
  lists: { transport: "Inputs", sink: "Sinks" },
  examples: [
    [
      "camagent recv tcp://192.168.1.5:5001 pipe:/tmp/cam",
      "RGB frames into a named pipe",
    ],
    [
      "camagent recv tcp://pi:5001 pipe:/tmp/cam --pixel-format bgr24",
      "as OpenCV likes them",
    ],
    [
      "camagent recv tcp://pi:5001 - | ./detector",
      "into the stdin of another program",
    ],
  ],
  run,
};

async function run(
  { positionals, values, texts }: CommandLine<typeof flags>,
  shell: Shell,
): Promise<void> {
  const route = routeRecv(shell.registry, positionals, texts);
  checkStdout(route, values.json, values.dryRun ?? false, shell);
  const log = openPipelineLog(values, shell);
  const pipeline = shell.pipelines.createReceiver({
    ...route,
    runtime: shell.runtime,
    decoders: shell.decoders,
    decoder: values.decoder,
    spare: values.spare === "on" ||
      values.spare !== "off" && totalmem() >= SPARE_MEMORY_BYTES,
    log,
    signal: shell.stop.signal,
    maxRetries: values.maxRetries,
  });
  const presentation = { states, line: recvLine };
  await runJob({ command: "recv", values, log, pipeline, presentation }, shell);
}

/** Frames on stdout leave no room for anything else there. */
function checkStdout(
  { sinks }: RecvRoute,
  json: "stdout" | "stderr" | undefined,
  isDryRun: boolean,
  { streams }: Shell,
): void {
  const isTaken = sinks.some(({ address }) => address.scheme === "stdout");
  if (!isTaken || isDryRun) return;
  if (json === "stdout") {
    throw new ConfigError(
      'Cannot use "--json" with "stdout:": both write to stdout ' +
        "(use --json=stderr)",
    );
  }
  if (streams.isStdoutTerminal) {
    throw new ConfigError(
      'Cannot use "stdout:" on a terminal: pipe it into a program',
    );
  }
}

function states({ input, decoders, sinks }: RecvStatus): string {
  return [input, ...decoders, ...sinks]
    .map((part) => part.supervisor.state).join();
}
