/**
 * `camagent send`: camera to network.
 *
 * @module
 */

import { getNetworkAddress } from "@std/net";
import type { Announcement } from "../plugin/transport.ts";
import type { SendStatus } from "../send/status.ts";
import { routeSend } from "./addresses.ts";
import type { CommandLine } from "./args.ts";
import { chooseCamera } from "./cameras.ts";
import type { Command, Shell } from "./command.ts";
import { pipelineFlags, sourceFlags } from "./flags.ts";
import { openPipelineLog, runJob } from "./pipeline.ts";
import { indented, receiverLines } from "./receiver_lines.ts";
import { sendLine } from "./status_line.ts";
import { oneLine } from "./text.ts";

const flags = { ...sourceFlags, ...pipelineFlags } as const;

/** The command. */
export const sendCommand: Command = {
  name: "send",
  usage: "[<source>] <output>...",
  summary: "Capture, encode and send pictures (default output: " +
    "tcp://0.0.0.0:5001).",
  flags,
  lists: { source: "Sources", transport: "Outputs" },
  examples: [
    ["camagent send", "the first camera, to whoever dials port 5001"],
    [
      "camagent send v4l2:/dev/video0 rtp://192.168.1.9:5004",
      "a USB camera to one receiver",
    ],
    [
      'camagent send "test:?size=1280x720&fps=60" --dry-run',
      "only print the command lines (quote addresses that have options)",
    ],
  ],
  run,
};

async function run(
  { positionals, values, texts }: CommandLine<typeof flags>,
  shell: Shell,
): Promise<void> {
  const { registry, runtime, stop } = shell;
  const log = openPipelineLog(values, shell);
  const route = await routeSend(registry, positionals, texts, async () => {
    const camera = await chooseCamera(registry, runtime, stop.signal);
    log("send").info(
      `auto: takes ${camera.address} (${oneLine(camera.model)})`,
    );
    return camera.address;
  });
  const isSilent = values.quiet || values.json !== undefined;
  const pipeline = shell.pipelines.createSender({
    ...route,
    runtime: shell.runtime,
    log,
    signal: shell.stop.signal,
    maxRetries: values.maxRetries,
    onListening: isSilent ? () => {} : announcer(shell),
  });
  const presentation = { states, line: sendLine };
  await runJob({ command: "send", values, log, pipeline, presentation }, shell);
}

/** Tells how to watch an output, but not again when it is back. */
function announcer(
  { terminal }: Shell,
): (address: string, at: Announcement) => void {
  const told = new Set<string>();
  return (address, at) => {
    const lines = receiverLines(address, at, getNetworkAddress());
    const text = lines.join("\n");
    if (lines.length === 0 || told.has(text)) return;
    told.add(text);
    terminal.line("Watch with one of:");
    for (const line of lines) terminal.line(indented(line));
  };
}

function states({ source, outputs }: SendStatus): string {
  return [source, ...outputs].map((part) => part.supervisor.state).join();
}
