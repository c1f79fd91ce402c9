/**
 * What the benchmark's camera looks at: waves and stripes that move against
 * each other, so that the encoder has as much to do as with a real picture.
 *
 * @module
 */

/**
 * How many pictures make the loop. They are drawn once, so that a source at
 * 1080p only copies; 16 of them take 50 MB.
 */
const PICTURES = 16;

/** One turn of the waves, in steps of their table. */
const TURN = 256;
const WAVE = Int8Array.from(
  { length: TURN },
  (_, step) => 40 * Math.sin(2 * Math.PI * step / TURN),
);
const STRIPE = Int8Array.from(
  { length: TURN },
  (_, step) => step < 128 ? 12 : -12,
);

/**
 * Draws a loop of pictures.
 *
 * @param width Pixels in a row, even.
 * @param height Rows, even.
 * @returns Planar 4:2:0 pictures of `width * height * 3 / 2` bytes.
 */
export function drawScene(width: number, height: number): Uint8Array[] {
  return Array.from({ length: PICTURES }, (_, index) => {
    const picture = new Uint8Array(width * height * 3 / 2);
    const turn = index * TURN / PICTURES;
    drawLuma(picture, width, height, turn);
    const chroma = width * height / 4;
    drawChroma(picture.subarray(4 * chroma), width / 2, chroma, turn);
    drawChroma(picture.subarray(5 * chroma), width / 2, chroma, -turn);
    return picture;
  });
}

function drawLuma(
  plane: Uint8Array,
  width: number,
  height: number,
  turn: number,
): void {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      plane[y * width + x] = 126 +
        WAVE[(3 * x + y + turn) & (TURN - 1)]! +
        WAVE[(x - 5 * y - 2 * turn) & (TURN - 1)]! / 2 +
        STRIPE[(11 * x + 2 * y + 3 * turn) & (TURN - 1)]! +
        STRIPE[(x - 13 * y - turn) & (TURN - 1)]!;
    }
  }
}

function drawChroma(
  plane: Uint8Array,
  width: number,
  length: number,
  turn: number,
): void {
  for (let at = 0; at < length; at++) {
    const x = at % width;
    const y = (at - x) / width;
    plane[at] = 128 + WAVE[(x + 2 * y + turn) & (TURN - 1)]!;
  }
}
