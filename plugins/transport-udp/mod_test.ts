import assert from "node:assert/strict";
import { concat } from "../../agent/media/bytes.ts";
import { ACCESS_UNIT_DELIMITER } from "../../agent/media/delimiter.ts";
import { checkOptions } from "../../agent/plugin/options.ts";
import type { UdpOptions, UdpSocket } from "../../agent/plugin/runtime.ts";
import type {
  DatagramIngest,
  Ingest,
  IngestDatagram,
} from "../../agent/plugin/transport.ts";
import { runtime as machine } from "../../agent/runtime/mod.ts";
import { declare } from "../../test/contract/declaration.ts";
import { stream, streamBytes } from "../../test/contract/stream.ts";
import {
  type RawReader,
  testTransport,
} from "../../test/contract/transport_contract.ts";
import { contextOf, Sending } from "../../test/contract/transport_usage.ts";
import { FakeRuntime } from "../../test/fakes/runtime.ts";
import { test } from "../../test/harness.ts";
import * as transportUdp from "./mod.ts";

const HOST = "192.168.1.7";
const GROUP = "239.1.1.1";
const plugin = declare(transportUdp, "transport");

/** Everything that was sent; nobody tells a receiver more. */
function rawReader({ udp }: FakeRuntime): RawReader {
  return {
    received: () => concat(...udp.sent.map(({ data }) => data)),
    ended: Promise.resolve(),
    pause() {},
    leave() {},
  };
}

const ONE_RECEIVER = {
  reason: "there is one receiver, or a group that is as one",
  tests: [
    "sends to every viewer",
    "goes on for the others when a viewer leaves",
    "sends to the others while a viewer does not read",
  ],
};

const NOBODY_TELLS = {
  reason: "UDP has no connections: nobody tells that a receiver has gone",
  tests: [
    "gives up a viewer that left while there is nothing to send",
    "throws a StreamError when its only peer has left",
  ],
};

const NO_CONNECTION = {
  reason: "UDP has no connections: the port is open for whoever sends next",
  tests: [
    "ends when the sender has ended the stream",
    'throws a StreamError "lost" when the stream breaks',
    'throws a StreamError "refused" where nobody is',
    "ends when it is aborted while it waits for a peer",
  ],
};

for (
  const [subject, to, at] of [
    ["transport-udp", `${HOST}:5004`, "0.0.0.0:5004"],
    ["transport-udp with a group", `${GROUP}:5004`, `${GROUP}:5004`],
    ["transport-udp over IPv6", "[fd00::7]:5004", "[::]:5004"],
  ] as const
) {
  testTransport(
    transportUdp,
    {
      send() {
        const runtime = new FakeRuntime();
        return {
          address: `udp://${to}`,
          runtime,
          dials: true,
          watch: () => Promise.resolve(rawReader(runtime)),
        };
      },
      receive() {
        const runtime = new FakeRuntime();
        const { udp } = runtime;
        return {
          address: `udp://${at}`,
          runtime,
          connectionless: true,
          async sender() {
            await udp.bound(5004);
            return {
              async send(data) {
                await undefined;
                udp.deliver(data, 5004);
              },
              end() {},
              reset() {},
            };
          },
        };
      },
    },
    [ONE_RECEIVER, NOBODY_TELLS, NO_CONNECTION],
    subject,
  );
}

/** Sends into a fake network. */
function openSending(address: string, runtime = new FakeRuntime()) {
  const sending = new Sending(plugin, {
    address,
    runtime,
    dials: true,
    watch: () => Promise.resolve(rawReader(runtime)),
  });
  return { runtime, sending };
}

/** Receives from a fake network. */
async function openReceiving(address: string, runtime = new FakeRuntime()) {
  const { signal } = new AbortController();
  const log: string[] = [];
  const context = contextOf(plugin, address, runtime, signal, log);
  const ingest = await plugin.receive!(context) as Ingest & DatagramIngest;
  const reading = ingest.datagrams[Symbol.asyncIterator]();
  const next = async (): Promise<IngestDatagram> => {
    const { value } = await reading.next();
    return { ...value!, data: value!.data.slice() };
  };
  return {
    runtime,
    ingest,
    log,
    next,
    async [Symbol.asyncDispose]() {
      await ingest[Symbol.asyncDispose]();
      assert.equal((await reading.next()).done, true);
      assert.deepEqual(runtime.open, []);
      assert.equal(runtime.sleeping, 0);
    },
  };
}

