import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { packedFormat } from "../../agent/media/frame.ts";
import { clock } from "../../agent/runtime/clock.ts";
import * as sinkShm from "../../plugins/sink-shm/mod.ts";
import { declare } from "../contract/declaration.ts";
import { frameOf } from "../contract/frames.ts";
import { contextOf } from "../contract/sink_usage.ts";
import { Agent } from "../e2e/agent.ts";
import { temporaryFolder } from "../e2e/folder.ts";
import { FakeRuntime } from "../fakes/runtime.ts";
import { test } from "../harness.ts";
import { freshName } from "../shm/name.ts";
import { blocksOf } from "../readme/markdown.ts";
import { Program, pythonWith } from "./program.ts";

const ROOT = join(import.meta.dirname!, "../..");
const SHM = join(ROOT, "test/shm");

/** How much of what is claimed is tried, each time; 100 is all of it. */
const PERCENT = Number(process.env.CAMAGENT_PERCENT ?? "10");

/** How soon readers have to know of a death, and to have a successor. */
const SECOND_MS = 1000;

function part(of: number): string {
  return `${Math.round(of * PERCENT / 100)}`;
}

/** Compiles a C program of test/shm. */
function compile(folder: string, program: string, ...flags: string[]): string {
  const output = join(folder, program);
  const source = join(SHM, `${program}.c`);
  const words = ["-std=c99", "-Wall", "-Wextra", "-Werror", ...flags];
  const { status, stderr } = spawnSync("gcc", [...words, "-o", output, source]);
  assert.equal(status, 0, String(stderr));
  return output;
}

/** A program that shows frames which tell whether they are torn. */
function write(...args: string[]): Program {
  const script = join(SHM, "writer.ts");
  return new Program([process.execPath, "run", "-A", script, ...args]);
}

/** The words that start the Python program. */
function python(...args: string[]): string[] {
  return [pythonWith("numpy"), join(SHM, "reader.py"), ...args];
}

