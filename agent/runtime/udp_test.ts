import assert from "node:assert/strict";
import { within } from "../../test/faults/deadline.ts";
import { test } from "../../test/harness.ts";
import type {
  Datagram,
  MulticastOptions,
  UdpSocket,
} from "../plugin/runtime.ts";
import { openUdp, resolveHost } from "./udp.ts";

const DEADLINE_MS = 5000;

/** Lets the runtime look at its sockets. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Of those that an organisation may use as it likes (RFC 2365, section 6.2). */
const GROUP = "239.192.7.1";

const bytes = (...values: number[]) => new Uint8Array(values);

/** Takes the next datagrams; their bytes are copied. */
async function take(socket: UdpSocket, count: number): Promise<Datagram[]> {
  const taken: Datagram[] = [];
  const reading = (async () => {
    for await (const { data, ...from } of socket.datagrams) {
      if (taken.push({ data: data.slice(), ...from }) === count) return;
    }
  })();
  await within(DEADLINE_MS, `${count} datagrams`, reading);
  return taken;
}

function join(
  group: string,
  port = 0,
  source?: string,
): Promise<UdpSocket> {
  const multicast = { group, interface: "lo" };
  return openUdp({ host: group, port, multicast, source });
}

for (const host of ["127.0.0.1", "::1"]) {
  test(`openUdp sends and receives at ${host}`, async () => {
    await using ours = await openUdp({ host, port: 0 });
    await using theirs = await openUdp({ host, port: 0 });
    await theirs.send(bytes(1, 2), host, ours.port);
    const large = new Uint8Array(65_507).fill(7);
    await theirs.send(large, host, ours.port);
    const [small, big] = await take(ours, 2);
    assert.deepEqual(small, { data: bytes(1, 2), host, port: theirs.port });
    assert.deepEqual(big?.data, large);
  });
}

test("openUdp sends to one whatever becomes of what goes to others", async () => {
  await using ours = await openUdp({
    ...{ host: "127.0.0.1", port: 0, receiveBuffer: 1 << 20 },
  });
  await using theirs = await openUdp({ host: "127.0.0.1", port: 0 });
  const closed = await openUdp({ host: "127.0.0.1", port: 0 });
  await closed[Symbol.asyncDispose]();
  const [rounds, burst] = [20, 6];
  const reading = take(ours, rounds * burst);
  const send = async (port: number) => {
    for (let i = 0; i < burst; i++) {
      await theirs.send(new Uint8Array(1400), "127.0.0.1", port);
    }
  };
  for (let round = 0; round < rounds; round++) {
    await Promise.all([ours.port, closed.port, closed.port].map(send));
    // What nobody took is told when the loop has turned.
    await turn();
  }
  await reading;
});

test("openUdp sends to a whole network", async () => {
  await using ours = await openUdp({ host: "0.0.0.0", port: 0 });
  await using theirs = await openUdp({ host: "0.0.0.0", port: 0 });
  await theirs.send(bytes(1), "127.255.255.255", ours.port);
  assert.deepEqual((await take(ours, 1))[0]?.data, bytes(1));
});

test("openUdp at :: hears both families, and calls each by its name", async () => {
  await using ours = await openUdp({ host: "::", port: 0 });
  for (const host of ["127.0.0.1", "::1"]) {
    await using theirs = await openUdp({ host, port: 0 });
    await theirs.send(bytes(1), host, ours.port);
    assert.equal((await take(ours, 1))[0]?.host, host);
  }
});

test("openUdp has every member of a group get everything", async () => {
  await using one = await join(GROUP);
  await using two = await join(GROUP, one.port);
  const multicast = { interface: "127.0.0.1" };
  await using sender = await openUdp({ host: "0.0.0.0", port: 0, multicast });
  await sender.send(bytes(5), GROUP, one.port);
  for (const member of [one, two]) {
    assert.deepEqual((await take(member, 1))[0]?.data, bytes(5));
  }
});

test("openUdp joins groups of IPv6", async () => {
  await using member = await join("ff15::7:1");
  // "lo" has no route for groups of IPv6.
  assert.ok(member.port > 0);
});

test("openUdp hears one source of a group only", async () => {
  await using member = await join(GROUP, 0, "127.0.0.2");
  for (const host of ["127.0.0.1", "127.0.0.2"]) {
    const multicast = { interface: "lo" };
    await using sender = await openUdp({ host, port: 0, multicast });
    await sender.send(bytes(Number(host.at(-1))), GROUP, member.port);
  }
  assert.deepEqual((await take(member, 1))[0]?.data, bytes(2));
});

test("openUdp hears one sender only, however its address is written", async () => {
  const source = "0:0:0:0:0:0:0:1";
  await using ours = await openUdp({ host: "::", port: 0, source });
  await using other = await openUdp({ host: "127.0.0.1", port: 0 });
  await using wanted = await openUdp({ host: "::1", port: 0 });
  await other.send(bytes(1), "127.0.0.1", ours.port);
  await wanted.send(bytes(2), "::1", ours.port);
  assert.deepEqual((await take(ours, 1))[0]?.data, bytes(2));
  assert.equal(ours.dropped(), 1);
});

