import assert from "node:assert/strict";
import { test } from "../test/harness.ts";
import { Children } from "./children.ts";
import { readProcess } from "./proc.ts";

const LIMIT_MS = 10_000;
const never = new Promise<never>(() => {});

test("Children.until fails with the last words of a child that ended", async () => {
  await using children = new Children(new AbortController().signal);
  const command = ["sh", "-c", "echo why >&2; exit 3"];
  children.start({ name: "grumbler", command });
  await assert.rejects(
    children.until("nothing", never, LIMIT_MS),
    /^Error: "grumbler" ended \(3\)\n {2}why$/,
  );
});

test("Children.until fails when a program does not exist", async () => {
  await using children = new Children(new AbortController().signal);
  children.start({ name: "ghost", command: ["/nonexistent/program"] });
  await assert.rejects(
    children.until("nothing", never, LIMIT_MS),
    /"ghost" ended/,
  );
});

test("Children.until fails when it takes too long", async () => {
  await using children = new Children(new AbortController().signal);
  await assert.rejects(
    children.until("Godot", never, 1),
    /Waited 0.001 s for Godot/,
  );
});

test("Children.pause fails when the user gives up", async () => {
  const user = new AbortController();
  await using children = new Children(user.signal);
  const pause = children.pause(LIMIT_MS);
  user.abort(new Error("enough"));
  await assert.rejects(pause, /enough/);
});

test("Children hands over every line of stdout", async () => {
  const children = new Children(new AbortController().signal);
  const third = Promise.withResolvers<void>();
  const lines: string[] = [];
  children.start({
    name: "counter",
    command: ["sh", "-c", "echo 1; echo 2; echo 3; exec sleep 1000"],
    onLine: (line) => {
      if (lines.push(line) === 3) third.resolve();
    },
  });
  await children.until("three lines", third.promise, LIMIT_MS);
  await children[Symbol.asyncDispose]();
  assert.deepEqual(lines, ["1", "2", "3"]);
});

const STUBBORN: Record<string, string> = {
  "what its children have started": "sleep 1000 & echo $!; wait",
  "what has left their process group": "setsid sleep 1000 & echo $!; wait",
};

for (const [what, script] of Object.entries(STUBBORN)) {
  test(`Children ends ${what}`, async () => {
    const children = new Children(new AbortController().signal);
    const line = Promise.withResolvers<string>();
    children.start({
      name: "parent",
      command: ["sh", "-c", script],
      onLine: line.resolve,
    });
    const said = await children.until("the line", line.promise, LIMIT_MS);
    const grandchild = Number(said);
    assert.ok(readProcess(grandchild));
    await children[Symbol.asyncDispose]();
    await gone(grandchild);
  });
}

/** A killed process takes a moment to leave. */
async function gone(pid: number): Promise<void> {
  const giveUp = performance.now() + LIMIT_MS;
  while (readProcess(pid) !== undefined) {
    assert.ok(performance.now() < giveUp, `process ${pid} lives on`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