test("transport-udp sends every picture to its receiver at once", async () => {
  const { runtime, sending } = openSending(`udp://${HOST}:6000`);
  await using _ = sending;
  await sending.watch();
  const [keyframe, picture] = stream();
  sending.hub.push(keyframe!);
  sending.hub.push(picture!);
  await runtime.advance(0);
  const { sent } = runtime.udp;
  assert.deepEqual(sending.labels, [`${HOST}:6000`]);
  for (const { host, port } of sent) {
    assert.deepEqual([host, port], [HOST, 6000]);
  }
  const pictures = sent.map(({ data }) => data);
  assert.deepEqual(pictures, [keyframe!.data, picture!.data]);
});

for (const [query, payload] of [["", 1452], ["?payload=64", 64]] as const) {
  test(`transport-udp sends datagrams of ${payload} bytes at the most`, async () => {
    const { runtime, sending } = openSending(`udp://${HOST}${query}`);
    await using _ = sending;
    const reader = await sending.watch();
    for (const unit of stream()) sending.hub.push(unit);
    await sending.arrival(reader, streamBytes());
    const { sent } = runtime.udp;
    const sizes = sent.map(({ data }) => data.length);
    assert.equal(Math.max(...sizes), payload);
    const ends = sent.filter(({ data }) =>
      data.slice(-6).toHex() === ACCESS_UNIT_DELIMITER.toHex()
    );
    assert.equal(ends.length, stream().length);
    assert.deepEqual(new Set(sent.map(({ port }) => port)), new Set([5004]));
  });
}

test("transport-udp takes its time over a large picture", async () => {
  const { runtime, sending } = openSending(`udp://${HOST}`);
  await using _ = sending;
  const reader = await sending.watch();
  for (const unit of stream()) sending.hub.push(unit);
  await runtime.advance(0);
  const first = reader.received().length;
  assert.ok(first > 60_000 && first <= 65_536, `${first} bytes`);
  await runtime.advance(11);
  assert.equal(reader.received().length, streamBytes().length);
});

const SENDERS: [address: string, options: UdpOptions][] = [
  [`udp://${HOST}`, { host: "0.0.0.0", port: 0, multicast: undefined }],
  ["udp://[fd00::7]", { host: "::", port: 0, multicast: undefined }],
  [`udp://${GROUP}`, {
    host: "0.0.0.0",
    port: 0,
    multicast: { ttl: 1, interface: undefined, loopback: true },
  }],
  [`udp://${GROUP}?ttl=16&interface=eth1&loopback=false`, {
    host: "0.0.0.0",
    port: 0,
    multicast: { ttl: 16, interface: "eth1", loopback: false },
  }],
  ["udp://[ff15::7]?interface=eth1", {
    host: "::",
    port: 0,
    multicast: { ttl: 1, interface: "eth1", loopback: true },
  }],
];

for (const [address, options] of SENDERS) {
  test(`transport-udp opens a socket that can send to ${address}`, async () => {
    const { runtime, sending } = openSending(address);
    await using _ = sending;
    await sending.watch();
    assert.deepEqual(runtime.udp.options, [options]);
  });
}

test("transport-udp writes IPv6 receivers as addresses do", async () => {
  const { sending } = openSending("udp://[fd00::7]:6000");
  await using _ = sending;
  await sending.watch();
  assert.deepEqual(sending.labels, ["[fd00::7]:6000"]);
});

test("transport-udp finds a receiver by its name", async () => {
  const runtime = new FakeRuntime();
  runtime.udp.hosts.set("pc.local", HOST);
  const { sending } = openSending("udp://pc.local", runtime);
  await using _ = sending;
  await sending.watch();
  assert.deepEqual(sending.labels, [`${HOST}:5004`]);
});

test("transport-udp leaves it to the supervisor when nobody has its name", async () => {
  const { sending } = openSending("udp://pc.local");
  await using _ = sending;
  await assert.rejects(sending.done, {
    name: "StreamError",
    failure: "refused",
    message: 'Cannot find "pc.local": no such host',
  });
});

test("transport-udp leaves it to the supervisor when it cannot send", async () => {
  const { runtime, sending } = openSending(`udp://${HOST}`);
  await using _ = sending;
  await sending.watch();
  runtime.udp.unreachable.add(HOST);
  sending.hub.push(stream()[0]!);
  await assert.rejects(sending.done, {
    name: "StreamError",
    failure: "lost",
    message: `Cannot send to ${HOST}:5004: network unreachable`,
  });
  assert.deepEqual(runtime.open, []);
});

