/**
 * Entry of the program.
 *
 * @module
 */

import process from "node:process";
import { builtins } from "../plugins/mod.ts";
import { release } from "node:os";
import { run } from "./cli/run.ts";
import { processStreams } from "./cli/streams.ts";
import { Decoders } from "./ffmpeg/decoders.ts";
import { createReceiver } from "./recv/recv.ts";
import { cacheFile } from "./runtime/cache_file.ts";
import { listDevices } from "./runtime/devices.ts";
import { runtime } from "./runtime/mod.ts";
import { endProcess, onStop } from "./runtime/signals.ts";
import { createSender } from "./send/send.ts";

const code = await run(process.argv.slice(2), {
  builtins,
  pipelines: { createSender, createReceiver },
  runtime,
  decoders: new Decoders({
    runtime,
    kernel: release(),
    devices: listDevices,
    cache: cacheFile("decoders.json"),
  }),
  streams: processStreams(),
  stop: onStop(),
});
endProcess(code);
