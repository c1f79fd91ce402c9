/**
 * Frames in shared memory, with what readers have to know of them.
 *
 * @module
 */

import type {
  Frame,
  FrameFormat,
  FrameMemory,
  Runtime,
  SharedMemory,
} from "../../mod.ts";
import {
  ALIGNMENT,
  FLAGS,
  HEADER,
  HEARTBEAT_MS,
  MAGIC,
  NO_SLOT,
  PLANE,
  PLANE_BYTES,
  SLOT,
  SLOT_RECORD_BYTES,
  STATE,
  VERSION,
} from "./layout.ts";

/** What is to be known of a ring before it is made. */
export interface RingShape {
  /** Geometry of every frame. */
  readonly format: FrameFormat;
  /** Bytes of a frame. */
  readonly frameBytes: number;
  /** How many slots. */
  readonly slots: number;
  /** Tells it from others of the same name, before and after. */
  readonly generation: bigint;
  /** The process that writes. */
  readonly pid: number;
}

/** Bytes that a ring takes. */
export function ringBytes(shape: RingShape): number {
  return ALIGNMENT + shape.slots * slotBytes(shape);
}

/** From one slot to the next. */
function slotBytes({ frameBytes }: RingShape): number {
  return Math.ceil(frameBytes / ALIGNMENT) * ALIGNMENT;
}

/** Fills in the header of memory that is all zeros. */
export function writeHeader(bytes: Uint8Array<ArrayBuffer>, shape: RingShape) {
  const { format, frameBytes, slots, generation, pid } = shape;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const text = (offset: number, value: string) =>
    bytes.set(new TextEncoder().encode(value), offset);
  const u32 = (offset: number, value: number) =>
    view.setUint32(offset, value, true);
  const u64 = (offset: number, value: bigint) =>
    view.setBigUint64(offset, value, true);
  text(HEADER.magic.offset, MAGIC);
  u32(HEADER.version.offset, VERSION);
  u32(HEADER.headerBytes.offset, ALIGNMENT);
  u64(HEADER.generation.offset, generation);
  u32(HEADER.writerPid.offset, pid);
  u32(HEADER.slots.offset, slots);
  u64(HEADER.slotBytes.offset, BigInt(slotBytes(shape)));
  u64(HEADER.frameBytes.offset, BigInt(frameBytes));
  u32(HEADER.width.offset, format.width);
  u32(HEADER.height.offset, format.height);
  text(HEADER.pixelFormat.offset, format.pixelFormat);
  view.setFloat64(HEADER.fps.offset, format.fps ?? 0, true);
  u32(HEADER.planes.offset, format.planes.length);
  for (const [index, plane] of format.planes.entries()) {
    const at = index * PLANE_BYTES;
    u32(PLANE.offset.offset + at, plane.offset);
    u32(PLANE.stride.offset + at, plane.stride);
    u32(PLANE.rows.offset + at, plane.rows);
    u32(PLANE.rowBytes.offset + at, plane.rowBytes);
  }
  u32(HEADER.state.offset, STATE.live);
  u32(HEADER.newest.offset, NO_SLOT);
}

/** A ring that readers see. */
export class Ring implements FrameMemory {
  /** `frameBytes` bytes each. */
  readonly slots: readonly Uint8Array<ArrayBuffer>[];
  /** What it was made for. */
  readonly shape: RingShape;
  readonly #memory: SharedMemory;
  readonly #runtime: Runtime;
  readonly #onGone: () => void;
  readonly #view: DataView;
  readonly #words: Int32Array;
  readonly #words64: BigInt64Array;
  readonly #closed = new AbortController();
  readonly #beating: Promise<void>;
  #published = 0;
  #lastSequence: number | undefined;

  /**
   * @param memory With its header; belongs to the ring from here on.
   * @param onGone Called once readers cannot open it any more.
   */
  constructor(
    memory: SharedMemory,
    shape: RingShape,
    runtime: Runtime,
    onGone: () => void,
  ) {
    const { bytes } = memory;
    this.shape = shape;
    this.#memory = memory;
    this.#runtime = runtime;
    this.#onGone = onGone;
    this.#view = new DataView(bytes.buffer, 0, ALIGNMENT);
    this.#words = new Int32Array(bytes.buffer, 0, ALIGNMENT / 4);
    this.#words64 = new BigInt64Array(bytes.buffer, 0, ALIGNMENT / 8);
    this.slots = Array.from({ length: shape.slots }, (_, slot) => {
      const start = ALIGNMENT + slot * slotBytes(shape);
      return bytes.subarray(start, start + shape.frameBytes);
    });
    this.#beat();
    this.#beating = this.#keepBeating();
  }

