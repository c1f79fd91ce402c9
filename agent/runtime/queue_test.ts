import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import { Queue } from "./queue.ts";

test("Queue yields what was pushed before and while it is read", async () => {
  const queue = new Queue<number>();
  queue.push(1);
  const taken: number[] = [];
  for await (const item of queue) {
    taken.push(item);
    if (item < 3) queueMicrotask(() => queue.push(item + 1));
    else queue.end();
  }
  assert.deepEqual(taken, [1, 2, 3]);
});

test("Queue yields what waits before it ends", async () => {
  const queue = new Queue<number>();
  queue.push(1);
  queue.push(2);
  queue.end();
  assert.equal(queue.size, 2);
  assert.deepEqual(await Array.fromAsync(queue), [1, 2]);
});

test("Queue throws the error that ended it, after what waits", async () => {
  const queue = new Queue<number>();
  queue.push(1);
  queue.end(new Error("Lost"));
  queue.end(new Error("A later cause"));
  const items = queue[Symbol.asyncIterator]();
  assert.deepEqual(await items.next(), { value: 1, done: false });
  await assert.rejects(items.next(), { message: "Lost" });
});

test("Queue wakes a reader that waits when it ends", async () => {
  for (const error of [undefined, new Error("Lost")]) {
    const queue = new Queue<number>();
    const next = queue[Symbol.asyncIterator]().next();
    queue.end(error);
    if (error) await assert.rejects(next, error);
    else assert.equal((await next).done, true);
  }
});

test("Queue takes nothing once it has ended", async () => {
  const queue = new Queue<number>();
  assert.equal(queue.push(1), true);
  queue.end();
  assert.equal(queue.push(2), false);
  assert.deepEqual(await Array.fromAsync(queue), [1]);
});

test("Queue goes on where a loop was left", async () => {
  const queue = new Queue<number>();
  for (const item of [1, 2, 3]) queue.push(item);
  for await (const item of queue) {
    if (item === 1) break;
  }
  queue.end();
  assert.deepEqual(await Array.fromAsync(queue), [2, 3]);
});

test("Queue.drain takes what nobody has taken", async () => {
  const queue = new Queue<number>();
  queue.push(1);
  queue.push(2);
  assert.deepEqual(queue.drain(), [1, 2]);
  queue.end();
  assert.deepEqual(await Array.fromAsync(queue), []);
});
