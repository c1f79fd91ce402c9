/**
 * Does one thing many times over, and prints how many descriptors this process
 * had open before and has after: `count_descriptors.ts tcp 300`.
 *
 * @module
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { ms } from "../../agent/media/time.ts";
import { claim } from "../../agent/runtime/claim.ts";
import { openFramePipe } from "../../agent/runtime/frame_pipe.ts";
import { libc } from "../../agent/runtime/libc.ts";
import { runtime } from "../../agent/runtime/mod.ts";
import { until } from "../faults/deadline.ts";
import { openDescriptors } from "../faults/process_tree.ts";

const signal = new AbortController().signal;

/** Each leaves everything as it found it. */
const ACTIVITIES: Record<string, () => Promise<void>> = {
  async spawn() {
    const stdin = Math.random() < 0.5;
    const child = await runtime.spawn({
      command: "true",
      args: [],
      signal,
      stdin,
    });
    await child.exit;
  },

  async claim() {
    using held = claim(libc!, "descriptors");
    if (!held || claim(libc!, "descriptors")) throw new Error("Not held");
    await Promise.resolve();
  },

  async framePipe() {
    using pipe = openFramePipe();
    const reading = pipe!.read(new Uint8Array(10));
    if (Math.random() < 0.5) pipe!.end();
    pipe![Symbol.dispose]();
    await reading;
  },

  childPipe() {
    using pipe = runtime.openPipe(".h264");
    pipe.readNow(new Uint8Array(10));
    return Promise.resolve();
  },

  async fifo() {
    const folder = mkdtempSync(join(tmpdir(), "camagent-test-"));
    const path = join(folder, "frames");
    {
      await using fifo = await runtime.openFifo({ path, mode: 0o600 });
      const reader = await runtime.spawn({
        command: "head",
        args: ["-c", "1", path],
        signal,
      });
      using writer = await until(5000, "reader", () => fifo.accept(4096));
      writer.write(new Uint8Array(2));
      await reader.exit;
    }
    rmSync(folder, { recursive: true });
  },

  async tcp() {
    await using listener = await runtime.listenTcp({
      host: "127.0.0.1",
      port: 0,
    });
    const { port } = listener;
    const dial = { host: "127.0.0.1", port, signal, timeout: ms(5000) };
    await using ours = await runtime.dialTcp(dial);
    for await (const theirs of listener.connections) {
      await using _ = theirs;
      await theirs.write(new Uint8Array(100));
      for await (const _ of ours.chunks) break;
      break;
    }
  },
};

const [name = "", times = "1"] = process.argv.slice(2);
const activity = ACTIVITIES[name]!;
// The first ones open what stays open: libraries, and what watches children.
for (let i = 0; i < 5; i++) await activity();
const before = openDescriptors(process.pid)!;
for (let i = 0; i < Number(times); i++) await activity();
// A socket is closed a turn after it is destroyed.
const flat = () => openDescriptors(process.pid)! <= before;
await until(1000, "return of descriptors", flat).catch(() => {});
process.stdout.write(`${before} ${openDescriptors(process.pid)}\n`);
process.exit(0);
