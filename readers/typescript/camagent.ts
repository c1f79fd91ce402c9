/**
 * Reads frames that `camagent recv ... shm:cam0` shows in shared memory, under
 * Deno (with `--allow-all`: it maps memory) and under Bun. One file, to copy
 * into any project.
 *
 * ```ts ignore
 * import { openFrames } from "./camagent.ts";
 *
 * using frames = openFrames("cam0");
 * for await (const frame of frames) {
 *   console.log(frame.number, frame.width, frame.height, frame.ageMs());
 * }
 * ```
 *
 * @module
 */

import * as fs from "node:fs";
import process from "node:process";

/** The version of the layout that this file knows. */
const VERSION = 1;

/** Where things are in the header; the README has the table. */
const AT = {
  magic: 0,
  version: 8,
  headerBytes: 12,
  generation: 16,
  slots: 28,
  slotBytes: 32,
  frameBytes: 40,
  width: 48,
  height: 52,
  pixelFormat: 56,
  fps: 72,
  planes: 80,
  plane: 88,
  state: 192,
  notify: 196,
  heartbeat: 200,
  newest: 208,
  published: 216,
  slot: 256,
} as const;

/** Where things are in a slot's record. */
const SLOT = {
  sequence: 0,
  flags: 4,
  number: 8,
  capturedAt: 16,
  receivedAt: 24,
  decodedAt: 32,
  publishedAt: 40,
} as const;

const PLANE_BYTES = 16;
const SLOT_RECORD_BYTES = 64;
const MAX_SLOTS = 64;
const MAX_SIDE = 16384;
const LIVE = 1;
const CLOSED = 2;

/** A writer that has not renewed its heartbeat for so long is not at work. */
const STALE_MS = 900;

/** How often it is looked whether the writer has gone, or come back. */
const CHECK_MS = 250;

/** Bun has no calls that wait beside the event loop: it looks this often. */
const POLL_MS = 1;

/** Bytes per sample and what the size is divided by, plane by plane. */
const PLANES: Readonly<Record<string, readonly (readonly number[])[]>> = {
  rgb24: [[3, 1]],
  bgr24: [[3, 1]],
  gray: [[1, 1]],
  yuv420p: [[1, 1], [1, 2], [1, 2]],
  nv12: [[1, 1], [2, 2]],
};

/** Where one plane lies in a frame's bytes. */
export interface FramePlane {
  /** Bytes from the start of the frame to the first row. */
  readonly offset: number;
  /** Bytes from the start of one row to the start of the next. */
  readonly stride: number;
  /** Number of rows. */
  readonly rows: number;
  /** Bytes of a row that are picture. */
  readonly rowBytes: number;
}

/** What all frames have in common until the size of the pictures changes. */
export interface FrameGeometry {
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
  /** FFmpeg's name: rgb24, bgr24, gray, yuv420p or nv12. */
  readonly pixelFormat: string;
  /** One plane; Y, U, V for yuv420p; Y, UV for nv12. */
  readonly planes: readonly FramePlane[];
  /** Frames per second, where the stream tells. */
  readonly fps?: number;
}

/**
 * How the writer is: at work, killed or frozen, gone for good, or not there
 * yet.
 */
export type WriterState = "live" | "stale" | "closed" | "absent";

/** What was read. Times are milliseconds of CLOCK_MONOTONIC. */
export interface SharedFrame extends FrameGeometry {
  /** The picture, rows top to bottom; see `planes`. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** Another one for every writer and every size. */
  readonly generation: bigint;
  /** Counts its frames from 1; a gap means frames that were not read. */
  readonly number: number;
  /** When the sensor took it, where the sender tells. */
  readonly capturedAt?: number;
  /** When its last byte arrived. */
  readonly receivedAt: number;
  /** When the decoder was done with it. */
  readonly decodedAt: number;
  /** When readers could see it. */
  readonly publishedAt: number;
  /** Whether the coded picture was a keyframe. */
  readonly keyframe: boolean;
  /** Whether parts of it are known to be missing or wrong. */
  readonly damaged: boolean;
  /** Whether frames before it are missing. */
  readonly afterLoss: boolean;
  /** How old it is now: since its capture, else since its arrival. */
  ageMs(): number;
  /**
   * Of a view: whether all that was read of `data` up to now is this picture.
   * A copy always is.
   */
  isWhole(): boolean;
}

