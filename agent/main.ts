/**
 * Entry of the program.
 *
 * @module
 */

import process from "node:process";
import { builtins } from "../plugins/mod.ts";
import { run } from "./cli/run.ts";
import { processStreams } from "./cli/streams.ts";
import { createReceiver } from "./recv/recv.ts";
import { runtime } from "./runtime/mod.ts";
import { endProcess, onStop } from "./runtime/signals.ts";
import { createSender } from "./send/send.ts";

const code = await run(process.argv.slice(2), {
  builtins,
  pipelines: { createSender, createReceiver },
  runtime,
  streams: processStreams(),
  stop: onStop(),
});
endProcess(code);
