import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import process from "node:process";
import { temporaryFolder } from "../../test/e2e/folder.ts";
import { Child } from "../../test/faults/child.ts";
import { until, within } from "../../test/faults/deadline.ts";
import { test } from "../../test/harness.ts";
import { assertFlat } from "../../test/programs/descriptors.ts";
import { scriptCommand } from "../../test/programs/script.ts";
import type { ChildProcess, Fifo } from "../plugin/runtime.ts";
import { openFifo } from "./fifo.ts";
import { cString, libc } from "./libc.ts";
import { concat } from "../media/bytes.ts";
import { spawnChild } from "./process.ts";

const DEADLINE_MS = 5000;

const MODE = 0o600;

test("openFifo makes a FIFO with the bits it is told to", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "frames");
  await using _ = await openFifo({ path, mode: 0o666 });
  assert.ok(lstatSync(path).isFIFO());
  // Whatever the umask says.
  assert.equal(lstatSync(path).mode & 0o777, 0o666);
  assert.deepEqual(readdirSync(folder.path), ["frames"]);
});

const REFUSED: [name: string, path: string, why: string][] = [
  ["a file", "file", "something else stands there; remove it"],
  ["a folder", "folder", "something else stands there; remove it"],
  ["a link to a FIFO", "link", "something else stands there; remove it"],
  ["a broken link", "broken", "something else stands there; remove it"],
  ["a folder that is missing", "none/frames", "its folder does not exist"],
  ["a file as a folder", "file/frames", "its folder is none"],
  ["a name that is too long", "x".repeat(300), "the name is too long"],
];

for (const [name, below, why] of REFUSED) {
  test(`openFifo refuses ${name}, and leaves it as it is`, async () => {
    using folder = temporaryFolder();
    const at = (name: string) => join(folder.path, name);
    writeFileSync(at("file"), "untouched");
    mkdirSync(at("folder"));
    libc!.mkfifo(cString(at("fifo")), MODE);
    symlinkSync("fifo", at("link"));
    symlinkSync("nothing", at("broken"));
    const before = readdirSync(folder.path).sort();
    const path = at(below);
    // The second time shows that the path is free again.
    for (let i = 0; i < 2; i++) {
      await assert.rejects(openFifo({ path, mode: MODE }), (error: Error) => {
        assert.equal(error.name, "ConfigError");
        const message = `Cannot make FIFO "${path}": ${why}`;
        assert.ok(error.message.startsWith(message), error.message);
        assert.ok(!error.message.includes("\n"));
        assert.equal(Reflect.get(error, "exitCode"), 73);
        return true;
      });
    }
    assert.deepEqual(readdirSync(folder.path).sort(), before);
    assert.equal(readFileSync(at("file"), "utf8"), "untouched");
  });
}

if (process.getuid?.() === 0) {
  test("openFifo refuses a FIFO of another user", async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, "frames");
    libc!.mkfifo(cString(path), MODE);
    await using chown = new Child("chown", ["nobody", path]);
    assert.equal((await chown.finished()).code, 0);
    await assert.rejects(openFifo({ path, mode: MODE }), {
      message:
        `Cannot make FIFO "${path}": a FIFO of another user stands there`,
      exitCode: 73,
    });
    assert.ok(existsSync(path));
  });
}

test("openFifo refuses a path that this process writes to", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "frames");
  mkdirSync(join(folder.path, "folder"));
  symlinkSync(".", join(folder.path, "same"));
  const detours = [path, join(folder.path, "same/frames")];
  {
    await using _ = await openFifo({ path, mode: MODE });
    for (const detour of detours) {
      await assert.rejects(openFifo({ path: detour, mode: MODE }), {
        message: `Cannot make FIFO "${detour}": another camagent writes to it`,
        exitCode: 73,
      });
    }
  }
  await using _ = await openFifo({ path: detours[1]!, mode: MODE });
  assert.ok(lstatSync(path).isFIFO());
});

test("openFifo refuses a path that another process writes to", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "frames");
  const [command, ...args] = scriptCommand("hold_fifo.ts", path);
  {
    await using other = await Program.start(command, args);
    await other.says("ready\n");
    await assert.rejects(openFifo({ path, mode: MODE }), {
      message: `Cannot make FIFO "${path}": another camagent writes to it`,
    });
    other.kill();
    await other.bytes();
  }
  // Nobody tidied up, and still the path is free.
  assert.ok(lstatSync(path).isFIFO());
  await using _ = await openFifo({ path, mode: MODE });
});

test("openFifo serves a FIFO of ours that stands there, mode kept", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "frames");
  libc!.mkfifo(cString(path), MODE);
  chmodSync(path, 0o640);
  await using early = await read(path);
  await using fifo = await openFifo({ path, mode: MODE });
  {
    using writer = await accept(fifo);
    writer.write(bytes("for the early one"));
  }
  assert.equal(await early.text(), "for the early one");
  assert.equal(lstatSync(path).mode & 0o777, 0o640);
  assert.deepEqual(readdirSync(folder.path), ["frames"]);
});

test("Fifo.mode is what the FIFO has, whoever gave it that", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "frames");
  libc!.mkfifo(cString(path), 0o640);
  await using fifo = await openFifo({ path, mode: MODE });
  assert.equal(fifo.mode, 0o640);
  chmodSync(path, 0o644);
  assert.equal(fifo.mode, 0o644);
});

test("Fifo has nobody to write to before a reader comes", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "frames");
  await using fifo = await openFifo({ path, mode: MODE });
  for (let i = 0; i < 3; i++) assert.equal(fifo.accept(4096), undefined);
});