/** The frames of one name, whichever process writes them. */
export interface Frames extends Disposable, AsyncIterable<SharedFrame> {
  /** How the writer is. */
  readonly state: WriterState;
  /** How long ago the writer last gave a sign of life: it does every 250 ms. */
  readonly silentMs: number | undefined;
  /** What the frames look like, once there is a writer. */
  readonly geometry: FrameGeometry | undefined;
  /** Returns the newest frame, copied; `undefined` if there is none. */
  readLatest(): SharedFrame | undefined;
  /**
   * Returns the newest frame in place. It is there for two more frames or so:
   * ask `isWhole()` after reading. Writing to it ends the process.
   */
  viewLatest(): SharedFrame | undefined;
  /**
   * Waits for a frame that was not returned before, and returns the newest.
   * Writers may come and go meanwhile.
   *
   * @throws {RangeError} If what stands at the name cannot be read, as do all
   * other members.
   * @throws The signal's reason when it aborts.
   */
  next(signal?: AbortSignal): Promise<SharedFrame>;
}

/** How frames are read. */
export interface FramesOptions {
  /**
   * Whether `next()` and iterating return copies; `false` for views, as
   * `viewLatest()` does.
   *
   * @default {true}
   */
  copy?: boolean;
}

/**
 * Opens the frames of `shm:<name>`. There need be no writer yet.
 *
 * @param name As in the address, or the path of a segment.
 * @throws {TypeError} If it is no name.
 */
export function openFrames(
  name: string,
  { copy = true }: FramesOptions = {},
): Frames {
  if (name.includes("\0") || name === "" || /^\.*$/.test(name)) {
    throw new TypeError(`Cannot open ${JSON.stringify(name)}: no name`);
  }
  const path = name.startsWith("/") ? name : `/dev/shm/camagent-${name}`;
  if (!name.startsWith("/") && name.includes("/")) {
    throw new TypeError(`Cannot open ${JSON.stringify(name)}: no name`);
  }
  return new Reader(path, copy);
}

/** A frame as it stands in the memory. */
interface Found {
  readonly slot: number;
  readonly sequence: number;
  readonly number: number;
}

/** What one writer made: a file that is mapped. */
export class Segment {
  /** What its frames look like. */
  readonly geometry: FrameGeometry;
  /** Tells it from others of the same name. */
  readonly generation: bigint;
  readonly #words: BigUint64Array<ArrayBuffer>;
  readonly #buffer: ArrayBuffer;
  readonly #headerBytes: number;
  readonly #slots: number;
  readonly #slotBytes: number;
  readonly #frameBytes: number;

