/**
 * The socket calls of the C library, for what neither runtime offers or does
 * well. Linux with glibc only; no call waits.
 *
 * @module
 */

/** Calls as in section 2 of the manual; -1 means failure. */
export interface SocketCalls {
  bind(fd: number, address: Uint8Array, length: number): number;
  close(fd: number): number;
  connect(fd: number, address: Uint8Array, length: number): number;
  getsockname(fd: number, address: Uint8Array, length: Uint8Array): number;
  getsockopt(
    fd: number,
    level: number,
    name: number,
    value: Uint8Array,
    length: Uint8Array,
  ): number;
  listen(fd: number, backlog: number): number;
  recvfrom(
    fd: number,
    bytes: Uint8Array,
    count: number,
    flags: number,
    address: Uint8Array,
    length: Uint8Array,
  ): number;
  sendto(
    fd: number,
    bytes: Uint8Array,
    count: number,
    flags: number,
    address: Uint8Array,
    length: number,
  ): number;
  setsockopt(
    fd: number,
    level: number,
    name: number,
    value: Uint8Array,
    length: number,
  ): number;
  socket(domain: number, type: number, protocol: number): number;
}

const LIBRARY = "libc.so.6";

const CALLS: Record<keyof SocketCalls, Kind[]> = {
  bind: ["i32", "buffer", "u32"],
  close: ["i32"],
  connect: ["i32", "buffer", "u32"],
  getsockname: ["i32", "buffer", "buffer"],
  getsockopt: ["i32", "i32", "i32", "buffer", "buffer"],
  listen: ["i32", "i32"],
  recvfrom: ["i32", "buffer", "usize", "i32", "buffer", "buffer"],
  sendto: ["i32", "buffer", "usize", "i32", "buffer", "u32"],
  setsockopt: ["i32", "i32", "i32", "buffer", "u32"],
  socket: ["i32", "i32", "i32"],
};

type Kind = "i32" | "u32" | "usize" | "buffer";

/** The calls, through the FFI of the runtime we are in. */
export const sockets: SocketCalls = "Deno" in globalThis
  ? loadDeno()
  : await loadBun();

function loadDeno(): SocketCalls {
  const calls = Object.entries(CALLS).map(([name, parameters]) =>
    [name, { parameters, result: "i32" }] as const
  );
  const { symbols } = Deno.dlopen(LIBRARY, Object.fromEntries(calls));
  return symbols as unknown as SocketCalls;
}

async function loadBun(): Promise<SocketCalls> {
  const { dlopen } = await import("bun:ffi");
  const calls = Object.entries(CALLS).map(([name, parameters]) => {
    const args = parameters.map((kind) => kind === "buffer" ? "ptr" : kind);
    return [name, { args, returns: "i32" }] as const;
  });
  const { symbols } = dlopen(LIBRARY, Object.fromEntries(calls));
  return symbols as unknown as SocketCalls;
}
