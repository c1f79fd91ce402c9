/**
 * The calls of the C library that share memory with other processes.
 *
 * @module
 */

import process from "node:process";

/** Calls as in section 2 of the manual; all that can fail return -1. */
export interface MemoryCalls {
  fallocate(fd: number, mode: number, offset: number, length: number): number;
  fchmod(fd: number, mode: number): number;
  fchown(fd: number, owner: number, group: number): number;
  linkat(
    from: number,
    source: Uint8Array,
    to: number,
    target: Uint8Array,
    flags: number,
  ): number;
  /** Maps a file from its beginning; `undefined` if that is refused. */
  map(fd: number, length: number): Mapping | undefined;
  /** Wakes all processes that wait at a word of a mapping. */
  wake(mapping: Mapping, offset: number): void;
}

/** A file in memory. */
export interface Mapping {
  /** Valid until it is unmapped; touching it later ends the process. */
  readonly buffer: ArrayBuffer;
  /** Where it begins, as the C library sees it. */
  readonly address: bigint;
  /** Gives it back. */
  unmap(): void;
}

/** mmap(2), the same numbers on x86-64 and arm64. */
const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;

/** mmap(2): -1 for a pointer. */
const MAP_FAILED = (1n << 64n) - 1n;

/** futex(2): not "private", other processes wait. */
const FUTEX_WAKE = 1;
const EVERYBODY = 2 ** 31 - 1;

/** The number of futex(2), by what Node calls the machine. */
const SYS_FUTEX = new Map([["x64", 202], ["arm64", 98]]).get(process.arch);

/** What the calls take; `syscall` passes integers like any other call. */
const CALLS = {
  fallocate: ["i32", "i32", "i64", "i64"],
  fchmod: ["i32", "u32"],
  fchown: ["i32", "u32", "u32"],
  linkat: ["i32", "buffer", "i32", "buffer", "i32"],
  mmap: ["usize", "usize", "i32", "i32", "i32", "i64"],
  munmap: ["usize", "usize"],
  syscall: ["i64", "usize", "i32", "i32", "usize", "usize", "i32"],
} as const;

type Call = (...args: unknown[]) => number | bigint;

/** What differs between the runtimes. */
interface Native {
  readonly calls: Record<string, Call>;
  bufferAt(address: bigint, length: number): ArrayBuffer;
}

const LIBRARY = "libc.so.6";

function loadDeno(): Native {
  const definitions = Object.entries(CALLS).map(([name, parameters]) =>
    [name, { parameters, result: resultOf(name) }] as const
  );
  const { symbols } = Deno.dlopen(LIBRARY, Object.fromEntries(definitions));
  return {
    calls: symbols as unknown as Record<string, Call>,
    bufferAt: (address, length) =>
      Deno.UnsafePointerView.getArrayBuffer(
        Deno.UnsafePointer.create(address)!,
        length,
      ),
  };
}

async function loadBun(): Promise<Native> {
  const { dlopen, toArrayBuffer } = await import("bun:ffi");
  const kinds = {
    i32: "i32",
    u32: "u32",
    i64: "i64",
    usize: "usize",
    buffer: "ptr",
  };
  const definitions = Object.entries(CALLS).map(([name, parameters]) =>
    [name, {
      args: parameters.map((kind) => kinds[kind]),
      returns: resultOf(name),
    }] as const
  );
  const { symbols } = dlopen(LIBRARY, Object.fromEntries(definitions));
  return {
    calls: symbols as Record<string, Call>,
    bufferAt: (address, length) => toArrayBuffer(Number(address), 0, length),
  };
}

function resultOf(name: string) {
  return name === "mmap" ? "u64" : name === "syscall" ? "i64" : "i32";
}

function wrap({ calls, bufferAt }: Native, futex: number): MemoryCalls {
  const call = (name: keyof typeof CALLS, ...args: unknown[]) =>
    calls[name]!(...args);
  const plain = (name: keyof typeof CALLS) => (...args: unknown[]) =>
    Number(call(name, ...args));
  return {
    fallocate: plain("fallocate"),
    fchmod: plain("fchmod"),
    fchown: plain("fchown"),
    linkat: plain("linkat"),
    map(fd, length) {
      const address = BigInt(
        call("mmap", 0n, BigInt(length), PROT_READ_WRITE, MAP_SHARED, fd, 0n),
      );
      if (address === MAP_FAILED) return undefined;
      return {
        address,
        buffer: bufferAt(address, length),
        unmap: () => void call("munmap", address, BigInt(length)),
      };
    },
    wake({ address }, offset) {
      const word = address + BigInt(offset);
      const number = BigInt(futex);
      call("syscall", number, word, FUTEX_WAKE, EVERYBODY, 0n, 0n, 0);
    },
  };
}

async function load(): Promise<MemoryCalls | undefined> {
  if (process.platform !== "linux" || SYS_FUTEX === undefined) return undefined;
  try {
    const native = "Deno" in globalThis ? loadDeno() : await loadBun();
    return wrap(native, SYS_FUTEX);
  } catch {
    // A C library of another name (musl), or FFI not permitted.
    return undefined;
  }
}

/** The calls, or `undefined` where there are none that we know. */
export const memoryCalls: MemoryCalls | undefined = await load();
