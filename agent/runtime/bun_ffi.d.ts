/** The part of `bun:ffi` that libc.ts and memory_calls.ts use. */
declare module "bun:ffi" {
  export function dlopen(
    path: string,
    symbols: Record<string, { args: string[]; returns: string }>,
  ): { symbols: Record<string, (...args: unknown[]) => unknown> };
  export const read: { i32(pointer: number, offset: number): number };
  export function toArrayBuffer(
    pointer: number,
    offset: number,
    length: number,
  ): ArrayBuffer;
}
