/**
 * What a device of V4L2 tells of itself (linux/videodev2.h). The numbers and
 * layouts are the same on x86-64 and arm64.
 *
 * @module
 */

import type { Libc } from "./libc.ts";

/** ioctl(2): number and size of the structure. */
const QUERYCAP = { request: 0x80685600, bytes: 104 };
const ENUM_FMT = { request: 0xc0405602, bytes: 64 };
const REQBUFS = { request: 0xc0145608, bytes: 20 };
const ENUM_FRAMESIZES = { request: 0xc02c564a, bytes: 44 };
const ENUM_FRAMEINTERVALS = { request: 0xc034564b, bytes: 52 };

/** V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_MEMORY_MMAP. */
const VIDEO_CAPTURE = 1;
const MEMORY_MMAP = 1;

/** V4L2_CAP_VIDEO_CAPTURE, _STREAMING, _DEVICE_CAPS, and those of codecs. */
const CAN_CAPTURE = 0x1;
const CAN_STREAM = 0x04000000;
const HAS_DEVICE_CAPS = 0x80000000;
const IS_CODEC = 0x8000 | 0x4000;

/** V4L2_FRMSIZE_TYPE_DISCRETE, and the same of V4L2_FRMIVAL_TYPE. */
const DISCRETE = 1;

/** A driver that never ends its lists must not hold us up. */
const MOST_ENTRIES = 128;

/** What is listed of a camera that has any size between two. */
const COMMON: readonly { width: number; height: number }[] = [
  { width: 320, height: 240 },
  { width: 640, height: 480 },
  { width: 800, height: 600 },
  { width: 1280, height: 720 },
  { width: 1920, height: 1080 },
];

/** What a device is. */
export interface Capability {
  /** What it calls itself. */
  name: string;
  /** Of the kernel's. */
  driver: string;
  /** Where it is plugged in. */
  bus: string;
  /** Whether pictures can be streamed from it. */
  captures: boolean;
}

/** An open device. */
export class V4l2 {
  readonly #fd: number;
  readonly #libc: Libc;

  /** @param fd Stays the caller's. */
  constructor(fd: number, libc: Libc) {
    this.#fd = fd;
    this.#libc = libc;
  }

  /** Tells what it is; `undefined` if it is none of V4L2's. */
  capability(): Capability | undefined {
    const view = this.#ask(QUERYCAP, () => {});
    if (!view) return undefined;
    const all = view.getUint32(84, true);
    const own = all & HAS_DEVICE_CAPS ? view.getUint32(88, true) : all;
    return {
      driver: text(view, 0, 16),
      name: text(view, 16, 32),
      bus: text(view, 48, 32),
      captures: (own & CAN_CAPTURE) !== 0 && (own & CAN_STREAM) !== 0 &&
        (own & IS_CODEC) === 0,
    };
  }

  /**
   * Asks for no buffers, which changes nothing.
   *
   * @returns The error; EBUSY if somebody else has some.
   */
  tryBuffers(): number {
    const view = this.#ask(REQBUFS, (view) => {
      view.setUint32(4, VIDEO_CAPTURE, true);
      view.setUint32(8, MEMORY_MMAP, true);
    });
    return view ? 0 : this.#libc.errno();
  }

  /** Lists its formats, by their four letters. */
  formats(): string[] {
    return this.#list(
      ENUM_FMT,
      (view) => view.setUint32(4, VIDEO_CAPTURE, true),
    )
      .map((view) => fourccOf(view.getUint32(44, true)));
  }

  /** Lists the sizes of a format. */
  sizes(fourcc: string): { width: number; height: number }[] {
    const entries = this.#list(ENUM_FRAMESIZES, (view) => {
      view.setUint32(4, codeOf(fourcc), true);
    });
    return entries.flatMap((view) => {
      const at = (offset: number) => view.getUint32(offset, true);
      if (at(8) === DISCRETE) return [{ width: at(12), height: at(16) }];
      const most = { width: at(16), height: at(28) };
      return [
        ...COMMON.filter(({ width, height }) =>
          width >= at(12) && height >= at(24) &&
          (width < most.width || height < most.height) &&
          width <= most.width && height <= most.height
        ),
        most,
      ];
    });
  }

  /** Lists the pictures per second of a size. */
  rates(fourcc: string, width: number, height: number): number[] {
    const entries = this.#list(ENUM_FRAMEINTERVALS, (view) => {
      view.setUint32(4, codeOf(fourcc), true);
      view.setUint32(8, width, true);
      view.setUint32(12, height, true);
    });
    return entries.flatMap((view) => {
      // Of a range the shortest and the longest interval come first.
      const offsets = view.getUint32(16, true) === DISCRETE ? [20] : [20, 28];
      return offsets.flatMap((offset) => {
        const numerator = view.getUint32(offset, true);
        const denominator = view.getUint32(offset + 4, true);
        const fps = denominator / numerator;
        return Number.isFinite(fps) ? [Math.round(fps * 100) / 100] : [];
      });
    });
  }

  #list(
    what: { request: number; bytes: number },
    fill: (view: DataView) => void,
  ): DataView[] {
    const entries: DataView[] = [];
    while (entries.length < MOST_ENTRIES) {
      const entry = this.#ask(what, (view) => {
        view.setUint32(0, entries.length, true);
        fill(view);
      });
      if (!entry) break;
      entries.push(entry);
    }
    return entries;
  }

  #ask(
    { request, bytes }: { request: number; bytes: number },
    fill: (view: DataView) => void,
  ): DataView | undefined {
    const memory = new Uint8Array(bytes);
    const view = new DataView(memory.buffer);
    fill(view);
    return this.#libc.ioctl(this.#fd, request, memory) < 0 ? undefined : view;
  }
}

/** Up to the first zero; control characters are nobody's name. */
function text(view: DataView, offset: number, bytes: number): string {
  const part = new Uint8Array(view.buffer, offset, bytes);
  const end = part.indexOf(0);
  const whole = new TextDecoder().decode(
    part.subarray(0, end < 0 ? bytes : end),
  );
  return whole.replace(/\p{Cc}+/gu, " ").trim();
}

function fourccOf(code: number): string {
  const letters = [0, 8, 16, 24].map((shift) => code >>> shift & 0x7f);
  return String.fromCharCode(...letters).trim();
}

function codeOf(fourcc: string): number {
  return [...fourcc.padEnd(4)].reduce(
    (code, letter, at) => code | letter.charCodeAt(0) << 8 * at,
    0,
  ) >>> 0;
}
