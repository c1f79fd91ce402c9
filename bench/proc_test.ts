import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import process from "node:process";
import { test } from "../test/harness.ts";
import { Children } from "./children.ts";
import { isListening, readProcess, readTree } from "./proc.ts";

test("readProcess reads this process", () => {
  const me = readProcess(process.pid);
  assert.ok(me);
  assert.equal(me.parent, process.ppid);
  assert.ok(me.residentMb > 10 && me.residentMb < 2000, `${me.residentMb}`);
});

test("readProcess sees time pass that is worked", () => {
  const before = readProcess(process.pid)!.ownSeconds;
  const giveUp = performance.now() + 10_000;
  while (readProcess(process.pid)!.ownSeconds === before) {
    assert.ok(performance.now() < giveUp, "no tick in 10 s of work");
  }
});

test("readProcess gives nothing for a process that is not there", () => {
  assert.equal(readProcess(2 ** 22 + 1), undefined);
});

test("readTree lists a process first, then all below it", async () => {
  await using children = new Children(new AbortController().signal);
  const line = Promise.withResolvers<string>();
  const parent = children.start({
    name: "parent",
    command: ["sh", "-c", "sleep 1000 & echo $!; wait"],
    onLine: line.resolve,
  });
  const child = Number(await children.until("it", line.promise, 10_000));
  assert.deepEqual(readTree(parent).map(({ pid }) => pid), [parent, child]);
});

test("isListening follows a listener", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  assert.equal(isListening(address.port), true);
  server.close();
  await once(server, "close");
  assert.equal(isListening(address.port), false);
});
