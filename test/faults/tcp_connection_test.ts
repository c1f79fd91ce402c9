import assert from "node:assert/strict";
import { test } from "../harness.ts";
import { within } from "./deadline.ts";
import { Pacer } from "./pacer.ts";
import { dialSmall } from "./small_socket.ts";
import { ProxiedConnection } from "./tcp_connection.ts";
import { TcpTarget } from "./tcp_ends.ts";

test("ProxiedConnection runs until both sides have ended", async () => {
  await using c = await join();
  c.left.socket.end("from the left");
  c.right.socket.end("from the right");
  await within(1000, "end", c.running);
  await c.left.until("close");
  await c.right.until("close");
  assert.equal(c.left.text, "from the right");
  assert.equal(c.right.text, "from the left");
  assert.deepEqual(c.counts, { down: 14, up: 13 });
  assert.deepEqual(c.events, []);
});

test("ProxiedConnection.close() ends both sides for good", async () => {
  await using c = await join();
  c.connection.close();
  await within(1000, "end", c.running);
  await c.left.until("end");
  await c.right.until("end");
});

test("ProxiedConnection says which side broke, and breaks the other", async () => {
  await using c = await join();
  c.right.socket.resetAndDestroy();
  await within(1000, "end", c.running);
  await c.left.until("ECONNRESET");
  assert.deepEqual(c.events, ["target: ECONNRESET"]);
});

test("ProxiedConnection says that it was cut, and how", async () => {
  await using c = await join();
  c.connection.cutAfter(3, "reset");
  c.right.socket.write("abcdef");
  await within(1000, "end", c.running);
  await c.left.until("ECONNRESET");
  assert.equal(c.left.text, "abc");
  assert.deepEqual(c.events, ["cut by reset"]);
});

/** A connection from `left`, the receiver, to `right`, the target. */
async function join() {
  const stack = new AsyncDisposableStack();
  const target = stack.use(await TcpTarget.listen());
  const client = await dialSmall(target.address, 2048);
  const left = await target.connection(0);
  const upstream = await dialSmall(target.address, 2048);
  const right = await target.connection(1);
  const faults = () => ({ stalled: false, pacer: new Pacer() });
  const counts = { down: 0, up: 0 };
  const events: string[] = [];
  const connection = new ProxiedConnection(
    client,
    upstream,
    { down: faults(), up: faults() },
    {
      down: (bytes) => counts.down += bytes,
      up: (bytes) => counts.up += bytes,
      event: (what) => events.push(what),
    },
  );
  const running = connection.run();
  stack.defer(async () => {
    connection.reset();
    await running;
  });
  const dispose = () => stack.disposeAsync();
  return {
    connection,
    left,
    right,
    counts,
    events,
    running,
    [Symbol.asyncDispose]: dispose,
  };
}
