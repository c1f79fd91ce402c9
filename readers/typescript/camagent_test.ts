import assert from "node:assert/strict";
import fc from "fast-check";
import { packedFormat, type PixelFormat } from "../../agent/media/frame.ts";
import { ringBytes, writeHeader } from "../../plugins/sink-shm/ring.ts";
import { test } from "../../test/harness.ts";
import { monotonicNow, openFrames, Segment } from "./camagent.ts";

// Loads the C library outside of any test: it stays.
monotonicNow();

/** Bytes of what a reader is told. */
const HEADER_BYTES = 512;

/** Memory as a writer makes it, with a newest frame. */
function segmentBytes(pixelFormat: PixelFormat = "yuv420p") {
  const format = packedFormat(31, 17, pixelFormat);
  const { offset, stride, rows } = format.planes.at(-1)!;
  const frameBytes = offset + stride * rows;
  const shape = { format, frameBytes, slots: 3, generation: 7n, pid: 1 };
  const bytes = new Uint8Array(ringBytes(shape));
  writeHeader(bytes, shape);
  const view = new DataView(bytes.buffer);
  view.setUint32(208, 1, true);
  view.setUint32(256 + 64, 2, true);
  return bytes;
}

const WHOLE = segmentBytes();

for (
  const pixelFormat of ["rgb24", "bgr24", "gray", "yuv420p", "nv12"] as const
) {
  test(`Segment knows the planes of ${pixelFormat}`, () => {
    const { geometry } = new Segment(segmentBytes(pixelFormat).buffer);
    assert.deepEqual(geometry, packedFormat(31, 17, pixelFormat));
  });
}

test("Segment refuses damaged headers with a RangeError, or stays inside", () => {
  const odd = fc.constantFrom(0, 1, 2, 63, 64, 65, 65535, 65536, 2 ** 31);
  const word = fc.tuple(
    fc.integer({ min: 0, max: HEADER_BYTES / 4 - 1 }),
    fc.oneof(odd, fc.integer({ min: 0, max: 2 ** 32 - 1 })),
  );
  const damage = fc.array(word, { minLength: 1, maxLength: 6 });
  let [opened, refused] = [0, 0];
  const property = fc.property(
    damage,
    damage,
    fc.option(fc.integer({ min: 0, max: WHOLE.length })),
    (before, after, length) => {
      const bytes = WHOLE.slice(0, length ?? WHOLE.length);
      const apply = (words: readonly [number, number][]) => {
        const view = new DataView(bytes.buffer);
        for (const [index, value] of words) {
          if (index * 4 + 4 <= bytes.length) {
            view.setUint32(index * 4, value, true);
          }
        }
      };
      apply(before);
      let segment: Segment;
      try {
        segment = new Segment(bytes.buffer);
      } catch (error) {
        assert.ok(error instanceof RangeError, `${error}`);
        assert.match(error.message, /^Bad header: /);
        refused++;
        return;
      }
      opened++;
      look(segment);
      // A writer gone mad, after we have opened it.
      apply(after);
      look(segment);
    },
  );
  fc.assert(property, { numRuns: 2000, seed: 1 });
  assert.ok(opened > 100 && refused > 100, `${opened} ${refused}`);
});

function look(segment: Segment): void {
  assert.match(segment.state(1e6), /^(live|stale|closed)$/);
  const found = segment.newest();
  if (found === undefined) return;
  const { data, planes, ageMs, isWhole } = segment.view(found);
  for (const { offset, stride, rows, rowBytes } of planes) {
    assert.ok(offset + stride * (rows - 1) + rowBytes <= data.length);
  }
  assert.ok(typeof ageMs() === "number" && isWhole());
}

test("openFrames() refuses what is no name", () => {
  for (const name of ["", ".", "..", "../x", "a/b", "a\0b"]) {
    assert.throws(() => openFrames(name), TypeError);
  }
});

test("openFrames() waits where there is nothing", async () => {
  using frames = openFrames("no-such-name-as-this");
  assert.equal(frames.state, "absent");
  assert.equal(frames.geometry, undefined);
  assert.equal(frames.readLatest(), undefined);
  const reason = new Error("Enough");
  await assert.rejects(frames.next(AbortSignal.abort(reason)), reason);
});
