/**
 * What a frame of the source `test:` must look like, wherever it came from.
 *
 * @module
 */

/** The bars of FFmpeg's testsrc2 from left to right, in RGB. */
export const BARS = [
  [255, 0, 0],
  [0, 255, 0],
  [255, 255, 0],
  [0, 0, 255],
  [255, 0, 255],
  [0, 255, 255],
] as const;

/** Farther off than H.264 makes a flat area, nearer than another bar is. */
const TOLERANCE = 60;

/**
 * Samples that may be off: a small square wanders over the bars, and where two
 * lines meet at the lower edge seven are hidden (frame 167).
 */
const STRAYS = 10;

/**
 * Tells whether a frame is a whole test picture in its right place: the bars
 * stand at the left, right and lower edge, the clock's dark box in the upper
 * left corner and nowhere else.
 *
 * @param frame Packed RGB, `width * height * 3` bytes; 640x480 at least, on
 * smaller ones what moves covers too much.
 */
export function isTestPicture(
  frame: Uint8Array,
  width: number,
  height: number,
): boolean {
  let strays = 0;
  for (const row of [0.5, 0.92, 0.95, 0.99]) {
    BARS.forEach((colour, bar) => {
      for (const part of [0.25, 0.5, 0.75]) {
        const x = (bar + part) / BARS.length;
        // Squares and noise wander through the middle rows.
        if (row === 0.5 && bar > 0) continue;
        if (!matches(frame, width, height, x, row, colour)) strays++;
      }
    });
  }
  const top = darkness(frame, width, 4, 10);
  const bottom = darkness(frame, width, 30, 36);
  const below = darkness(frame, width, 44, 60);
  return strays <= STRAYS && top > 0.3 && bottom > 0.3 && below < 0.1;
}

function matches(
  frame: Uint8Array,
  width: number,
  height: number,
  x: number,
  y: number,
  colour: readonly number[],
): boolean {
  const at = (Math.floor(y * height) * width + Math.floor(x * width)) * 3;
  const [red, green, blue] = [frame[at]!, frame[at + 1]!, frame[at + 2]!];
  // A grey square that grows and shrinks covers the bars at times.
  if (Math.max(red, green, blue) - Math.min(red, green, blue) < 20) return true;
  return colour.every((value, i) =>
    Math.abs(frame[at + i]! - value) < TOLERANCE
  );
}

/** Share of dark pixels between two rows, in the columns of the clock. */
function darkness(
  frame: Uint8Array,
  width: number,
  from: number,
  to: number,
): number {
  let [dark, all] = [0, 0];
  for (let y = from; y < to; y++) {
    for (let x = 8; x < 88; x++) {
      const at = (y * width + x) * 3;
      if (frame[at]! < 110 && frame[at + 1]! < 110 && frame[at + 2]! < 110) {
        dark++;
      }
      all++;
    }
  }
  return dark / all;
}
