/** The part of `bun:ffi` that libc.ts uses. */
declare module "bun:ffi" {
  export function dlopen(
    path: string,
    symbols: Record<string, { args: string[]; returns: string }>,
  ): { symbols: Record<string, (...args: unknown[]) => unknown> };
  export const read: { i32(pointer: number, offset: number): number };
}
