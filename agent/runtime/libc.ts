// deno-lint-ignore-file camelcase -- the C library's own names
/**
 * The few calls of the C library that neither runtime offers. Linux only:
 * elsewhere {@linkcode libc} is absent and what depends on it does without.
 *
 * @module
 */

import process from "node:process";

/** Calls as in sections 2 and 3 of the manual; -1 means see `errno()`. */
export interface Libc {
  bind(fd: number, address: Uint8Array, length: number): number;
  clock_gettime(clock: number, timespec: Uint8Array): number;
  close(fd: number): number;
  fcntl(fd: number, command: number, argument: number): number;
  getsockopt(
    fd: number,
    level: number,
    name: number,
    value: Uint8Array,
    length: Uint8Array,
  ): number;
  ioctl(fd: number, request: number, argument: Uint8Array): number;
  mkfifo(path: Uint8Array, mode: number): number;
  open(path: Uint8Array, flags: number, mode: number): number;
  pipe2(ends: Uint8Array, flags: number): number;
  setsockopt(
    fd: number,
    level: number,
    name: number,
    value: Uint8Array,
    length: number,
  ): number;
  socket(domain: number, type: number, protocol: number): number;
  write(fd: number, bytes: Uint8Array, count: number): number;
  /** The error of the call before, on this thread. */
  errno(): number;
}

/** What the calls take, in words that both runtimes map to their own. */
const CALLS: Record<Exclude<keyof Libc, "errno">, Kind[]> = {
  bind: ["i32", "buffer", "u32"],
  clock_gettime: ["i32", "buffer"],
  close: ["i32"],
  fcntl: ["i32", "i32", "i32"],
  getsockopt: ["i32", "i32", "i32", "buffer", "buffer"],
  ioctl: ["i32", "usize", "buffer"],
  mkfifo: ["buffer", "u32"],
  open: ["buffer", "i32", "u32"],
  pipe2: ["buffer", "i32"],
  setsockopt: ["i32", "i32", "i32", "buffer", "u32"],
  socket: ["i32", "i32", "i32"],
  write: ["i32", "buffer", "usize"],
};

type Kind = "i32" | "u32" | "usize" | "buffer";

/** Text as the C library wants it. */
export function cString(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\0`);
}

/** An int in memory, as calls take it by address. */
export function intBytes(value: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Int32Array.of(value).buffer);
}

/** pipe2(2), the same number on x86-64 and arm64. */
export const O_CLOEXEC = 0o2000000;

/** errno.h of Linux: the numbers are the same on x86-64 and arm64. */
export const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  ENXIO: 6,
  EAGAIN: 11,
  EACCES: 13,
  EBUSY: 16,
  EEXIST: 17,
  ENODEV: 19,
  ENOTDIR: 20,
  EINVAL: 22,
  EMFILE: 24,
  ENOSPC: 28,
  EROFS: 30,
  EPIPE: 32,
  ENAMETOOLONG: 36,
  EADDRINUSE: 98,
  EADDRNOTAVAIL: 99,
  ENOBUFS: 105,
} as const;

/** `EPIPE` and the like, for messages. */
export function errnoName(errno: number): string {
  const known = Object.entries(ERRNO).find(([, value]) => value === errno);
  return known?.[0] ?? `errno ${errno}`;
}

async function load(): Promise<Libc | undefined> {
  if (process.platform !== "linux") return undefined;
  try {
    return "Deno" in globalThis ? loadDeno() : await loadBun();
  } catch {
    // A C library of another name (musl), or FFI not permitted.
    return undefined;
  }
}

const LIBRARY = "libc.so.6";

function loadDeno(): Libc {
  const calls = Object.entries(CALLS).map(([name, parameters]) =>
    [name, {
      parameters,
      result: name === "write" ? "isize" : "i32",
    }] as const
  );
  const { symbols } = Deno.dlopen(LIBRARY, {
    ...Object.fromEntries(calls),
    __errno_location: { parameters: [], result: "pointer" },
  });
  const location = symbols.__errno_location as () => Deno.PointerObject;
  const where = new Deno.UnsafePointerView(location());
  return wrap(symbols, () => where.getInt32());
}

async function loadBun(): Promise<Libc> {
  const { dlopen, read } = await import("bun:ffi");
  const kinds = { i32: "i32", u32: "u32", usize: "usize", buffer: "ptr" };
  const calls = Object.entries(CALLS).map(([name, parameters]) =>
    [name, {
      args: parameters.map((kind) => kinds[kind]),
      returns: name === "write" ? "i64" : "i32",
    }] as const
  );
  const { symbols } = dlopen(LIBRARY, {
    ...Object.fromEntries(calls),
    setenv: { args: ["ptr", "ptr", "i32"], returns: "i32" },
    __errno_location: { args: [], returns: "ptr" },
  });
  // Bun's file pool is as large as the machine has cores, and every decoder's
  // pipe holds a thread of it; Deno's has 32. Heeded in the compiled binary,
  // where nothing has used the pool yet; from source it wants to be in the
  // environment.
  symbols.setenv!(cString("UV_THREADPOOL_SIZE"), cString("32"), 0);
  const where = symbols.__errno_location!() as number;
  return wrap(symbols, () => read.i32(where, 0));
}

/** `write` returns a bigint under both, for a count that fits a number. */
function wrap(
  symbols: Record<string, unknown>,
  errno: () => number,
): Libc {
  const write = symbols.write as (...args: unknown[]) => bigint;
  return {
    ...symbols as unknown as Libc,
    write: (fd, bytes, count) => Number(write(fd, bytes, count)),
    errno,
  };
}

/** The C library, or `undefined` where there is none that we know. */
export const libc: Libc | undefined = await load();