  /** @throws {RangeError} If the header is not one that this file knows. */
  constructor(buffer: ArrayBuffer) {
    const check = (condition: boolean, what: string) => {
      if (!condition) throw new RangeError(`Bad header: ${what}`);
    };
    check(buffer.byteLength >= AT.slot, "too short");
    const view = new DataView(buffer);
    const u32 = (at: number) => view.getUint32(at, true);
    const u64 = (at: number) => Number(view.getBigUint64(at, true));
    const text = (at: number, length: number) =>
      new TextDecoder("latin1").decode(new Uint8Array(buffer, at, length))
        .replace(/\0.*$/s, "");
    check(text(AT.magic, 8) === "camagent", "no frames of camagent");
    check(u32(AT.version) === VERSION, `version ${u32(AT.version)}`);
    this.#buffer = buffer;
    this.#slots = u32(AT.slots);
    this.#headerBytes = u32(AT.headerBytes);
    this.#slotBytes = u64(AT.slotBytes);
    this.#frameBytes = u64(AT.frameBytes);
    const [width, height] = [u32(AT.width), u32(AT.height)];
    const pixelFormat = text(AT.pixelFormat, 16);
    const kinds = PLANES[pixelFormat] ?? [];
    const fits = (size: number) => size >= 1 && size <= MAX_SIDE;
    check(fits(width) && fits(height), `${width}x${height}`);
    check(this.#slots >= 1 && this.#slots <= MAX_SLOTS, "slots");
    check(this.#headerBytes % 8 === 0 && this.#slotBytes % 8 === 0, "places");
    const records = AT.slot + this.#slots * SLOT_RECORD_BYTES;
    check(this.#headerBytes >= records, "records");
    check(this.#frameBytes <= this.#slotBytes, "slot's size");
    const end = this.#headerBytes + this.#slots * this.#slotBytes;
    check(end <= buffer.byteLength, "size");
    check(kinds.length > 0 && u32(AT.planes) === kinds.length, "planes");
    const planes = kinds.map(([bytes = 1, divisor = 1], index) => {
      const at = AT.plane + index * PLANE_BYTES;
      const [offset = 0, stride = 0, rows = 0, rowBytes = 0] = [0, 4, 8, 12]
        .map((field) => u32(at + field));
      check(rows === Math.ceil(height / divisor), "rows");
      check(rowBytes === Math.ceil(width / divisor) * bytes, "row");
      check(stride >= rowBytes, "stride");
      const last = offset + (rows - 1) * stride + rowBytes;
      check(last <= this.#frameBytes, "plane's size");
      return { offset, stride, rows, rowBytes };
    });
    const fps = view.getFloat64(AT.fps, true);
    const isRate = Number.isFinite(fps) && fps > 0;
    this.geometry = {
      ...{ width, height, pixelFormat, planes },
      ...(isRate && { fps }),
    };
    this.generation = view.getBigUint64(AT.generation, true);
    this.#words = new BigUint64Array(buffer, 0, this.#headerBytes / 8);
  }

  /** Counts up whenever there is something new. */
  get notify(): number {
    return this.#u32(AT.notify);
  }

  /** How its writer is. */
  state(now: number): WriterState {
    const state = this.#u32(AT.state);
    if (state === CLOSED) return "closed";
    const isFresh = this.silentMs(now) <= STALE_MS;
    return state === LIVE && isFresh ? "live" : "stale";
  }

  /** How long ago its writer last gave a sign of life. */
  silentMs(now: number): number {
    return now - this.#time(AT.heartbeat);
  }

  /** Finds the newest frame. */
  newest(): Found | undefined {
    // A second look if the slot was filled anew in between.
    for (let look = 0; look < 3; look++) {
      const slot = this.#u32(AT.newest);
      if (slot >= this.#slots) return undefined;
      const at = this.#record(slot);
      const sequence = this.#u32(at);
      if (sequence % 2 !== 0) continue;
      const number = Number(this.#u64(at + SLOT.number));
      if (this.isStill({ slot, sequence, number })) {
        return { slot, sequence, number };
      }
    }
    return undefined;
  }

  /** Whether a slot has held the same frame all the time. */
  isStill({ slot, sequence }: Found): boolean {
    return this.#u32(this.#record(slot)) === sequence;
  }

  /** Returns a frame in place. */
  view(found: Found): SharedFrame {
    const start = this.#headerBytes + found.slot * this.#slotBytes;
    const at = this.#record(found.slot);
    const flags = this.#u32(at + SLOT.flags);
    const captured = this.#time(at + SLOT.capturedAt);
    const receivedAt = this.#time(at + SLOT.receivedAt);
    const since = captured > 0 ? captured : receivedAt;
    return {
      ...this.geometry,
      data: new Uint8Array(this.#buffer, start, this.#frameBytes),
      generation: this.generation,
      number: found.number,
      ...(captured > 0 && { capturedAt: captured }),
      receivedAt,
      decodedAt: this.#time(at + SLOT.decodedAt),
      publishedAt: this.#time(at + SLOT.publishedAt),
      keyframe: (flags & 1) !== 0,
      damaged: (flags & 2) !== 0,
      afterLoss: (flags & 4) !== 0,
      ageMs: () => monotonicNow() - since,
      isWhole: () => this.isStill(found),
    };
  }

  #record(slot: number): number {
    return AT.slot + slot * SLOT_RECORD_BYTES;
  }

  /** Milliseconds of CLOCK_MONOTONIC. */
  #time(at: number): number {
    return Number(this.#u64(at)) / 1e6;
  }

  #u64(at: number): bigint {
    return Atomics.load(this.#words, at / 8);
  }

  /**
   * Half of 64 bits: what Bun 1.4.5 makes of an Atomics.load() of 32 bits that
   * is called often writes, and dies of memory that is for reading only.
   */
  #u32(at: number): number {
    const word = this.#u64(at - at % 8);
    return Number(at % 8 === 0 ? word & 0xffffffffn : word >> 32n);
  }
}

class Reader implements Frames {
  readonly #path: string;
  readonly #copy: boolean;
  #mapped: Mapped | undefined;
  #lastGeneration: bigint | undefined;
  #lastNumber = 0;
  #left: WriterState = "absent";
  #closed = false;

  constructor(path: string, copy: boolean) {
    this.#path = path;
    this.#copy = copy;
  }

  get state(): WriterState {
    const segment = this.#segment();
    return segment?.state(monotonicNow()) ?? this.#left;
  }

  get silentMs(): number | undefined {
    return this.#segment()?.silentMs(monotonicNow());
  }

  get geometry(): FrameGeometry | undefined {
    return this.#segment()?.geometry;
  }

  readLatest(): SharedFrame | undefined {
    for (let look = 0; look < 3; look++) {
      const view = this.viewLatest();
      if (view === undefined) return undefined;
      const data = view.data.slice();
      if (view.isWhole()) return { ...view, data, isWhole: () => true };
    }
    return undefined;
  }

  viewLatest(): SharedFrame | undefined {
    const segment = this.#segment();
    const found = segment?.newest();
    if (segment === undefined || found === undefined) return undefined;
    const view = segment.view(found);
    // What was read of the record may belong to the next frame.
    if (!segment.isStill(found)) return undefined;
    this.#lastGeneration = segment.generation;
    this.#lastNumber = found.number;
    return view;
  }

  async next(signal?: AbortSignal): Promise<SharedFrame> {
    while (true) {
      signal?.throwIfAborted();
      if (this.#closed) throw new TypeError(`Closed: ${this.#path}`);
      const segment = this.#segment();
      const notify = segment?.notify ?? 0;
      if (segment !== undefined && this.#isNew(segment)) {
        const frame = this.#copy ? this.readLatest() : this.viewLatest();
        if (frame !== undefined) return frame;
        continue;
      }
      await this.#mapped?.wait(notify);
      if (this.#mapped === undefined) await sleep(CHECK_MS / 5);
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<SharedFrame> {
    while (!this.#closed) yield await this.next();
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#mapped = undefined;
  }

  /** What a writer showed that has been killed since is no news. */
  #isNew(segment: Segment): boolean {
    if (segment.state(monotonicNow()) === "stale") return false;
    const found = segment.newest();
    return found !== undefined &&
      (segment.generation !== this.#lastGeneration ||
        found.number > this.#lastNumber);
  }

  /** What is mapped, or what stands there if that is gone. */
  #segment(): Segment | undefined {
    if (this.#closed) return undefined;
    const mapped = this.#mapped;
    const now = monotonicNow();
    if (mapped?.segment.state(now) === "live") return mapped.segment;
    const standing = statOf(this.#path);
    if (standing !== undefined && standing.ino !== mapped?.ino) {
      this.#mapped = mapFile(this.#path) ?? mapped;
    } else if (mapped?.segment.state(now) === "closed" && !standing) {
      this.#mapped = undefined;
      this.#left = "closed";
    }
    return this.#mapped?.segment;
  }
}

function statOf(path: string): fs.Stats | undefined {
  try {
    return fs.lstatSync(path);
  } catch {
    return undefined;
  }
}

/** A file that is mapped for as long as somebody holds its buffer. */
interface Mapped {
  readonly segment: Segment;
  readonly ino: number;
  /** Waits until `notify` is another one, for 250 ms at the most. */
  wait(notify: number): Promise<void>;
}

const O_RDONLY = fs.constants.O_RDONLY;
const O_SAFELY = 0o4000 /* O_NONBLOCK */ | 0o2000000 /* O_CLOEXEC */ |
  fs.constants.O_NOFOLLOW;
const PROT_READ = 1;
const MAP_SHARED = 1;
const MAP_FAILED = (1n << 64n) - 1n;
const FUTEX_WAIT = 0;
const CLOCK_MONOTONIC = 1;
const SYS_FUTEX = process.arch === "arm64" ? 98 : 202;

/** A mapping, given back when nobody holds its buffer any more. */
const mappings = new FinalizationRegistry<Place>(({ address, size }) =>
  load().unmap(address, size)
);

/** Where a mapping is. It must not lead to the buffer, which would stay. */
interface Place {
  readonly address: bigint;
  readonly size: number;
}

function mapFile(path: string): Mapped | undefined {
  const native = load();
  const fd = native.open(cString(path), O_RDONLY | O_SAFELY);
  if (fd < 0) return refuse(path);
  try {
    const { ino, size, isFile } = sizeOf(fd);
    if (!isFile) throw new RangeError(`Cannot read ${path}: it is no file`);
    const address = size < AT.slot ? MAP_FAILED : native.map(fd, size);
    if (address === MAP_FAILED) {
      throw new RangeError(`Cannot read ${path}: it is too short`);
    }
    const buffer = native.bufferAt(address, size);
    mappings.register(buffer, { address, size });
    const segment = new Segment(buffer);
    const word = address + BigInt(AT.notify);
    const wait = native.wait === undefined
      ? (notify: number) => poll(segment, notify)
      : (notify: number) => native.wait!(word, notify);
    return { segment, ino, wait };
  } finally {
    native.close(fd);
  }
}

/** Says why there is something and we may not open it. */
function refuse(path: string): undefined {
  let code: unknown;
  try {
    if (fs.lstatSync(path).isSymbolicLink()) code = "it is a link";
    else fs.accessSync(path, fs.constants.R_OK);
  } catch (cause) {
    code = (cause as NodeJS.ErrnoException).code;
  }
  // It may have gone, or come, in the meantime.
  if (code === undefined || code === "ENOENT") return undefined;
  const why = code === "EACCES" ? "no permission" : code;
  throw new RangeError(`Cannot read ${path}: ${why}`);
}

async function poll(segment: Segment, notify: number): Promise<void> {
  for (let waited = 0; waited < CHECK_MS; waited += POLL_MS) {
    if (segment.notify !== notify) return;
    await sleep(POLL_MS);
  }
}

function sizeOf(fd: number) {
  const stats = fs.statSync(`/proc/self/fd/${fd}`);
  return { ino: stats.ino, size: stats.size, isFile: stats.isFile() };
}

function cString(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\0`);
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** CLOCK_MONOTONIC in milliseconds: the clock of all times here. */
export function monotonicNow(): number {
  const time = new BigInt64Array(2);
  load().clock(CLOCK_MONOTONIC, new Uint8Array(time.buffer));
  return Number(time[0]) * 1e3 + Number(time[1]) / 1e6;
}

/** The calls of the C library that are needed. */
interface Native {
  open(path: Uint8Array, flags: number): number;
  close(fd: number): void;
  map(fd: number, bytes: number): bigint;
  unmap(address: bigint, bytes: number): void;
  bufferAt(address: bigint, bytes: number): ArrayBuffer;
  clock(id: number, time: Uint8Array): void;
  /** Waits beside the event loop, where the runtime can. */
  wait?(address: bigint, value: number): Promise<void>;
}

let native: Native | undefined;

function load(): Native {
  return native ??= "Deno" in globalThis ? loadDeno() : loadBun();
}

function loadDeno(): Native {
  const { symbols } = Deno.dlopen("libc.so.6", {
    open: { parameters: ["buffer", "i32"], result: "i32" },
    close: { parameters: ["i32"], result: "i32" },
    mmap: {
      parameters: ["usize", "usize", "i32", "i32", "i32", "i64"],
      result: "u64",
    },
    munmap: { parameters: ["usize", "usize"], result: "i32" },
    clock_gettime: { parameters: ["i32", "buffer"], result: "i32" },
    syscall: {
      parameters: ["i64", "usize", "i32", "i32", "buffer", "usize", "i32"],
      result: "i64",
      nonblocking: true,
    },
  });
  const limit = BigInt64Array.of(0n, BigInt(CHECK_MS) * 1_000_000n);
  const timeout = new Uint8Array(limit.buffer);
  return {
    open: (path, flags) => symbols.open(path as Uint8Array<ArrayBuffer>, flags),
    close: (fd) => void symbols.close(fd),
    map: (fd, bytes) =>
      symbols.mmap(0n, BigInt(bytes), PROT_READ, MAP_SHARED, fd, 0n),
    unmap: (address, bytes) => void symbols.munmap(address, BigInt(bytes)),
    bufferAt: (address, bytes) =>
      Deno.UnsafePointerView.getArrayBuffer(
        Deno.UnsafePointer.create(address)!,
        bytes,
      ),
    clock: (id, time) =>
      void symbols.clock_gettime(id, time as Uint8Array<ArrayBuffer>),
    wait: async (address, value) => {
      const number = BigInt(SYS_FUTEX);
      await symbols.syscall(number, address, FUTEX_WAIT, value, timeout, 0n, 0);
    },
  };
}

function loadBun(): Native {
  // Not imported by name: Deno would look for it.
  const { dlopen, toArrayBuffer } = process.getBuiltinModule(
    "bun:ffi" as "node:fs",
  ) as unknown as BunFfi;
  const { symbols } = dlopen("libc.so.6", {
    open: { args: ["ptr", "i32"], returns: "i32" },
    close: { args: ["i32"], returns: "i32" },
    mmap: {
      args: ["usize", "usize", "i32", "i32", "i32", "i64"],
      returns: "u64",
    },
    munmap: { args: ["usize", "usize"], returns: "i32" },
    clock_gettime: { args: ["i32", "ptr"], returns: "i32" },
  });
  return {
    open: (path, flags) => Number(symbols.open!(path, flags)),
    close: (fd) => void symbols.close!(fd),
    map: (fd, bytes) =>
      BigInt(symbols.mmap!(0n, BigInt(bytes), PROT_READ, MAP_SHARED, fd, 0n)),
    unmap: (address, bytes) => void symbols.munmap!(address, BigInt(bytes)),
    bufferAt: (address, bytes) => toArrayBuffer(Number(address), 0, bytes),
    clock: (id, time) => void symbols.clock_gettime!(id, time),
  };
}

/** The part of `bun:ffi` that is used. */
interface BunFfi {
  dlopen(
    path: string,
    symbols: Record<string, { args: string[]; returns: string }>,
  ): { symbols: Record<string, (...args: unknown[]) => number | bigint> };
  toArrayBuffer(pointer: number, offset: number, bytes: number): ArrayBuffer;
}
