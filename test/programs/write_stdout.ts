/**
 * Writes chunks of 100,000 bytes to stdout, each of a letter of its own, as
 * many as the first argument says. Tells on stderr every 20 ms that it is
 * alive, and in the end what became of it.
 *
 * @module
 */

import process from "node:process";
import { runtime } from "../../agent/runtime/mod.ts";

const say = (text: string) => process.stderr.write(`${text}\n`);
const alive = setInterval(() => say("alive"), 20);
const chunk = new Uint8Array(100_000);
try {
  for (let i = 0; i < Number(process.argv[2]); i++) {
    await runtime.writeStdout(chunk.fill(65 + i % 26));
  }
  say("all written");
} catch (error) {
  say(`${error} ${Reflect.get(error as object, "failure")}`);
}
clearInterval(alive);
