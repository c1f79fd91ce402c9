import assert from "node:assert/strict";
import { stream } from "../../test/contract/stream.ts";
import { FakeRuntime } from "../../test/fakes/runtime.ts";
import { test } from "../../test/harness.ts";
import { AccessUnitHub } from "../media/access_unit_hub.ts";
import { parseAddress } from "../media/address.ts";
import { ms } from "../media/time.ts";
import type { WireUnit } from "./transport.ts";
import { type DatagramWriter, sendTo } from "./udp_sender.ts";

/** Sends to one receiver, in a fake network. */
async function open(writer: DatagramWriter) {
  const runtime = new FakeRuntime();
  const controller = new AbortController();
  const hub = new AccessUnitHub<WireUnit>(() => runtime.now());
  const socket = await runtime.openUdp({ host: "0.0.0.0", port: 0 });
  const target = { socket, host: "fd00::7", port: 5004 };
  const labels: string[] = [];
  const viewers = {
    open(label: string) {
      labels.push(label);
      const units = hub.join(ms(Infinity));
      return { units, [Symbol.dispose]: () => units[Symbol.dispose]() };
    },
  };
  const context = {
    address: parseAddress("udp://[fd00::7]"),
    options: {},
    signal: controller.signal,
    log: { info() {}, warn() {} },
    runtime,
  };
  const done = sendTo(target, viewers, context, writer);
  done.catch(() => {});
  return {
    runtime,
    hub,
    labels,
    done,
    stop: () => controller.abort(),
    async [Symbol.asyncDispose]() {
      controller.abort();
      await done.catch(() => {});
      await socket[Symbol.asyncDispose]();
      assert.equal(hub.size, 0);
      assert.deepEqual(runtime.open, []);
    },
  };
}

/** Three datagrams of each picture. */
function* write(): Iterable<Uint8Array<ArrayBuffer>> {
  for (let i = 1; i <= 3; i++) yield Uint8Array.of(i);
}

test("sendTo() opens one viewer, labelled as addresses are", async () => {
  await using sending = await open({ write });
  assert.deepEqual(sending.labels, ["[fd00::7]:5004"]);
  assert.equal(sending.hub.size, 1);
});

test("sendTo() says when all datagrams of a picture are sent", async () => {
  const counts: number[] = [];
  await using sending = await open({
    write,
    async sent() {
      await undefined;
      counts.push(sending.runtime.udp.sent.length);
    },
  });
  const { hub, runtime } = sending;
  for (const unit of stream().slice(0, 2)) hub.push(unit);
  await runtime.advance(0);
  assert.deepEqual(counts, [3, 6]);
});

test("sendTo() passes on what goes wrong behind a picture", async () => {
  const error = new Error("No room");
  await using sending = await open({
    write,
    sent: () => Promise.reject(error),
  });
  sending.hub.push(stream()[0]!);
  await assert.rejects(sending.done, error);
});

test("sendTo() gives the viewer up when the stream ends, and waits", async () => {
  await using sending = await open({ write });
  const { hub, runtime, done, stop } = sending;
  hub.push(stream()[0]!);
  hub.end();
  await runtime.advance(0);
  assert.equal(runtime.udp.sent.length, 3);
  assert.equal(hub.size, 0);
  let ended = false;
  done.finally(() => ended = true);
  await runtime.advance(60_000);
  assert.equal(ended, false);
  stop();
  await done;
});

test("sendTo() does not complain of what breaks as it ends", async () => {
  await using sending = await open({
    write,
    sent() {
      sending.stop();
      return Promise.reject(new Error("Socket closed"));
    },
  });
  sending.hub.push(stream()[0]!);
  await sending.done;
});

test("sendTo() spreads what is beyond a burst of 65,536 bytes", async () => {
  const large = new Uint8Array(40_000);
  await using sending = await open({ write: () => [large, large, large] });
  const { hub, runtime } = sending;
  hub.push(stream()[0]!);
  await runtime.advance(0);
  assert.equal(runtime.udp.sent.length, 1);
  // 80,000 bytes are 14,464 too many, and 16,000 go in a millisecond.
  await runtime.advance(0.9);
  assert.equal(runtime.udp.sent.length, 1);
  await runtime.advance(0.1);
  assert.equal(runtime.udp.sent.length, 2);
  await runtime.advance(2.5);
  assert.equal(runtime.udp.sent.length, 3);
});
