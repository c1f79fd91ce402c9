import assert from "node:assert/strict";
import { test } from "../test/harness.ts";
import { parseOptions } from "./options.ts";
import { ROWS } from "./pipelines.ts";

test("parseOptions runs everything by default", () => {
  const options = parseOptions([]);
  assert.deepEqual(options?.rows, ROWS);
  assert.deepEqual(options?.formats, [
    { width: 640, height: 480, fps: 30, bitrate: 2e6 },
    { width: 1280, height: 720, fps: 30, bitrate: 4e6 },
    { width: 1920, height: 1080, fps: 30, bitrate: 8e6 },
  ]);
  assert.equal(options?.seconds, 60);
  assert.ok(options?.camagent.at(-1)?.endsWith("/agent/main.ts"));
});

test("parseOptions keeps the order of rows", () => {
  const options = parseOptions(["--rows", "usual,floor"]);
  assert.deepEqual(options?.rows.map(({ name }) => name), ["usual", "floor"]);
});

test("parseOptions makes a smoke test short, and no judge", () => {
  const options = parseOptions(["--smoke", "--check", "--seconds", "60"]);
  assert.equal(options?.seconds, 3);
  assert.equal(options?.formats.length, 1);
  assert.equal(options?.check, false);
});

test("parseOptions joins only rows whose sender stays", () => {
  const options = parseOptions(["--first-frame"]);
  const names = options?.rows.map(({ name }) => name);
  assert.deepEqual(names, [
    ...["camagent", "shm", "udp", "multicast", "rtp", "rtsp-tcp", "rtsp-udp"],
  ]);
});

test("parseOptions takes a binary in place of the source", () => {
  const options = parseOptions(["--binary", "/opt/camagent"]);
  assert.deepEqual(options?.camagent, ["/opt/camagent"]);
});

test("parseOptions gives nothing to run when help is wanted", () => {
  assert.equal(parseOptions(["--help"]), undefined);
});

const REFUSED: Record<string, [args: string[], message: RegExp]> = {
  "an unknown row": [["--rows", "flor"], /"flor".*"floor"/],
  "to join a sender that serves once": [
    ["--first-frame", "--rows", "usual"],
    /"usual"/,
  ],
  "an unknown option": [["--fast"], /--fast/],
  "a size that is none": [["--sizes", "640"], /"640"/],
  "an odd size": [["--sizes", "641x480"], /"641x480"/],
  "no time at all": [["--seconds", "0"], /"0"/],
  "a time that is none": [["--seconds", "soon"], /"soon"/],
  "an unknown runtime": [["--runtime", "node"], /"node"/],
  "a binary under a runtime": [
    ["--binary", "x", "--runtime", "bun"],
    /"--binary" and "--runtime"/,
  ],
  "two outputs": [["--json", "--markdown"], /"--markdown" and "--json"/],
};

for (const [name, [args, message]] of Object.entries(REFUSED)) {
  test(`parseOptions refuses ${name}`, () => {
    assert.throws(
      () => parseOptions(args),
      { name: "ConfigError", exitCode: 64, message },
    );
  });
}