test("openUdp enlarges the receive buffer and says how far", async () => {
  await using plain = await openUdp({ host: "127.0.0.1", port: 0 });
  const receiveBuffer = 4 << 20;
  await using large = await openUdp({
    host: "127.0.0.1",
    port: 0,
    receiveBuffer,
  });
  const [before, after] = [plain.receiveBuffer!, large.receiveBuffer!];
  assert.ok(after > before && after <= 2 * receiveBuffer, `${before} ${after}`);
});

test("UdpSocket.dropped() counts what nobody took in time", async () => {
  await using ours = await openUdp({
    host: "127.0.0.1",
    port: 0,
    receiveBuffer: 8192,
  });
  await using theirs = await openUdp({ host: "127.0.0.1", port: 0 });
  assert.equal(ours.dropped(), 0);
  // In Bun they wait in a queue of ours, of 1024.
  for (let count = 0; count < 1100; count++) {
    await theirs.send(new Uint8Array(1400), "127.0.0.1", ours.port);
  }
  assert.ok(ours.dropped() > 0);
});

test("UdpSocket ends its datagrams when it is disposed of", async () => {
  const socket = await openUdp({ host: "127.0.0.1", port: 0 });
  const reading = Array.fromAsync(socket.datagrams);
  await socket[Symbol.asyncDispose]();
  await socket[Symbol.asyncDispose]();
  assert.deepEqual(await within(DEADLINE_MS, "end", reading), []);
  await assert.rejects(socket.send(bytes(1), "127.0.0.1", 9), {
    failure: "lost",
    message: "Cannot send to 127.0.0.1:9: the socket is closed",
  });
});

test("UdpSocket survives that nobody takes what it sends", async () => {
  await using gone = await openUdp({ host: "127.0.0.1", port: 0 });
  const { port } = gone;
  await gone[Symbol.asyncDispose]();
  await using ours = await openUdp({ host: "127.0.0.1", port: 0 });
  for (let count = 0; count < 3; count++) {
    await ours.send(bytes(1), "127.0.0.1", port);
  }
  await ours.send(bytes(2), "127.0.0.1", ours.port);
  assert.deepEqual((await take(ours, 1))[0]?.data, bytes(2));
});

test("UdpSocket.send() says that a datagram is too long", async () => {
  await using socket = await openUdp({ host: "127.0.0.1", port: 0 });
  const sending = socket.send(new Uint8Array(70_000), "127.0.0.1", 9);
  await assert.rejects(sending, {
    failure: "lost",
    message: "Cannot send to 127.0.0.1:9: the datagram is too long",
  });
});

test("openUdp refuses a port that is in use, and addresses of others", async () => {
  await using socket = await openUdp({ host: "127.0.0.1", port: 0 });
  const { port } = socket;
  await assert.rejects(openUdp({ host: "127.0.0.1", port }), {
    name: "ConfigError",
    message: `Cannot bind 127.0.0.1:${port}: ` +
      "the port is in use; stop the other program or choose another",
    exitCode: 69,
  });
  await assert.rejects(openUdp({ host: "192.0.2.1", port: 0 }), {
    message: "Cannot bind 192.0.2.1:0: " +
      "the address is not one of this machine's",
  });
});

const WRONG: [string, MulticastOptions, RegExp][] = [
  [
    "no group",
    { group: "127.0.0.1", interface: "lo" },
    /"127.0.0.1": it is no/,
  ],
  ["no interface", { interface: "eth77" }, /"eth77": this machine has .*lo/],
  ["no address", { interface: "192.0.2.7" }, /"192.0.2.7": this machine/],
  ["a path", { interface: "../lo" }, /"..\/lo": this machine has/],
];

for (const [what, multicast, message] of WRONG) {
  test(`openUdp refuses multicast at ${what}`, async () => {
    const opening = openUdp({ host: "127.0.0.1", port: 0, multicast });
    await assert.rejects(opening, { name: "ConfigError", message });
  });
}

test("resolveHost() leaves numeric addresses alone and finds names", async () => {
  const { signal } = new AbortController();
  assert.equal(await resolveHost("ff15::1%lo", signal), "ff15::1%lo");
  assert.match(await resolveHost("localhost", signal), /^(127\.|::1)/);
  await assert.rejects(resolveHost("no-such-host.invalid", signal), {
    failure: "refused",
    message: /^Cannot find "no-such-host.invalid": /,
  });
  await assert.rejects(resolveHost("239.0.0.300", signal), {
    name: "ConfigError",
    message: 'Cannot find "239.0.0.300": it is no IPv4 address',
  });
  await assert.rejects(resolveHost("x.invalid", AbortSignal.abort("over")));
});
