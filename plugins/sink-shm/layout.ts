/**
 * How shared memory is laid out: version 1. The README has the same tables, for
 * whoever writes a reader; a test compares them.
 *
 * @module
 */

/** The first eight bytes. */
export const MAGIC = "camagent";

/** Grows with every change that breaks readers. */
export const VERSION = 1;

/** Little-endian numbers of so many bits, IEEE 754 for `f64`; or characters. */
export type FieldType = "u32" | "u64" | "f64" | "char[8]" | "char[16]";

/** Where a value is. */
export interface Field {
  /** Bytes from the beginning of the header or the slot's record. */
  readonly offset: number;
  /** What is there. */
  readonly type: FieldType;
}

const field = (offset: number, type: FieldType): Field => ({ offset, type });

/** What is said once, and above {@linkcode LIVE} never changes. */
export const HEADER = {
  magic: field(0, "char[8]"),
  version: field(8, "u32"),
  headerBytes: field(12, "u32"),
  generation: field(16, "u64"),
  writerPid: field(24, "u32"),
  slots: field(28, "u32"),
  slotBytes: field(32, "u64"),
  frameBytes: field(40, "u64"),
  width: field(48, "u32"),
  height: field(52, "u32"),
  pixelFormat: field(56, "char[16]"),
  fps: field(72, "f64"),
  planes: field(80, "u32"),
  state: field(192, "u32"),
  notify: field(196, "u32"),
  heartbeat: field(200, "u64"),
  newest: field(208, "u32"),
  published: field(216, "u64"),
} as const satisfies Record<string, Field>;

/** What is said of each of up to three planes, one after the other. */
export const PLANE = {
  offset: field(88, "u32"),
  stride: field(92, "u32"),
  rows: field(96, "u32"),
  rowBytes: field(100, "u32"),
} as const satisfies Record<string, Field>;

/** From one plane to the next. */
export const PLANE_BYTES = 16;

/** What is said of each slot, one after the other. */
export const SLOT = {
  sequence: field(256, "u32"),
  flags: field(260, "u32"),
  number: field(264, "u64"),
  capturedAt: field(272, "u64"),
  receivedAt: field(280, "u64"),
  decodedAt: field(288, "u64"),
  publishedAt: field(296, "u64"),
} as const satisfies Record<string, Field>;

/** From one slot's record to the next: a line of the cache. */
export const SLOT_RECORD_BYTES = 64;

/**
 * Where the first slot begins, and what their distance is a multiple of: the
 * largest page that arm64 has, so that a slot can be mapped by itself.
 */
export const ALIGNMENT = 65536;

/** Most slots: a reader needs no more to know that a header is damaged. */
export const MAX_SLOTS = 64;

/** Values of `state`. */
export const STATE = { live: 1, closed: 2 } as const;

/** Bits of `flags`. */
export const FLAGS = { keyframe: 1, damaged: 2, afterLoss: 4 } as const;

/** The value of `newest` before the first frame. */
export const NO_SLOT = 0xffffffff;

/** How often at least the heartbeat is renewed. */
export const HEARTBEAT_MS = 250;

/** A writer whose heartbeat is older is not at work: known within a second. */
export const STALE_MS = 900;
