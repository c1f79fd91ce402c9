import assert from "node:assert/strict";
import { test } from "../../../test/harness.ts";
import { PacketQueue } from "./packet_queue.ts";

const packet = (number: number, bytes = 1) => ({
  data: new Uint8Array(bytes).fill(number),
  peer: "x",
});

test("PacketQueue hands packets on in their order, and ends", async () => {
  const queue = new PacketQueue();
  for (let i = 0; i < 3; i++) await queue.push(packet(i));
  queue.end();
  await queue.push(packet(9));
  const all = await Array.fromAsync(queue.packets());
  assert.deepEqual(all.map(({ data: [number] }) => number), [0, 1, 2]);
});

test("PacketQueue throws what it has ended with, behind what came", async () => {
  const queue = new PacketQueue();
  await queue.push(packet(1));
  const failure = new Error("broken");
  queue.end({ failure });
  queue.end();
  const reading = queue.packets();
  assert.equal((await reading.next()).value?.data[0], 1);
  await assert.rejects(reading.next(), failure);
});

test("PacketQueue has who fills it wait, or drops", async () => {
  const queue = new PacketQueue();
  await queue.push(packet(1, 4_999_999));
  let isThrough = false;
  const pushing = queue.push(packet(2)).then(() => isThrough = true);
  queue.offer(packet(3));
  assert.equal(queue.dropped, 1);
  const reading = queue.packets();
  assert.equal(isThrough, false);
  assert.equal((await reading.next()).value?.data[0], 1);
  await pushing;
  assert.equal((await reading.next()).value?.data[0], 2);
  queue.end();
  assert.equal((await reading.next()).done, true);
});

test("PacketQueue lets go of who waits for room when it ends", async () => {
  const queue = new PacketQueue();
  const pushing = queue.push(packet(1, 5_000_000));
  queue.end();
  await pushing;
});
