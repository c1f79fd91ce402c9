import assert from "node:assert/strict";
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { temporaryFolder } from "../../test/e2e/folder.ts";
import { test } from "../../test/harness.ts";
import { kindOfPath, removeFile, replaceFile } from "./files.ts";
import { cString, libc } from "./libc.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

test("replaceFile writes all parts, for our user alone", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "frame.ppm");
  const parts = Array.from({ length: 3000 }, (_, i) => bytes(`${i},`));
  await replaceFile(path, parts);
  assert.equal(
    readFileSync(path, "utf8"),
    parts.map((_, i) => `${i},`).join(""),
  );
  assert.equal(lstatSync(path).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(folder.path), ["frame.ppm"]);
});

test("replaceFile gives a file the bits it is told to", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "frame.ppm");
  await replaceFile(path, [bytes("new")], 0o666);
  // Whatever the umask says.
  assert.equal(lstatSync(path).mode & 0o777, 0o666);
});

test("replaceFile gives the path a new file, and readers the old", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "frame.ppm");
  await replaceFile(path, [bytes("old")]);
  const { ino } = lstatSync(path);
  await replaceFile(path, [bytes("new"), bytes("er")]);
  assert.equal(readFileSync(path, "utf8"), "newer");
  assert.notEqual(lstatSync(path).ino, ino);
});

test("replaceFile replaces a link, not what it leads to", async () => {
  using folder = temporaryFolder();
  const victim = join(folder.path, "victim");
  const path = join(folder.path, "frame.ppm");
  writeFileSync(victim, "untouched");
  symlinkSync(victim, path);
  await replaceFile(path, [bytes("new")]);
  assert.equal(readFileSync(victim, "utf8"), "untouched");
  assert.ok(lstatSync(path).isFile());
});

const REFUSED: [name: string, path: string, why: string][] = [
  ["a folder that is missing", "none/file", "its folder does not exist"],
  ["a file as a folder", "file/file", "its folder is none"],
  ["a folder", "folder", "a folder stands there"],
];

for (const [name, path, why] of REFUSED) {
  test(`replaceFile refuses ${name} and leaves nothing behind`, async () => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, "file"), "");
    mkdirSync(join(folder.path, "folder"));
    const whole = join(folder.path, path);
    await assert.rejects(replaceFile(whole, [bytes("new")]), {
      name: "ConfigError",
      message: `Cannot write "${whole}": ${why}`,
      exitCode: 73,
    });
    assert.deepEqual(readdirSync(folder.path).sort(), ["file", "folder"]);
  });
}

test("replaceFile makes nothing of parts that cannot be had", async () => {
  using folder = temporaryFolder();
  function* parts(): Generator<Uint8Array> {
    yield bytes("half");
    throw new Error("No more");
  }
  const path = join(folder.path, "frame.ppm");
  await assert.rejects(replaceFile(path, parts()), { message: "No more" });
  assert.deepEqual(readdirSync(folder.path), []);
});

test("removeFile removes a file, and minds none that is missing", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "frame.ppm");
  await removeFile(path);
  writeFileSync(path, "");
  await removeFile(path);
  assert.deepEqual(readdirSync(folder.path), []);
});

test("kindOfPath tells what stands at a path, links followed", async () => {
  using folder = temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  writeFileSync(at("file"), "");
  mkdirSync(at("folder"));
  libc!.mkfifo(cString(at("fifo")), 0o600);
  symlinkSync("file", at("link"));
  symlinkSync("none", at("broken"));
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(at("socket"), resolve));
  const kinds: Record<string, string | undefined> = {};
  const names = ["file", "folder", "fifo", "link", "broken", "socket", "none"];
  for (const name of names) kinds[name] = await kindOfPath(at(name));
  kinds.device = await kindOfPath("/dev/null");
  kinds.below = await kindOfPath(at("file/below"));
  await new Promise((resolve) => server.close(resolve));
  assert.deepEqual(kinds, {
    file: "file",
    folder: "folder",
    fifo: "fifo",
    link: "file",
    broken: undefined,
    socket: "socket",
    none: undefined,
    device: "device",
    below: undefined,
  });
});

test("kindOfPath says what it cannot look at", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "loop");
  symlinkSync("loop", path);
  await assert.rejects(kindOfPath(path), {
    name: "ConfigError",
    message: `Cannot read "${path}": ELOOP`,
    exitCode: 66,
  });
});