test("transport-udp does not end before it is told to", async () => {
  const { runtime, sending } = openSending(`udp://${HOST}`);
  await using _ = sending;
  const reader = await sending.watch();
  for (const unit of stream()) sending.hub.push(unit);
  sending.hub.end();
  await sending.arrival(reader, streamBytes());
  await sending.viewers(0);
  let ended = false;
  sending.done.finally(() => ended = true);
  await runtime.advance(1000);
  assert.equal(ended, false);
  await sending.abort();
});

test("transport-udp ends while it takes its time over a picture", async () => {
  const { runtime, sending } = openSending(`udp://${HOST}`);
  await using _ = sending;
  await sending.watch();
  for (const unit of stream()) sending.hub.push(unit);
  await runtime.advance(1);
  await sending.abort();
  assert.equal(runtime.sleeping, 0);
});

const RECEIVERS: [address: string, options: UdpOptions][] = [
  ["udp://:6000", {
    host: "0.0.0.0",
    port: 6000,
    multicast: undefined,
    source: undefined,
  }],
  ["udp://0.0.0.0", {
    host: "0.0.0.0",
    port: 5004,
    multicast: undefined,
    source: undefined,
  }],
  [`udp://${GROUP}`, {
    host: GROUP,
    port: 5004,
    multicast: { group: GROUP, interface: undefined },
    source: undefined,
  }],
  [`udp://${GROUP}?interface=eth1&source=${HOST}`, {
    host: GROUP,
    port: 5004,
    multicast: { group: GROUP, interface: "eth1" },
    source: HOST,
  }],
];

for (const [address, options] of RECEIVERS) {
  test(`transport-udp opens a socket that hears ${address}`, async () => {
    await using receiving = await openReceiving(address);
    const [asked] = receiving.runtime.udp.options;
    assert.deepEqual(asked, { ...options, receiveBuffer: 4 << 20 });
  });
}

const LINES: [address: string, lines: string[]][] = [
  ["udp://0.0.0.0", ["waits on 0.0.0.0:5004, with room for 213 kB"]],
  [`udp://${GROUP}`, [`joined ${GROUP}:5004, with room for 213 kB`]],
  ["udp://[ff15::7]", ["joined [ff15::7]:5004, with room for 213 kB"]],
  ["udp://127.0.0.1:0", [
    "waits on 127.0.0.1:50000, with room for 213 kB",
    "hears only this machine; udp://0.0.0.0:50000 hears others",
  ]],
];

for (const [address, lines] of LINES) {
  test(`transport-udp says what it does at ${address}`, async () => {
    await using receiving = await openReceiving(address);
    assert.deepEqual(receiving.log, lines);
  });
}

test("transport-udp says who sent a datagram", async () => {
  await using receiving = await openReceiving("udp://[::]");
  const { runtime: { udp }, next, ingest } = receiving;
  assert.equal(ingest.peer, "[::]:5004");
  udp.deliver(Uint8Array.of(1), 5004, { host: HOST, port: 7 });
  udp.deliver(Uint8Array.of(2), 5004, { host: "fd00::7", port: 7 });
  const [first, second] = [await next(), await next()];
  assert.deepEqual(first, { data: Uint8Array.of(1), peer: `${HOST}:7` });
  assert.equal(second.peer, "[fd00::7]:7");
});

test("transport-udp receives the largest datagram there is", async () => {
  await using receiving = await openReceiving("udp://0.0.0.0");
  const data = new Uint8Array(65_507).fill(7);
  receiving.runtime.udp.deliver(data, 5004);
  assert.deepEqual((await receiving.next()).data, data);
});

const SOURCES: [address: string, heard: string, others: string[]][] = [
  [`udp://0.0.0.0?source=${HOST}`, HOST, ["192.168.1.70", "10.0.0.1"]],
  [`udp://[::]?source=${HOST}`, HOST, ["192.168.1.70", "fd00::7"]],
  [`udp://[::]?source=::ffff:${HOST}`, HOST, ["192.168.1.70"]],
  ["udp://[::]?source=fd00:0:0::0007", "fd00::7", ["fd00::8", HOST]],
  ["udp://[::]?source=FD00::7", "fd00::7", ["fd00::8"]],
  ["udp://[::]?source=fe80::1%25eth0", "fe80::1", ["fe80::2"]],
  [`udp://${GROUP}?source=${HOST}`, HOST, ["10.0.0.1"]],
];

