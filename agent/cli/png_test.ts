import assert from "node:assert/strict";
import { inflateSync } from "node:zlib";
import { test } from "../../test/harness.ts";
import { encodePng } from "./png.ts";

/** Type and data of every chunk, as a decoder finds them. */
function chunksOf(file: Uint8Array): [type: string, data: Uint8Array][] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const chunks: [string, Uint8Array][] = [];
  for (let at = 8; at < file.length;) {
    const length = view.getUint32(at);
    const type = new TextDecoder().decode(file.subarray(at + 4, at + 8));
    chunks.push([type, file.subarray(at + 8, at + 8 + length)]);
    at += 12 + length;
  }
  return chunks;
}

test("encodePng writes size, pixels and end", () => {
  const pixels = Uint8Array.from({ length: 2 * 3 * 3 }, (_, index) => index);
  const file = encodePng(2, 3, pixels);
  assert.deepEqual([...file.subarray(1, 4)], [..."PNG"].map(code));
  const [header, data, end] = chunksOf(file);
  assert.equal(header![0], "IHDR");
  assert.deepEqual([...header![1]], [0, 0, 0, 2, 0, 0, 0, 3, 8, 2, 0, 0, 0]);
  assert.equal(data![0], "IDAT");
  assert.deepEqual([...inflateSync(data![1])], [
    ...[0, 0, 1, 2, 3, 4, 5],
    ...[0, 6, 7, 8, 9, 10, 11],
    ...[0, 12, 13, 14, 15, 16, 17],
  ]);
  assert.equal(end![0], "IEND");
});

test("encodePng ends with the CRC that every PNG file ends with", () => {
  const end = encodePng(1, 1, new Uint8Array(3)).subarray(-4);
  assert.deepEqual([...end], [0xae, 0x42, 0x60, 0x82]);
});

function code(letter: string): number {
  return letter.charCodeAt(0);
}
