import assert from "node:assert/strict";
import { createServer, type Socket } from "node:net";
import { test } from "../harness.ts";
import { until } from "./deadline.ts";
import {
  boundReadAhead,
  dialSmall,
  isListening,
  listenSmall,
  unacknowledged,
} from "./small_socket.ts";
import { TcpEnd, TcpTarget } from "./tcp_ends.ts";

const HOST = "127.0.0.1";

test("dialSmall() connects a socket that talks both ways", async () => {
  await using target = await TcpTarget.listen();
  await using end = new TcpEnd(await dialSmall(target.address, 4096));
  end.socket.write("ping");
  const peer = await target.connection(0);
  await peer.untilBytes(4);
  peer.socket.end("pong");
  await end.until("end");
  assert.deepEqual([peer.text, end.text], ["ping", "pong"]);
});

test("dialSmall() says who did not answer", async () => {
  const target = await TcpTarget.listen();
  const { address } = target;
  await target[Symbol.asyncDispose]();
  await assert.rejects(dialSmall(address, 4096), {
    message: `Cannot connect to "${HOST}:${address.port}": errno 111`,
  });
});

test("dialSmall() refuses what is no IPv4 address", async () => {
  await assert.rejects(dialSmall({ host: "localhost", port: 1 }, 4096), {
    message: 'Cannot use host "localhost": not an IPv4 address',
  });
});

test("listenSmall() takes the port it is given, once", async () => {
  const first = createServer();
  const port = await listenSmall(first, 0);
  assert.ok(isListening(port));
  await assert.rejects(listenSmall(createServer(), port), {
    message: `Cannot listen on port ${port}`,
  });
  first.close();
  await until(1000, "closed listener", () => !isListening(port));
  const second = createServer();
  assert.equal(await listenSmall(second, port), port);
  second.close();
  await until(1000, "closed listener", () => !isListening(port));
});

test("unacknowledged() counts what a peer that does not read leaves", async () => {
  const taken: Socket[] = [];
  const server = createServer((socket) => {
    socket.pause();
    boundReadAhead(socket, 1);
    taken.push(socket);
  });
  const port = await listenSmall(server, 0);
  await using end = TcpEnd.connect(port);
  const accepted = await until(1000, "connection", () => taken[0]);
  await using peer = new TcpEnd(accepted);
  peer.socket.pause();
  end.socket.write(new Uint8Array(100_000));
  const { localPort, remotePort } = end.socket;
  const left = () => unacknowledged(localPort!, remotePort!);
  await until(1000, "backlog", () => left()! > 10_000);
  peer.socket.resume();
  await peer.untilBytes(100_000);
  await until(1000, "acknowledgement", () => left() === 0);
  await end[Symbol.asyncDispose]();
  await peer[Symbol.asyncDispose]();
  server.close();
  assert.equal(unacknowledged(1, 1), undefined);
});
