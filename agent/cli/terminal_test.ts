import assert from "node:assert/strict";
import { settle } from "../../test/fakes/clock.ts";
import { test } from "../../test/harness.ts";
import { Terminal } from "./terminal.ts";

/** A terminal whose writes wait until `release` is called. */
function slowTerminal(columns?: number) {
  const written: string[] = [];
  let release = () => {};
  const terminal = new Terminal({
    columns: () => columns,
    write(text) {
      written.push(text);
      return new Promise((resolve) => release = resolve);
    },
  });
  const proceed = async () => {
    release();
    await settle();
  };
  return { terminal, written, proceed };
}

/** What is left of text when its escape sequences are taken out. */
function bare(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/\x1b\[[?\d]*[a-z]/gi, "");
}

test("Terminal clears the live line before lines and draws it again", async () => {
  let screen = "";
  const terminal = new Terminal({
    columns: () => 80,
    write: (text) => Promise.resolve(void (screen += text)),
  });
  terminal.live("▶ 30 fps");
  await terminal.flush();
  terminal.line("lost");
  await terminal.flush();
  terminal.live("");
  await terminal.flush();
  assert.equal(
    screen,
    "\x1b[?7l▶ 30 fps\x1b[?7h" +
      "\r\x1b[Klost\n\x1b[?7l▶ 30 fps\x1b[?7h" +
      "\r\x1b[K",
  );
});

test("Terminal cuts the live line to the width of the screen", async () => {
  const { terminal, written, proceed } = slowTerminal(10);
  terminal.live("▶ 30.0 fps  2.1 Mbit/s");
  await proceed();
  assert.equal(bare(written[0]!), "▶ 30.0 fp");
});

test("Terminal collects lines while one is being written", async () => {
  const { terminal, written, proceed } = slowTerminal();
  for (const text of ["a", "b", "c"]) terminal.line(text);
  await proceed();
  await proceed();
  assert.deepEqual(written, ["a\n", "b\nc\n"]);
});

test("Terminal shows only the newest live line to a slow reader", async () => {
  const { terminal, written, proceed } = slowTerminal();
  for (const text of ["1", "2", "3"]) terminal.live(text);
  await proceed();
  await proceed();
  assert.deepEqual(written.map(bare), ["1", "\r3"]);
});

test("Terminal keeps 1,000 lines of a reader that hangs, and counts", async () => {
  const { terminal, written, proceed } = slowTerminal();
  for (let number = 0; number < 1_010; number++) terminal.line(`${number}`);
  await proceed();
  await proceed();
  const lines = written.join("").split("\n");
  assert.deepEqual(lines.slice(-3), ["1000", "... 9 lines lost", ""]);
});

test("Terminal survives that nobody reads", async () => {
  const terminal = new Terminal({
    columns: () => 80,
    write: () => Promise.reject(new Error("EPIPE")),
  });
  terminal.line("a");
  await terminal.flush();
  terminal.line("b");
  await terminal.flush();
});