  /** The slot that is a frame's memory; `undefined` if none is. */
  slotOf(data: Uint8Array): number | undefined {
    if (data.buffer !== this.#memory.bytes.buffer) return undefined;
    const offset = data.byteOffset - ALIGNMENT;
    return Math.floor(offset / slotBytes(this.shape));
  }

  /** Tells readers that a slot holds no frame any more. */
  reuse(slot: number): void {
    const word = (SLOT.sequence.offset + slot * SLOT_RECORD_BYTES) / 4;
    const sequence = Atomics.load(this.#words, word);
    // A swap, not a store: nothing written later may be seen before it.
    if (sequence % 2 === 0) Atomics.exchange(this.#words, word, sequence + 1);
  }

  /** Shows readers a slot that was filled after {@linkcode Ring.reuse}. */
  publish(slot: number, frame: Frame): void {
    const at = slot * SLOT_RECORD_BYTES;
    const u64 = (offset: number, value: bigint) =>
      this.#view.setBigUint64(offset + at, value, true);
    const { capturedAt, receivedAt, decodedAt, sequence } = frame;
    u64(SLOT.number.offset, BigInt(++this.#published));
    const flags = this.#flagsOf(frame);
    this.#view.setUint32(SLOT.flags.offset + at, flags, true);
    u64(SLOT.capturedAt.offset, nanoseconds(capturedAt ?? 0));
    u64(SLOT.receivedAt.offset, nanoseconds(receivedAt));
    u64(SLOT.decodedAt.offset, nanoseconds(decodedAt));
    u64(SLOT.publishedAt.offset, nanoseconds(this.#runtime.now()));
    this.#lastSequence = sequence;
    Atomics.add(this.#words, (SLOT.sequence.offset + at) / 4, 1);
    Atomics.store(this.#words, HEADER.newest.offset / 4, slot);
    const count = BigInt(this.#published);
    Atomics.store(this.#words64, HEADER.published.offset / 8, count);
    this.#wake();
  }

  /** Copies a frame whose memory is somewhere else into the oldest slot. */
  copy(frame: Frame): void {
    const slot = this.#published % this.slots.length;
    this.reuse(slot);
    this.slots[slot]!.set(frame.data);
    this.publish(slot, frame);
  }

  /** Tells readers that another ring has the name: they go there. */
  retire(): void {
    const word = HEADER.state.offset / 4;
    const before = Atomics.exchange(this.#words, word, STATE.closed);
    if (before !== STATE.closed) this.#wake();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    await this.#beating;
    this.retire();
    try {
      await this.#memory[Symbol.asyncDispose]();
    } finally {
      this.#onGone();
    }
  }

  #flagsOf({ keyframe, damaged, sequence }: Frame): number {
    const last = this.#lastSequence;
    const afterLoss = last !== undefined && sequence !== last + 1;
    return (keyframe ? FLAGS.keyframe : 0) | (damaged ? FLAGS.damaged : 0) |
      (afterLoss ? FLAGS.afterLoss : 0);
  }

  #wake(): void {
    Atomics.add(this.#words, HEADER.notify.offset / 4, 1);
    this.#memory.wake(HEADER.notify.offset);
  }

  #beat(): void {
    const now = nanoseconds(this.#runtime.now());
    Atomics.store(this.#words64, HEADER.heartbeat.offset / 8, now);
  }

  async #keepBeating(): Promise<void> {
    const { signal } = this.#closed;
    const pause = HEARTBEAT_MS as Parameters<Runtime["sleep"]>[0];
    while (true) {
      try {
        await this.#runtime.sleep(pause, signal);
      } catch {
        return;
      }
      this.#beat();
    }
  }
}

function nanoseconds(milliseconds: number): bigint {
  return BigInt(Math.round(milliseconds * 1e6));
}
