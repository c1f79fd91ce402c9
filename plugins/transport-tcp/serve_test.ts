import assert from "node:assert/strict";
import { concat } from "../../agent/media/bytes.ts";
import { declare } from "../../test/contract/declaration.ts";
import { stream, streamBytes } from "../../test/contract/stream.ts";
import { Sending } from "../../test/contract/transport_usage.ts";
import { FakeRuntime } from "../../test/fakes/runtime.ts";
import type { FakeTcpPeer } from "../../test/fakes/tcp_peer.ts";
import { test } from "../../test/harness.ts";
import * as transportTcp from "./mod.ts";

/** Sends to peers, which the test sees from their own side. */
function open() {
  const runtime = new FakeRuntime();
  const peers: FakeTcpPeer[] = [];
  const sending = new Sending(declare(transportTcp, "transport"), {
    address: "tcp://0.0.0.0:0",
    runtime,
    async watch(port) {
      const peer = await runtime.network.connect(port!);
      peers.push(peer);
      return {
        received: () => peer.received,
        ended: peer.closed,
        pause: () => peer.pause(),
        leave: () => peer.leave(),
      };
    },
  });
  return { runtime, sending, peers };
}

test("serve() writes in pieces of 64 KiB at the most", async () => {
  const { sending, peers } = open();
  await using _ = sending;
  const reader = await sending.watch();
  const units = stream();
  for (const unit of units) sending.hub.push(unit);
  await sending.arrival(reader, streamBytes());
  const sizes = units.flatMap(({ data: { length } }) =>
    length > 65536 ? [65536, length - 65536] : [length]
  );
  assert.deepEqual(peers[0]!.writes, sizes);
});

test("serve() drops a viewer that reads nothing for 5 s", async () => {
  const { runtime, sending, peers } = open();
  await using _ = sending;
  const stuck = await sending.watch();
  const reader = await sending.watch();
  stuck.pause();
  for (const unit of stream()) sending.hub.push(unit);
  await sending.arrival(reader, streamBytes());
  await runtime.advance(4500);
  assert.equal(sending.hub.size, 2);
  await runtime.advance(1000);
  assert.equal(sending.hub.size, 1);
  assert.match(
    sending.log.at(-1)!,
    /^127\.0\.0\.1:\d+ does not read; dropped after 5 s$/,
  );
  peers[0]!.resume();
  assert.equal(await peers[0]!.closed, "ended");
  const [keyframe] = stream();
  sending.hub.push(keyframe!);
  const all = concat(streamBytes(), keyframe!.data);
  await sending.arrival(reader, all);
});

test("serve() knows why the system gave a viewer up", async () => {
  const { runtime, sending, peers } = open();
  await using _ = sending;
  const ends = [[2000, /left$/], [4500, /does not read; dropped/]] as const;
  for (const [waited, why] of ends) {
    const stuck = await sending.watch();
    stuck.pause();
    for (const unit of stream()) sending.hub.push(unit);
    await runtime.advance(waited);
    peers.at(-1)!.reset();
    await sending.viewers(0);
    assert.match(sending.log.at(-1)!, why);
  }
});

test("serve() keeps a viewer that reads slowly", async () => {
  const { runtime, sending, peers } = open();
  await using _ = sending;
  const reader = await sending.watch();
  for (let i = 0; i < 5; i++) {
    reader.pause();
    for (const unit of stream()) sending.hub.push(unit);
    await runtime.advance(4500);
    peers[0]!.resume();
    await runtime.turn();
  }
  assert.equal(sending.hub.size, 1);
  assert.equal(reader.received().length, 5 * streamBytes().length);
});

test("serve() keeps a viewer for whom there is nothing", async () => {
  const { runtime, sending } = open();
  await using _ = sending;
  await sending.watch();
  await runtime.advance(60_000);
  assert.equal(sending.hub.size, 1);
});

test("serve() says who came, and how it went", async () => {
  const { sending, peers } = open();
  await sending.watch();
  peers[0]!.leave();
  await sending.viewers(0);
  await sending.watch();
  peers[1]!.reset();
  await sending.viewers(0);
  await sending.watch();
  await sending.abort();
  await using _ = sending;
  assert.deepEqual(
    sending.log.map((line) => line.replace(/^127\.0\.0\.1:\d+ /, "")),
    ["watches", "left", "watches", "left", "watches", "was disconnected"],
  );
});

test("serve() says that a viewer has everything", async () => {
  const { sending } = open();
  await using _ = sending;
  const reader = await sending.watch();
  sending.hub.end();
  await reader.ended;
  await sending.viewers(0);
  assert.match(sending.log.at(-1)!, / has everything$/);
});

test("serve() lets viewers say what they like", async () => {
  const { sending, peers } = open();
  await using _ = sending;
  const reader = await sending.watch();
  await peers[0]!.send(new Uint8Array(1_000_000));
  for (const unit of stream()) sending.hub.push(unit);
  await sending.arrival(reader, streamBytes());
});
