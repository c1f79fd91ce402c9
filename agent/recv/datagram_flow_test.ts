import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import { ms } from "../media/time.ts";
import type { IngestDatagram } from "../plugin/transport.ts";
import { DatagramFlow, GONE_MS } from "./datagram_flow.ts";

/** Datagrams of senders that are called by letters, each at its time. */
function flowOf(...arrivals: [peer: string, at: number][]) {
  let now = 0;
  async function* datagrams(): AsyncGenerator<IngestDatagram> {
    for (const [peer, at] of arrivals) {
      now = at;
      yield await Promise.resolve({ data: new Uint8Array(), peer });
    }
  }
  return new DatagramFlow(datagrams(), { now: () => ms(now) });
}

async function peersOf(datagrams: AsyncIterable<IngestDatagram>) {
  return (await Array.fromAsync(datagrams)).map(({ peer }) => peer).join("");
}

const isA = ({ peer }: IngestDatagram) => peer === "a";

test("DatagramFlow passes on what belongs to a stream, and nothing else", async () => {
  const flow = flowOf(["a", 0], ["b", 1], ["a", 2]);
  assert.equal(await peersOf(flow.whileFrom(isA)), "aa");
  assert.equal(await flow.next(), undefined);
});

test("DatagramFlow leaves what comes instead to the next reader", async () => {
  const flow = flowOf(["a", 0], ["b", GONE_MS - 1], ["b", GONE_MS], ["c", 900]);
  assert.equal(await peersOf(flow.whileFrom(isA)), "a");
  assert.equal((await flow.next())?.peer, "b");
  assert.equal((await flow.next())?.peer, "c");
  assert.equal(await flow.next(), undefined);
});

test("DatagramFlow waits on in silence", async () => {
  const flow = flowOf(["a", 0], ["a", 10 * GONE_MS]);
  assert.equal(await peersOf(flow.whileFrom(isA)), "aa");
});
