import assert from "node:assert/strict";
import { readFileSync, readlinkSync } from "node:fs";
import { Child } from "../../test/faults/child.ts";
import { UdpSocket } from "../../test/faults/udp_socket.ts";
import { test } from "../../test/harness.ts";
import { scriptCommand } from "../../test/programs/script.ts";
import { dropsOf, ownSockets, portSuffix } from "./socket_table.ts";
import { listenTcp } from "./tcp.ts";
import { openUdp } from "./udp.ts";

/** Of those that an organisation may use as it likes (RFC 2365, section 6.2). */
const GROUP = "239.192.7.2";

/** Our UDP sockets on a port. */
function socketsOn(port: number) {
  return ownSockets("udp", (local) => local.endsWith(portSuffix(port)));
}

/** Has the system tell it. */
function inodeOf(fd: number): string {
  return readlinkSync(`/proc/self/fd/${fd}`);
}

/** Of all programs together: the last column of the table. */
function dropsOnPort(port: number): number {
  return readFileSync("/proc/net/udp", "latin1").split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local]) => local?.endsWith(portSuffix(port)))
    .reduce((sum, columns) => sum + Number(columns.at(-1)), 0);
}

for (const host of ["127.0.0.1", "::1"]) {
  test(`ownSockets() finds the UDP socket at ${host} by its port`, async () => {
    await using socket = await openUdp({ host, port: 0 });
    const [found, ...others] = socketsOn(socket.port);
    assert.deepEqual(others, []);
    assert.equal(inodeOf(found!.fd), `socket:[${found!.inode}]`);
  });
}

test("ownSockets() shows both ends, the state and the inode", async () => {
  await using listener = await listenTcp({ host: "127.0.0.1", port: 0 });
  const at = `0100007F${portSuffix(listener.port)}`;
  const rows: string[][] = [];
  const [found, ...others] = ownSockets("tcp", (local, ...columns) => {
    if (local === at) rows.push(columns);
    return local === at;
  });
  assert.deepEqual(others, []);
  // State LISTEN.
  assert.deepEqual(rows, [["00000000:0000", "0A", found!.inode]]);
});

test("ownSockets() finds nothing where nothing is", async () => {
  const socket = await openUdp({ host: "127.0.0.1", port: 0 });
  await socket[Symbol.asyncDispose]();
  assert.deepEqual(socketsOn(socket.port), []);
});

test("portSuffix() writes ports as the tables do", () => {
  const ports = [0, 9, 255, 5004, 65_535].map(portSuffix);
  assert.deepEqual(ports, [":0000", ":0009", ":00FF", ":138C", ":FFFF"]);
});

test("dropsOf() counts what a socket had no room for", async () => {
  const [host, port] = ["127.0.0.1", 0];
  await using ours = await openUdp({ host, port, receiveBuffer: 8192 });
  const [{ inode } = { inode: "" }] = socketsOn(ours.port);
  assert.equal(dropsOf(inode), 0);
  using sender = new UdpSocket("127.0.0.1", () => {});
  // Nobody can take any meanwhile.
  for (let count = 0; count < 100; count++) {
    sender.send(new Uint8Array(1400), { host, port: ours.port });
  }
  const drops = dropsOf(inode);
  assert.ok(drops > 50 && drops < 100, `${drops} drops`);
  assert.equal(dropsOf("no such inode"), 0);
});

test("openUdp does not take another program's socket for its own", async () => {
  const multicast = { group: GROUP, interface: "lo" };
  await using first = await openUdp({ host: GROUP, port: 0, multicast });
  const { port } = first;
  const [command, ...words] = scriptCommand("hold_group.ts", GROUP, `${port}`);
  await using other = new Child(command, words);
  await other.says("ready");
  await using second = await openUdp({ host: GROUP, port, multicast });
  await using sender = await openUdp({
    host: "0.0.0.0",
    port: 0,
    multicast: { interface: "lo" },
  });
  const inodes = socketsOn(port).map(({ fd, inode }) => [inodeOf(fd), inode]);
  assert.deepEqual(
    inodes,
    inodes.map(([, inode]) => [`socket:[${inode}]`, inode]),
  );
  assert.equal(inodes.length, 2);
  // The other program has room for few, and loses the rest: not ours to count.
  for (let count = 0; count < 60; count++) {
    await sender.send(new Uint8Array(1400), GROUP, port);
  }
  assert.ok(dropsOnPort(port) > 0);
  assert.deepEqual([first.dropped(), second.dropped()], [0, 0]);
});