for (const [address, heard, others] of SOURCES) {
  test(`transport-udp hears at ${address} only who is meant`, async () => {
    await using receiving = await openReceiving(address);
    const { runtime: { udp }, ingest, next } = receiving;
    for (const host of others) {
      udp.deliver(Uint8Array.of(0), 5004, { host });
    }
    udp.deliver(Uint8Array.of(1), 5004, { host: heard });
    assert.deepEqual((await next()).data, Uint8Array.of(1));
    const dropped = others.length;
    assert.deepEqual(ingest.packets?.(), { lost: 0, reordered: 0, dropped });
  });
}

test("transport-udp finds the only sender by its name", async () => {
  const runtime = new FakeRuntime();
  runtime.udp.hosts.set("pi.local", HOST);
  const address = `udp://${GROUP}?source=pi.local`;
  await using receiving = await openReceiving(address, runtime);
  const [asked] = receiving.runtime.udp.options;
  assert.equal(asked?.source, HOST);
});

test("transport-udp never sends anything to whom it receives from", async () => {
  await using receiving = await openReceiving("udp://0.0.0.0");
  const { runtime, next } = receiving;
  runtime.udp.deliver(Uint8Array.of(1), 5004);
  await next();
  await runtime.advance(10_000);
  assert.deepEqual(runtime.udp.sent, []);
});

test("transport-udp waits for the next sender when one is silent", async () => {
  await using receiving = await openReceiving("udp://0.0.0.0");
  const { runtime, ingest, next } = receiving;
  assert.equal(ingest.connectionless, true);
  runtime.udp.deliver(Uint8Array.of(1), 5004, { host: HOST });
  await next();
  await runtime.advance(60_000);
  runtime.udp.deliver(Uint8Array.of(2), 5004, { host: "10.0.0.1" });
  assert.equal((await next()).peer, "10.0.0.1:9");
});

test("transport-udp passes on that its socket broke", async () => {
  const runtime = new FakeRuntime();
  const receiving = await openReceiving("udp://0.0.0.0", runtime);
  runtime.udp.fail(5004, new Error("Broken"));
  await assert.rejects(receiving.next(), new Error("Broken"));
  await receiving[Symbol.asyncDispose]();
});

test("transport-udp closes the socket it got after it was told to end", async () => {
  const controller = new AbortController();
  const reason = new Error("Told to stop");
  const runtime = new class extends FakeRuntime {
    override async openUdp(options: UdpOptions): Promise<UdpSocket> {
      const socket = await super.openUdp(options);
      controller.abort(reason);
      return socket;
    }
  }();
  const { signal } = controller;
  const receiving = plugin.receive!(
    contextOf(plugin, "udp://0.0.0.0", runtime, signal),
  );
  await assert.rejects(receiving, reason);
  assert.deepEqual(runtime.open, []);
});

/** Addresses that cannot be sent to, and what is said about them. */
const NO_RECEIVERS: Record<string, string> = {
  "udp:127.0.0.1:6000": 'Cannot use "udp:127.0.0.1:6000": it has a path; ' +
    "hosts and ports are written udp://192.168.1.7:5004",
  "udp://239.0.0.300": 'Cannot find "239.0.0.300": it is no IPv4 address',
  "udp://192.168.1": 'Cannot find "192.168.1": it is no IPv4 address',
  "udp://": 'Cannot send to "udp://": it names no receiver; name one such as ' +
    "udp://192.168.1.7:5004, or a group such as udp://239.1.1.1:5004",
  "udp://:5004": 'Cannot send to "udp://:5004": it names no receiver; name ' +
    "one such as udp://192.168.1.7:5004, or a group such as " +
    "udp://239.1.1.1:5004",
  "udp://0.0.0.0": 'Cannot send to "udp://0.0.0.0": it names no receiver; ' +
    "name one such as udp://192.168.1.7:5004, or a group such as " +
    "udp://239.1.1.1:5004",
  "udp://[0::0]": 'Cannot send to "udp://[0::0]": it names no receiver; name ' +
    "one such as udp://192.168.1.7:5004, or a group such as " +
    "udp://239.1.1.1:5004",
  "udp:10.0.0.1:6000": 'Cannot use "udp:10.0.0.1:6000": it has a path; ' +
    "hosts and ports are written udp://192.168.1.7:5004",
  "udp://10.0.0.1:0": 'Cannot send to "udp://10.0.0.1:0": it has no port',
  "udp://10.0.0.1?source=10.0.0.2":
    'Cannot send to "udp://10.0.0.1?source=10.0.0.2": ?source= is for ' +
    "receivers",
  "udp://10.0.0.1?interface=eth0":
    'Cannot send to "udp://10.0.0.1?interface=eth0": ?interface= is for ' +
    "groups; the system knows the way to a receiver",
};

