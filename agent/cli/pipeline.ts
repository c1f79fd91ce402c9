/**
 * What `send` and `recv` have in common: a pipeline that runs, and somebody
 * who looks on.
 *
 * @module
 */

import type { Logger } from "../plugin/context.ts";
import type { Receiver, RecvOptions } from "../recv/recv.ts";
import type { Sender, SendOptions } from "../send/send.ts";
import type { FlagValues, pipelineFlags } from "./flags.ts";
import type { Shell } from "./command.ts";
import { openLog } from "./log.ts";
import {
  jsonView,
  liveView,
  observe,
  type Subject,
  summaryView,
  type View,
} from "./observe.ts";
import { oneLine, shellQuote } from "./text.ts";

/** Makes pipelines. */
export interface Pipelines {
  /** Makes one that sends. */
  createSender(options: SendOptions): Sender;
  /** Makes one that receives. */
  createReceiver(options: RecvOptions): Receiver;
}

/** A pipeline, how it is shown, and what the user wants of it. */
export interface Job<Status> {
  /** `send` or `recv`. */
  command: string;
  /** The flags. */
  values: FlagValues<typeof pipelineFlags>;
  /** Makes the log of a component. */
  log: (component: string) => Logger;
  /** What is to run. */
  pipeline: Pick<Sender, "run" | "commands"> & { status(): Status };
  /** How its status is shown. */
  presentation: Omit<Subject<Status>, "status">;
}

/** Opens the log of a pipeline. */
export function openPipelineLog(
  { quiet = false, json }: Job<unknown>["values"],
  { terminal, color, streams }: Shell,
): Job<unknown>["log"] {
  const text = streams.isJournal ? "journal" : "text";
  const form = json === "stderr" ? "json" : text;
  const line = (text: string) => terminal.line(text);
  return openLog({ quiet, color, form, line });
}

/** Runs a pipeline to its end, or prints what it would start. */
export async function runJob<Status>(
  job: Job<Status>,
  shell: Shell,
): Promise<void> {
  const { pipeline, values } = job;
  if (values.dryRun) {
    const lines = (await pipeline.commands()).map(shellQuote);
    return await shell.print(lines.map((line) => `${line}\n`).join(""));
  }
  const subject = { ...job.presentation, status: () => pipeline.status() };
  const view = chooseView(subject, job, shell);
  const ended = new AbortController();
  const watching = view && observe(subject, view, shell.runtime, ended.signal);
  try {
    await pipeline.run();
  } finally {
    ended.abort();
    await watching;
  }
}

function chooseView<Status>(
  subject: Subject<Status>,
  { values, command, log }: Job<Status>,
  { runtime, terminal, streams, print }: Shell,
): View<Status> | undefined {
  if (values.json !== undefined) {
    const head = { schema: 1, type: "status", command };
    const write = values.json === "stdout"
      ? print
      : (line: string) => Promise.resolve(terminal.line(line.trimEnd()));
    return jsonView(subject, runtime, write, head);
  }
  if (values.quiet) return undefined;
  if (streams.isStderrTerminal && streams.env.TERM !== "dumb") {
    return liveView(subject, runtime, (line) => terminal.live(oneLine(line)));
  }
  if (!values.verbose) return undefined;
  const summary = log(`${command} status`);
  return summaryView(subject, runtime, (line) => summary.info(line));
}
