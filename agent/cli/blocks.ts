/**
 * Pictures as text.
 *
 * @module
 */

import { type Picture, rgbOf } from "./picture.ts";

/** Most lines and columns of a picture: it is to leave room for others. */
const MAX_LINES = 22;
const MAX_COLUMNS = 80;

/** Upper half block: its own colour above, that of the background below. */
const HALF = "\u2580";

/** From dark to bright, for screens without colour. */
const SHADES = " \u2591\u2592\u2593\u2588";

/** ECMA-48, 8.3.117, with ITU-T T.416's direct colours. */
const RESET = "\x1b[0m";

/**
 * Draws a picture with two pixels in every character, one above the other.
 *
 * @param columns Width of the screen.
 * @returns Its lines.
 */
export function drawPicture(
  picture: Picture,
  columns: number,
  color: boolean,
): string[] {
  const most = Math.max(1, Math.min(columns, MAX_COLUMNS));
  const scale = Math.min(
    most / picture.width,
    2 * MAX_LINES / picture.height,
    1,
  );
  const width = Math.max(1, Math.floor(picture.width * scale));
  const lines = Math.max(1, Math.floor(picture.height * scale / 2));
  const rgb = rgbOf(picture, width, 2 * lines);
  return Array.from({ length: lines }, (_, line) => {
    const cells = Array.from({ length: width }, (_, column) => {
      const above = (2 * line * width + column) * 3;
      const below = above + width * 3;
      return color ? coloured(rgb, above, below) : shade(rgb, above, below);
    });
    return cells.join("") + (color ? RESET : "");
  });
}

function coloured(rgb: Uint8ClampedArray, above: number, below: number) {
  const text = (at: number) => rgb.subarray(at, at + 3).join(";");
  return `\x1b[38;2;${text(above)};48;2;${text(below)}m${HALF}`;
}

function shade(rgb: Uint8ClampedArray, above: number, below: number) {
  const brightness = (luma(rgb, above) + luma(rgb, below)) / 2;
  const index = Math.floor(brightness / 256 * SHADES.length);
  return SHADES[index]!;
}

/** ITU-R BT.601-7, 2.5.1. */
function luma(rgb: Uint8ClampedArray, at: number): number {
  return 0.299 * rgb[at]! + 0.587 * rgb[at + 1]! + 0.114 * rgb[at + 2]!;
}