for (const [address, message] of Object.entries(NO_RECEIVERS)) {
  test(`transport-udp does not send to ${address}`, async () => {
    const { sending, runtime } = openSending(address);
    await using _ = sending;
    await assert.rejects(sending.done, { name: "ConfigError", message });
    assert.deepEqual(runtime.open, []);
  });
}

/** Addresses that cannot be received from, and what is said about them. */
const NO_SENDERS: Record<string, string> = {
  "udp:127.0.0.1:6000": 'Cannot use "udp:127.0.0.1:6000": it has a path; ' +
    "hosts and ports are written udp://192.168.1.7:5004",
  "udp://239.0.0.300": 'Cannot find "239.0.0.300": it is no IPv4 address',
  "udp://0.0.0.0?source=1.2.3": 'Cannot find "1.2.3": it is no IPv4 address',
  "udp://0.0.0.0?interface=eth0":
    'Cannot receive from "udp://0.0.0.0?interface=eth0": ?interface= is for ' +
    "groups; bind the interface's address instead",
  "udp://0.0.0.0?source=fd00::7":
    'Cannot receive from "udp://0.0.0.0?source=fd00::7": no datagram of ' +
    "fd00::7 gets to 0.0.0.0",
  "udp://[ff15::7]?source=10.0.0.1":
    'Cannot receive from "udp://[ff15::7]?source=10.0.0.1": no datagram of ' +
    "10.0.0.1 gets to ff15::7",
};

for (const [address, message] of Object.entries(NO_SENDERS)) {
  test(`transport-udp does not receive from ${address}`, async () => {
    const runtime = new FakeRuntime();
    await assert.rejects(openReceiving(address, runtime), {
      name: "ConfigError",
      message,
    });
    assert.deepEqual(runtime.open, []);
  });
}

test("transport-udp says whose address a receiver binds", async () => {
  const { signal } = new AbortController();
  const context = contextOf(plugin, "udp://192.0.2.1:6000", machine, signal);
  await assert.rejects(plugin.receive!(context), {
    name: "ConfigError",
    exitCode: 69,
    message: "Cannot bind 192.0.2.1:6000: the address is not one of this " +
      "machine's (receivers bind an address of their own: " +
      "udp://0.0.0.0:6000)",
  });
});

test("transport-udp says so when its port is in use", async () => {
  const runtime = new FakeRuntime();
  await using _ = await openReceiving("udp://0.0.0.0", runtime);
  await assert.rejects(openReceiving("udp://0.0.0.0", runtime), {
    name: "ConfigError",
    exitCode: 69,
    message: "Cannot bind 0.0.0.0:5004: the port is in use",
  });
});

for (
  const [query, why] of Object.entries({
    "payload=63":
      'option "payload" is "63", expected a whole number from 64 to 65507',
    "payload=65508":
      'option "payload" is "65508", expected a whole number from 64 to 65507',
    "ttl=256": 'option "ttl" is "256", expected a whole number from 0 to 255',
    "ttl=-1": 'option "ttl" is "-1", expected a whole number from 0 to 255',
    "loopback=maybe": 'option "loopback" is "maybe", expected true or false',
    "iface=eth0": 'no option "iface" (did you mean "interface"?)',
  })
) {
  test(`transport-udp refuses ?${query}`, () => {
    const options = Object.fromEntries([query.split("=")]);
    assert.throws(
      () => checkOptions(plugin.options, options, { redacted: "udp:" }),
      { name: "ConfigError", message: `Cannot use "udp:": ${why}` },
    );
  });
}

test("transport-udp carries a stream over loopback, as it is", async () => {
  const { signal } = new AbortController();
  const receiver = await plugin.receive!(
    contextOf(plugin, "udp://127.0.0.1:0", machine, signal),
  ) as Ingest & DatagramIngest;
  await using _ = receiver;
  const chunks: Uint8Array[] = [];
  const reading = (async () => {
    for await (const { data } of receiver.datagrams) chunks.push(data.slice());
  })();
  await using sending = new Sending(plugin, {
    address: `udp://${receiver.peer}`,
    runtime: machine,
    dials: true,
    watch: () =>
      Promise.resolve({
        received: () => concat(...chunks),
        ended: Promise.resolve(),
        pause() {},
        leave() {},
      }),
  });
  const reader = await sending.watch();
  for (const unit of stream()) sending.hub.push(unit);
  await sending.arrival(reader, streamBytes());
  await receiver[Symbol.asyncDispose]();
  await reading;
});