/** What a program says at its end. */
async function resultOf(program: Program, ms: number) {
  const [line = ""] = await program.says(/^\{/, 1, ms);
  return JSON.parse(line);
}

test("README.md's reader of shared memory sees the test picture", async () => {
  const numpy = pythonWith("numpy");
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  const { code } = blocksOf(readme).find(({ language, code }) =>
    language === "python" && code.includes("camagent.open")
  )!;
  using shm = freshName();
  await using sender = Agent.send("test:", "tcp://127.0.0.1:0");
  const input = `tcp://127.0.0.1:${await sender.port()}`;
  await using _ = Agent.recv(input, `shm:${shm.name}`);
  const program = code.replace('"cam0"', JSON.stringify(shm.name));
  await using reader = new Program([numpy, "-u", "-c", program], {
    PYTHONPATH: join(ROOT, "readers/python"),
  });
  const lines = await reader.says(/^\d+ [\d.]+ \[.+\]$/, 60);
  const rows = lines.map((line) => line.split(/[ [\]]+/).map(Number));
  for (const [index, [number = 0, age = 9, ...colour]] of rows.entries()) {
    assert.ok(number > (rows[index - 1]?.[0] ?? 0), lines[index]);
    assert.ok(age > 0 && age < 1, lines[index]);
    // Half of the picture's six bars have each of the colours.
    for (const mean of colour.slice(0, 3)) assert.ok(mean > 60 && mean < 200);
  }
});

test("camagent.h is C99 and C++ to the strictest of compilers", () => {
  using folder = temporaryFolder();
  for (
    const [compiler, ...flags] of [
      ["gcc", "-std=c99", "-pedantic"],
      ["gcc", "-std=gnu17"],
      ["g++", "-std=c++11"],
      ["g++", "-std=c++20"],
    ] as const
  ) {
    const name = compiler === "gcc" ? "program.c" : "program.cpp";
    const source = join(folder.path, name);
    const header = join(ROOT, "readers/c/camagent.h");
    writeFileSync(
      source,
      `#include "${header}"
int main() {
  camagent_reader *reader = camagent_open("../x");
  return reader == NULL && errno == EINVAL ? 0 : 1;
}
`,
    );
    const output = join(folder.path, "program");
    const words = [...flags, "-Wall", "-Wextra", "-Werror", "-o", output];
    const { status, stderr } = spawnSync(compiler, [...words, source]);
    assert.equal(status, 0, String(stderr));
    assert.equal(spawnSync(output).status, 0);
  }
});

test("readers of shared memory take no torn frame for a whole one", async () => {
  using folder = temporaryFolder();
  using shm = freshName();
  const reader = compile(folder.path, "reader", "-O2");
  await using writer = write(shm.name, "1920x1080", "60");
  await writer.says(/^ready$/);
  const c = (...args: string[]) => new Program([reader, shm.name, ...args]);
  const counts = [part(50_000), part(1_000_000), part(20_000)] as const;
  await using one = c("copies", counts[0]);
  await using two = c("copies", counts[0]);
  await using three = c("pages", counts[1]);
  await using four = new Program(python(shm.name, "copies", counts[2]));
  for (const program of [one, two, three, four]) {
    const result = await resultOf(program, 60_000 * Math.max(1, PERCENT / 10));
    process.stdout.write(`${JSON.stringify(result)}\n`);
    assert.equal(result.torn, 0);
    // Rests were long enough for the writer to come around.
    assert.ok(result.rejected > 0);
  }
  await using control = c("copies", part(20_000), "nolock");
  const { torn } = await resultOf(control, 60_000);
  process.stdout.write(`without the lock: ${torn} torn\n`);
  assert.ok(torn > 0);
});

test("readers of shared memory know of a killed writer, and of the next", async () => {
  using folder = temporaryFolder();
  using shm = freshName();
  const program = compile(folder.path, "reader", "-O2");
  await using inC = new Program([program, shm.name, "watch"]);
  await using inPython = new Program(python(shm.name, "watch"));
  const readers = { C: inC, Python: inPython };
  const took = { stale: [] as number[], back: [] as number[] };
  const rounds = Number(part(100));
  for (let round = 1; round <= rounds; round++) {
    const size = round % 2 === 0 ? "1280x720" : "640x480";
    await using writer = write(shm.name, size, "60", "3600", "slow");
    await writer.says(/^ready$/);
    const since = clock.now();
    for (const reader of Object.values(readers)) {
      const line = new RegExp(`^first ${size}$`);
      await reader.says(line, Math.ceil(round / 2));
    }
    took.back.push(clock.now() - since);
    writer.kill("SIGKILL");
    const killed = clock.now();
    for (const [name, reader] of Object.entries(readers)) {
      await reader.says(/^stale$/, round);
      took.stale.push(clock.now() - killed);
      assert.ok(!reader.lines.includes("torn"), name);
    }
  }
  const worst = (all: readonly number[]) => Math.round(Math.max(...all));
  const [stale, back] = [worst(took.stale), worst(took.back)];
  process.stdout.write(
    `${rounds} kills: stale after ${stale} ms, back after ${back}\n`,
  );
  assert.ok(stale <= SECOND_MS && back <= SECOND_MS);
  await using last = write(shm.name, "640x480", "60", "2");
  for (const reader of Object.values(readers)) await reader.says(/^closed$/);
  assert.equal(await last.end(), "0");
  assert.equal(existsSync(shm.path), false);
});

test("writers of shared memory wait for no reader, dead or stopped", async () => {
  using folder = temporaryFolder();
  using shm = freshName();
  const program = compile(folder.path, "reader", "-O2");
  await using stack = new AsyncDisposableStack();
  await using writer = write(shm.name, "1280x720", "60", "6");
  await writer.says(/^ready$/);
  const begin = clock.now();
  const readers = [1, 2, 3, 4].map((number) => {
    const words = number === 4
      ? python(shm.name, "watch")
      : [program, shm.name, "watch"];
    return stack.use(new Program(words));
  });
  for (const reader of readers) await reader.says(/^first/);
  for (const [index, reader] of readers.entries()) {
    reader.kill(index % 2 === 0 ? "SIGSTOP" : "SIGKILL");
  }
  const { frames, lateMs } = await resultOf(writer, 20_000);
  process.stdout.write(`${JSON.stringify({ frames, lateMs })}\n`);
  assert.equal(frames, 360);
  assert.ok(clock.now() - begin < 7000);
  assert.equal(await writer.end(), "0");
  assert.equal(existsSync(shm.path), false);
});

/** A segment as a file, with one frame in it. */
async function writeSegment(path: string): Promise<number> {
  const plugin = declare(sinkShm, "sink");
  const runtime = new FakeRuntime();
  runtime.files.paths.set("/dev/shm", { kind: "folder" });
  const { signal } = new AbortController();
  const context = contextOf(plugin, "shm:fuzz", runtime, signal);
  const format = packedFormat(64, 48, "yuv420p");
  await using memory = await plugin.allocate!(format, 3, context);
  await using sink = await plugin.open(format, context, undefined);
  memory.reuse!(1);
  await sink.write(frameOf(format, memory.slots[1]!));
  const { content } = runtime.files.paths.get("/dev/shm/camagent-fuzz")!;
  writeFileSync(path, content!);
  return content!.length;
}

test("camagent.h reads nothing that damaged headers lead it to", async () => {
  using folder = temporaryFolder();
  const sanitizers = [
    "-O1",
    "-g",
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=all",
  ];
  const fuzz = compile(folder.path, "fuzz", ...sanitizers);
  const path = join(folder.path, "segment");
  const bytes = await writeSegment(path);
  const cases = Number(part(20_000));
  await using run = new Program([fuzz, path, `${cases}`, "1", `${bytes}`]);
  const { opened, refused } = await resultOf(run, 120_000);
  process.stdout.write(`${opened} opened, ${refused} refused\n`);
  assert.equal(opened + refused, cases);
  assert.ok(opened > cases / 20 && refused > cases / 20);
});

test("camagent.py refuses damaged headers with a ValueError", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "segment");
  await writeSegment(path);
  const cases = Number(part(20_000));
  const script = join(SHM, "fuzz.py");
  const words = [pythonWith("numpy"), script, path, `${cases}`, "1"];
  await using run = new Program(words);
  const { opened, refused } = await resultOf(run, 120_000);
  process.stdout.write(`${opened} opened, ${refused} refused\n`);
  assert.equal(opened + refused, cases);
  assert.ok(opened > cases / 20 && refused > cases / 20);
});
