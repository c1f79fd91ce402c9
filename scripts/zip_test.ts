import assert from "node:assert/strict";
import { test } from "../test/harness.ts";
import { unzip } from "./zip.ts";

/**
 * Made by Python's zipfile: "stored" as it is, "packed" deflated, and "note"
 * as the comment of the archive.
 */
const BASE64 =
  "UEsDBBQAAAAAAAAAIQCGphA2BQAAAAUAAAAGAAAAc3RvcmVkaGVsbG9QSwMEFAAAAAgAAA" +
  "AhAL+cjqoYAAAAiBMAAAYAAABwYWNrZWTtwjENAAAAAqDfxrY3hR+DpgAAAADA2QBQSwEC" +
  "FAMUAAAAAAAAACEAhqYQNgUAAAAFAAAABgAAAAAAAAAAAAAAgAEAAAAAc3RvcmVkUEsBAh" +
  "QDFAAAAAgAAAAhAL+cjqoYAAAAiBMAAAYAAAAAAAAAAAAAAIABKQAAAHBhY2tlZFBLBQYA" +
  "AAAAAgACAGgAAABlAAAABABub3Rl";

const ARCHIVE = Uint8Array.from(atob(BASE64), (text) => text.charCodeAt(0));

test("unzip returns a stored file", () => {
  const content = unzip(ARCHIVE, "stored");
  assert.equal(new TextDecoder().decode(content), "hello");
});

test("unzip returns a deflated file", () => {
  const content = unzip(ARCHIVE, "packed");
  assert.equal(new TextDecoder().decode(content), "y\n".repeat(2500));
});

test("unzip refuses a name that is not there", () => {
  assert.throws(() => unzip(ARCHIVE, "pack"), /No "pack" in the archive/);
});

test("unzip refuses what is no archive", () => {
  assert.throws(() => unzip(new Uint8Array(100), "a"), /Not a ZIP archive/);
});
