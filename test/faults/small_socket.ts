/**
 * TCP sockets of `node:net` whose kernel buffers are bounded before the first
 * byte, so that a backlog builds in the sender under test and not here. An
 * ordinary loopback socket swallows megabytes.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { type Server, Socket } from "node:net";
import { until } from "./deadline.ts";
import { sockets } from "./ffi.ts";
import {
  ADDRESS_BYTES,
  AF_INET,
  boundPort,
  encodeAddress,
  int,
  setOption,
  SO_RCVBUF,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOL_SOCKET,
  type Target,
} from "./socket_address.ts";

/** socket.h and tcp.h of Linux, the same on x86-64 and arm64. */
const SOCK_STREAM = 1;
const SO_REUSEADDR = 2;
const SO_ERROR = 4;
const SO_SNDBUF = 7;
const IPPROTO_TCP = 6;
const TCP_MAXSEG = 2;
const TCP_INFO = 11;

/** tcp_states.h: the first byte of `struct tcp_info`. */
const TCP_SYN_SENT = 2;
const TCP_CLOSE = 7;

/**
 * What the kernel may keep of either direction; it doubles the figure for its
 * own bookkeeping.
 */
const BUFFER_BYTES = 4096;

/**
 * What Ethernet carries of IPv4 with timestamps. Loopback's own 65,483 exceeds
 * the buffers, and a sender would wait for room for a whole segment.
 */
const SEGMENT_BYTES = 1448;

const BACKLOG = 128;

/**
 * Connects with bounded buffers.
 *
 * @throws {Error} If nobody listens there, or nobody accepts in `deadlineMs`.
 */
export async function dialSmall(
  target: Target,
  highWaterMark: number,
  deadlineMs = 3000,
): Promise<Socket> {
  const name = `${target.host}:${target.port}`;
  const fd = open();
  try {
    const address = encodeAddress(target);
    // In progress counts as failed here; the state says which it was.
    if (sockets.connect(fd, address, ADDRESS_BYTES) !== 0) {
      await until(
        deadlineMs,
        `answer from "${name}"`,
        () => option(fd, IPPROTO_TCP, TCP_INFO)[0] !== TCP_SYN_SENT,
      );
    }
    const error = option(fd, SOL_SOCKET, SO_ERROR)[0];
    const closed = option(fd, IPPROTO_TCP, TCP_INFO)[0] === TCP_CLOSE;
    if (error !== 0 || closed) {
      throw new Error(`Cannot connect to "${name}": errno ${error}`);
    }
  } catch (error) {
    sockets.close(fd);
    throw error;
  }
  return adopt(fd, highWaterMark);
}

/**
 * Has `server` listen on 127.0.0.1 with bounded buffers, which the accepted
 * sockets inherit.
 *
 * @param port 0 asks the system for a free one.
 * @returns The port.
 */
export async function listenSmall(
  server: Server,
  port: number,
): Promise<number> {
  const fd = open();
  const address = encodeAddress({ host: "127.0.0.1", port });
  setOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  const failed = sockets.bind(fd, address, ADDRESS_BYTES) !== 0 ||
    sockets.listen(fd, BACKLOG) !== 0;
  if (failed) {
    sockets.close(fd);
    throw new Error(`Cannot listen on port ${port}`);
  }
  const bound = boundPort(fd);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ fd }, resolve);
  });
  return bound;
}

/**
 * Tells how many bytes a connection's kernel has taken and the peer's kernel
 * has not acknowledged; `undefined` once the connection is gone.
 *
 * @param localPort Port of the side that sends; IPv4 on this machine.
 * @param remotePort Port of the side that receives.
 */
export function unacknowledged(
  localPort: number,
  remotePort: number,
): number | undefined {
  return table().find((row) =>
    row.localPort === localPort && row.remotePort === remotePort
  )?.unacknowledged;
}

/** Tells whether anybody on this machine listens on an IPv4 port. */
export function isListening(port: number): boolean {
  return table().some((row) => row.localPort === port && row.state === LISTEN);
}

/** State LISTEN in /proc/net/tcp. */
const LISTEN = "0A";

/** proc(5): local and remote address, state, then tx_queue:rx_queue in hex. */
function table() {
  return readFileSync("/proc/net/tcp", "latin1").split("\n").slice(1, -1)
    .map((line) => {
      const [, local = "", remote = "", state, queues = ""] = line.trim()
        .split(/\s+/);
      return {
        localPort: Number.parseInt(local.split(":")[1] ?? "", 16),
        remotePort: Number.parseInt(remote.split(":")[1] ?? "", 16),
        state,
        unacknowledged: Number.parseInt(queues, 16),
      };
    });
}

function open(): number {
  const fd = sockets.socket(
    AF_INET,
    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
    0,
  );
  if (fd < 0) throw new Error("Cannot open a socket");
  setOption(fd, SOL_SOCKET, SO_RCVBUF, BUFFER_BYTES);
  setOption(fd, SOL_SOCKET, SO_SNDBUF, BUFFER_BYTES);
  setOption(fd, IPPROTO_TCP, TCP_MAXSEG, SEGMENT_BYTES);
  return fd;
}

/**
 * Bounds what the runtime reads ahead of an accepted socket. Deno 2.9.6 passes
 * no `highWaterMark` of the server on, and there is no public setter.
 */
export function boundReadAhead(socket: Socket, bytes: number): void {
  const state: object = Reflect.get(socket, "_readableState");
  Reflect.set(state, "highWaterMark", bytes);
}

/** Each runtime takes a connected descriptor in its own way. */
function adopt(fd: number, highWaterMark: number): Socket {
  const options = { allowHalfOpen: true, highWaterMark };
  if ("Deno" in globalThis) return new Socket({ ...options, fd });
  const byDescriptor: { fd: number; port: number } = { fd, port: 0 };
  return new Socket(options).connect(byDescriptor);
}

/** Its first bytes; the whole is longer for `struct tcp_info`. */
function option(fd: number, level: number, name: number): Uint8Array {
  const bytes = new Uint8Array(4);
  sockets.getsockopt(fd, level, name, bytes, int(bytes.length));
  return bytes;
}
