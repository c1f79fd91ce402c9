import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import type { Libc } from "./libc.ts";
import { V4l2 } from "./v4l2.ts";

/** What a driver answers: by the number of the call within V4L2. */
type Answer = (view: DataView) => boolean;

const QUERYCAP = 0;
const ENUM_FMT = 2;
const REQBUFS = 8;
const ENUM_FRAMESIZES = 74;
const ENUM_FRAMEINTERVALS = 75;

/** A driver; what it does not answer fails with this error. */
function driver(answers: Record<number, Answer>, errno = 22): Libc {
  return {
    ioctl(_fd: number, request: number, memory: Uint8Array): number {
      // ioctl(2): the size of the structure stands in bits 16 to 29.
      assert.equal(request >>> 16 & 0x3fff, memory.length);
      assert.equal(request >>> 8 & 0xff, "V".charCodeAt(0));
      const { buffer, byteOffset, length } = memory;
      const answer = answers[request & 0xff];
      return answer?.(new DataView(buffer, byteOffset, length)) ? 0 : -1;
    },
    errno: () => errno,
  } as unknown as Libc;
}

function write(view: DataView, offset: number, text: string): void {
  [...new TextEncoder().encode(text)].forEach((byte, at) =>
    view.setUint8(offset + at, byte)
  );
}

function capability(name: string, all: number, own = 0): Answer {
  return (view) => {
    write(view, 0, "uvcvideo");
    write(view, 16, name);
    write(view, 48, "usb-1.2");
    view.setUint32(84, all, true);
    view.setUint32(88, own, true);
    return true;
  };
}

const STREAMS = 0x04000001;
const DEVICE_CAPS = 0x80000000;

const CAPABILITIES: Record<string, [all: number, own: number, is: boolean]> = {
  "an old driver's camera": [STREAMS, 0, true],
  "a camera": [STREAMS | DEVICE_CAPS, STREAMS, true],
  "the metadata of a camera": [
    STREAMS | DEVICE_CAPS,
    0x04800000,
    false,
  ],
  "a codec": [0x04008000 | DEVICE_CAPS, 0x04008001, false],
  "what cannot stream": [1, 0, false],
};

for (const [what, [all, own, captures]] of Object.entries(CAPABILITIES)) {
  test(`V4l2 tells what ${what} is`, () => {
    const v4l2 = new V4l2(3, driver({ 0: capability("C", all, own) }));
    assert.deepEqual(v4l2.capability(), {
      name: "C",
      driver: "uvcvideo",
      bus: "usb-1.2",
      captures,
    });
  });
}

test("V4l2 makes one harmless line of a name", () => {
  const name = "Kä\x1b[2Jm\n" + "x".repeat(40);
  const v4l2 = new V4l2(3, driver({ [QUERYCAP]: capability(name, STREAMS) }));
  assert.equal(v4l2.capability()!.name, `Kä [2Jm ${"x".repeat(23)}`);
});

test("V4l2 takes what is no device of V4L2 for nothing", () => {
  const v4l2 = new V4l2(3, driver({}));
  assert.equal(v4l2.capability(), undefined);
  assert.deepEqual(v4l2.formats(), []);
});

test("V4l2 lists formats, sizes and rates", () => {
  const formats = ["YUYV", "MJPG"];
  const v4l2 = new V4l2(
    3,
    driver({
      [ENUM_FMT](view) {
        assert.equal(view.getUint32(4, true), 1);
        const fourcc = formats[view.getUint32(0, true)];
        if (fourcc) write(view, 44, fourcc);
        return fourcc !== undefined;
      },
      [ENUM_FRAMESIZES](view) {
        const index = view.getUint32(0, true);
        view.setUint32(8, 1, true);
        view.setUint32(12, 640 * (index + 1), true);
        view.setUint32(16, 480 * (index + 1), true);
        return index < 2;
      },
      [ENUM_FRAMEINTERVALS](view) {
        assert.deepEqual(
          [8, 12].map((offset) => view.getUint32(offset, true)),
          [640, 480],
        );
        const [numerator, denominator] =
          [[1, 30], [1001, 30000], [0, 5]][view.getUint32(0, true)] ?? [];
        view.setUint32(16, 1, true);
        view.setUint32(20, numerator ?? 0, true);
        view.setUint32(24, denominator ?? 0, true);
        return numerator !== undefined;
      },
    }),
  );
  assert.deepEqual(v4l2.formats(), formats);
  assert.deepEqual(v4l2.sizes("YUYV"), [
    { width: 640, height: 480 },
    { width: 1280, height: 960 },
  ]);
  // Infinitely many a second are none.
  assert.deepEqual(v4l2.rates("YUYV", 640, 480), [30, 29.97]);
});

test("V4l2 lists usual sizes of a camera that has any", () => {
  const v4l2 = new V4l2(
    3,
    driver({
      [ENUM_FRAMESIZES](view) {
        view.setUint32(8, 3, true);
        [400, 1300, 2, 300, 720, 2].forEach((value, at) =>
          view.setUint32(12 + 4 * at, value, true)
        );
        return view.getUint32(0, true) === 0;
      },
      [ENUM_FRAMEINTERVALS](view) {
        view.setUint32(16, 3, true);
        [1, 60, 1, 5, 1, 60].forEach((value, at) =>
          view.setUint32(20 + 4 * at, value, true)
        );
        return view.getUint32(0, true) === 0;
      },
    }),
  );
  assert.deepEqual(v4l2.sizes("NV12"), [
    { width: 640, height: 480 },
    { width: 800, height: 600 },
    { width: 1280, height: 720 },
    { width: 1300, height: 720 },
  ]);
  assert.deepEqual(v4l2.rates("NV12", 640, 480), [60, 5]);
});

test("V4l2 does not wait for the end of a list that has none", () => {
  const v4l2 = new V4l2(3, driver({ [ENUM_FMT]: () => true }));
  assert.equal(v4l2.formats().length, 128);
});

test("V4l2 notices that somebody else streams", () => {
  assert.equal(new V4l2(3, driver({}, 16)).tryBuffers(), 16);
  const free = driver({
    [REQBUFS]: (view) => view.getUint32(0, true) === 0,
  });
  assert.equal(new V4l2(3, free).tryBuffers(), 0);
});