test("Fifo gives a second reader a pipe of its own", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "frames");
  await using fifo = await openFifo({ path, mode: MODE });
  await using first = await read(path);
  using toFirst = await accept(fifo);
  toFirst.write(bytes("first "));
  await using second = await read(path);
  using toSecond = await accept(fifo);
  toSecond.write(bytes("second "));
  toFirst.write(bytes("to the end"));
  toSecond.write(bytes("as well"));
  toSecond[Symbol.dispose]();
  assert.equal(await second.text(), "second as well");
  toFirst[Symbol.dispose]();
  assert.equal(await first.text(), "first to the end");
});

test("Fifo starts every reader with a frame, whatever became of the last", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "frames");
  await using fifo = await openFifo({ path, mode: MODE });
  const frame = Uint8Array.from({ length: 50_000 }, (_, i) => i >> 8 ^ i);
  for (let reader = 0; reader < 200; reader++) {
    const count = 1 + (reader * 7919) % 120_000;
    await using child = await read(path, "head", "-c", `${count}`);
    using writer = await accept(fifo);
    await assert.rejects(async () => {
      for (let at = 0; true; at %= frame.length) {
        at += writer.write(frame.subarray(at));
        await new Promise((resolve) => setImmediate(resolve));
      }
    }, { name: "StreamError", failure: "lost" });
    const got = await child.bytes();
    assert.equal(got.length, count);
    assert.ok(got.every((byte, i) => byte === frame[i % frame.length]));
  }
});

test("Fifo comes back when it is removed while it runs", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "frames");
  await using fifo = await openFifo({ path, mode: 0o640 });
  rmSync(path);
  assert.equal(fifo.accept(4096), undefined);
  assert.equal(lstatSync(path).mode & 0o777, 0o640);
  await using reader = await read(path);
  {
    using writer = await accept(fifo);
    writer.write(bytes("back again"));
  }
  assert.equal(await reader.text(), "back again");
});

test("Fifo leaves a file alone that takes its place while it runs", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "frames");
  const fifo = await openFifo({ path, mode: MODE });
  rmSync(path);
  writeFileSync(path, "mine");
  assert.throws(() => fifo.accept(4096), { name: "ConfigError", exitCode: 73 });
  await fifo[Symbol.asyncDispose]();
  assert.equal(readFileSync(path, "utf8"), "mine");
  assert.deepEqual(readdirSync(folder.path), ["frames"]);
});

test("Fifo says that its folder has gone", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "below/frames");
  mkdirSync(join(folder.path, "below"));
  await using fifo = await openFifo({ path, mode: MODE });
  rmSync(join(folder.path, "below"), { recursive: true });
  assert.throws(() => fifo.accept(4096), {
    message: `Cannot make FIFO "${path}": its folder does not exist`,
  });
});

test("Fifo removes its own inode only", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "frames");
  const fifo = await openFifo({ path, mode: MODE });
  renameSync(path, join(folder.path, "moved"));
  libc!.mkfifo(cString(path), MODE);
  await fifo[Symbol.asyncDispose]();
  assert.deepEqual(readdirSync(folder.path).sort(), ["frames", "moved"]);
});

test("Fifo is gone once it is disposed, and disposed once", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "frames");
  const fifo = await openFifo({ path, mode: MODE });
  await fifo[Symbol.asyncDispose]();
  assert.deepEqual(readdirSync(folder.path), []);
  await using _ = await openFifo({ path, mode: MODE });
  await fifo[Symbol.asyncDispose]();
  assert.deepEqual(readdirSync(folder.path), ["frames"]);
  await assert.rejects(openFifo({ path, mode: MODE }), /another camagent/);
});

test("Fifo lets go of readers that wait when it is disposed", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "frames");
  const fifo = await openFifo({ path, mode: MODE });
  await using one = await read(path);
  await using other = await read(path);
  await Promise.all([one.waits(), other.waits()]);
  await fifo[Symbol.asyncDispose]();
  assert.equal(await one.text(), "");
  assert.equal(await other.text(), "");
});

test("Fifo leaves no descriptors", async () => {
  await assertFlat("fifo", 50);
});

/** Has a program read the FIFO. */
function read(path: string, command = "cat", ...args: string[]) {
  return Program.start(command, [...args, path]);
}

/** Waits for a reader. */
function accept(fifo: Fifo) {
  return until(DEADLINE_MS, "reader", () => fifo.accept(4096));
}

function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** A program and what it writes to stdout. */
class Program implements AsyncDisposable {
  readonly #chunks: Uint8Array[] = [];
  readonly #name: string;
  #child: ChildProcess | undefined;

  private constructor(name: string) {
    this.#name = basename(name);
  }

  static async start(command: string, args: string[]): Promise<Program> {
    const program = new Program(command);
    program.#child = await spawnChild({
      command,
      args,
      signal: new AbortController().signal,
      stdin: true,
      onStdout: (chunk) => void program.#chunks.push(chunk.slice()),
    });
    return program;
  }

  /** Everything, once it has ended. */
  async bytes(): Promise<Uint8Array> {
    await within(DEADLINE_MS, "end of the program", this.#child!.exit);
    return concat(...this.#chunks);
  }

  async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes());
  }

  async says(text: string): Promise<void> {
    const said = () => new TextDecoder().decode(concat(...this.#chunks));
    await until(DEADLINE_MS, text, () => said().includes(text));
  }

  /** Waits until it is asleep, which `cat` is in its open(2). */
  async waits(): Promise<void> {
    const stat = `/proc/${this.#child!.pid}/stat`;
    const asleep = `(${this.#name}) S`;
    const isAsleep = () => readFileSync(stat, "latin1").includes(asleep);
    await until(DEADLINE_MS, "reader that waits", isAsleep);
  }

  kill(): void {
    process.kill(this.#child!.pid, "SIGKILL");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child![Symbol.asyncDispose]();
  }
}
