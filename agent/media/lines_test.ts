import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import { LineReader } from "./lines.ts";

const cases: [name: string, chunks: (string | number[])[], lines: string[]][] =
  [
    ["two lines of one chunk", ["a\nb\n"], ["a", "b"]],
    ["a line cut across chunks", ["fra", "me=", "1\n"], ["frame=1"]],
    ["a last line without an end", ["a\nb"], ["a", "b"]],
    ["a progress line that returns", ["a\rb\r\nc\r"], ["a", "b", "c"]],
    ["no line for nothing but ends", ["\n\n\r\n \n"], []],
    ["a character cut across chunks", [[0xc3], [0xbc, 0x0a]], ["ü"]],
    ["a character cut by the end", [[0x61, 0xc3]], ["a\ufffd"]],
    ["what is no UTF-8", [[0xff, 0xfe, 0x61, 0x0a]], ["\ufffd\ufffda"]],
    ["NUL and escape codes as spaces", ["a\0\x1b[31mb\n"], ["a [31mb"]],
  ];

for (const [name, chunks, lines] of cases) {
  test(`LineReader reads ${name}`, () => {
    assert.deepEqual(read(chunks), lines);
  });
}

test("LineReader reads the same, however the bytes are cut", () => {
  const bytes = new TextEncoder().encode("größe=1\r\nzwei\n\ndrei");
  for (let at = 0; at <= bytes.length; at++) {
    const chunks = [[...bytes.subarray(0, at)], [...bytes.subarray(at)]];
    assert.deepEqual(read(chunks), ["größe=1", "zwei", "drei"]);
  }
});

test("LineReader cuts a line that does not end, and reads the next", () => {
  const chunks = Array.from({ length: 100 }, () => "x".repeat(1000));
  const [long, next] = read([...chunks, "\nnext\n"]);
  assert.equal(long, "x".repeat(4096));
  assert.equal(next, "next");
});

function read(chunks: (string | number[])[]): string[] {
  const lines: string[] = [];
  const reader = new LineReader((line) => lines.push(line));
  for (const chunk of chunks) {
    reader.push(
      typeof chunk === "string"
        ? new TextEncoder().encode(chunk)
        : Uint8Array.from(chunk),
    );
  }
  reader.end();
  return lines;
}
