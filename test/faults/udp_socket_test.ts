import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { test } from "../harness.ts";
import { until } from "./deadline.ts";
import type { Target } from "./socket_address.ts";
import { UdpSocket } from "./udp_socket.ts";

const HOST = "127.0.0.1";

test("UdpSocket speaks with node:dgram, both ways", async () => {
  const got: string[] = [];
  const froms: Target[] = [];
  using ours = new UdpSocket(HOST, (datagram, from) => {
    got.push(new TextDecoder().decode(datagram));
    froms.push(from);
  });
  const theirs = createSocket("udp4");
  theirs.on("message", (message) => got.push(`${message}`));
  await new Promise<void>((resolve) => theirs.bind(0, HOST, resolve));
  const { port } = theirs.address();
  theirs.send("ping", ours.port, HOST);
  await until(1000, "ping", () => got.length === 1);
  assert.deepEqual(froms, [{ host: HOST, port }]);
  assert.ok(ours.send(new TextEncoder().encode("pong"), froms[0]!));
  await until(1000, "pong", () => got.length === 2);
  assert.deepEqual(got, ["ping", "pong"]);
  await new Promise<void>((resolve) => theirs.close(() => resolve()));
});

test("UdpSocket keeps order and size of a burst, the largest included", async () => {
  const sizes: number[] = [];
  using to = new UdpSocket(HOST, ({ length }) => sizes.push(length));
  using from = new UdpSocket(HOST, () => {});
  const wanted = [0, 1, 1452, 65_507, ...Array.from({ length: 300 }, size)];
  for (const bytes of wanted) {
    assert.ok(from.send(new Uint8Array(bytes), { host: HOST, port: to.port }));
  }
  await until(1000, "datagrams", () => sizes.length === wanted.length);
  assert.deepEqual(sizes, wanted);
});

test("UdpSocket says no to what is too large", () => {
  using from = new UdpSocket(HOST, () => {});
  const large = new Uint8Array(65_508);
  assert.equal(from.send(large, { host: HOST, port: from.port }), false);
});

test("UdpSocket goes on after nobody took a datagram", async () => {
  let received = 0;
  using ours = new UdpSocket(HOST, () => received++);
  const gone = new UdpSocket(HOST, () => {});
  gone[Symbol.dispose]();
  ours.send(new Uint8Array(1), { host: HOST, port: gone.port });
  ours.send(new Uint8Array(1), { host: HOST, port: ours.port });
  await until(1000, "datagram", () => received === 1);
});

test("UdpSocket cannot bind a host that is not ours", () => {
  assert.throws(() => new UdpSocket("192.0.2.1", () => {}), {
    message: 'Cannot bind "192.0.2.1"',
  });
});

function size(_: unknown, index: number): number {
  return index;
}
