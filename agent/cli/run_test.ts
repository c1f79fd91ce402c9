import assert from "node:assert/strict";
import { type FakeOptions, FakeProgram } from "../../test/fakes/cli.ts";
import { settle } from "../../test/fakes/clock.ts";
import { test } from "../../test/harness.ts";
import { ConfigError, GaveUpError } from "../errors.ts";
import { VERSION } from "./version.ts";

/** Runs one command line in a program that has just been made. */
function run(line: string, options?: FakeOptions) {
  const argv = line.split(" ").filter((word) => word !== "");
  return new FakeProgram(options).run(...argv);
}

test("run prints help and version on stdout", async () => {
  const version = await run("--version");
  assert.equal(version.code, 0);
  assert.match(version.stdout, RegExp(`^camagent ${VERSION} \\(.*\\)\n$`));
  for (const line of ["--help", "-h", "send --help", "recv tcp://a -h"]) {
    const help = await run(line);
    assert.equal(help.code, 0);
    assert.match(help.stdout, /^Usage:$/m);
    assert.equal(help.stderr, "");
  }
});

test("run shows the help to who gives no command, as an error", async () => {
  const { code, stdout, stderr } = await run("");
  assert.deepEqual([code, stdout], [64, ""]);
  assert.match(stderr, /^Commands:$/m);
});

const errors: [line: string, stderr: string][] = [
  ["sned", 'Cannot run "camagent": no command "sned" (did you mean "send"?)'],
  [
    "plugin chekc",
    'Cannot run "camagent": no command "plugin" (did you mean "plugins"?)',
  ],
  [
    "--plugn=x send",
    'Cannot run "camagent": no flag "--plugn" (did you mean "--plugin"?)',
  ],
  [
    "--color never send",
    'Cannot run "camagent": the command comes first, then its flags',
  ],
  ["plugins all", 'Cannot run "camagent plugins": it takes no "all"'],
  ["plugin check", "Cannot check a plugin without its file"],
  [
    "recv tcp://pi - --json",
    'Cannot use "--json" with "stdout:": both write to stdout (use ' +
    "--json=stderr)",
  ],
  [
    "recv tcp://pi - --json=both",
    'Cannot use "--json both": expected stdout or stderr',
  ],
];

for (const [line, stderr] of errors) {
  test(`run refuses "${line}" in one line`, async () => {
    assert.deepEqual(await run(line), {
      code: 64,
      stdout: "",
      stderr: `camagent: ${stderr}\n`,
    });
  });
}

test("run refuses to write frames to a screen", async () => {
  const streams = { isStdoutTerminal: true };
  const { code, stderr } = await run("recv tcp://pi -", { streams });
  assert.equal(code, 64);
  assert.equal(
    stderr,
    'camagent: Cannot use "stdout:" on a terminal: pipe it into a program\n',
  );
});

test("run hands addresses, flags and signal to the pipeline", async () => {
  const line = "send test: tcp://pi --max-retries 3 --fps 5";
  const { pipeline, code, stdout } = await run(line);
  assert.ok(pipeline && "source" in pipeline);
  assert.deepEqual(pipeline.source.address.query, { fps: "5" });
  assert.equal(pipeline.outputs[0]!.plugin.name, "transport-fake");
  assert.equal(pipeline.maxRetries, 3);
  assert.deepEqual([code, stdout], [0, ""]);
});

test("run --dry-run prints command lines that a shell reads back", async () => {
  const running = () => Promise.reject(new Error("It was run"));
  for (const line of ["send test:", "recv tcp://pi -"]) {
    const { code, stdout } = await run(`${line} --dry-run`, { running });
    assert.deepEqual([code, stdout], [0, "ffmpeg -i 'it'\\''s'\n"]);
  }
});

test("run plugins lists kind, name, schemes and description", async () => {
  const { stdout } = await run("plugins");
  assert.deepEqual(stdout.split("\n").map((line) => line.split(/ {2,}/)), [
    ["KIND", "NAME", "SCHEMES", "DESCRIPTION"],
    ["source", "source-fake", "test: ffmpeg:", "pictures that nobody took"],
    ["transport", "transport-fake", "tcp:", "carries nothing"],
    ["sink", "sink-fake", "pipe: stdout:", "throws everything away"],
    [""],
  ]);
});

test("run plugins --json describes one plugin per line", async () => {
  const { stdout } = await run("plugins --json");
  const plugins = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.equal(plugins.length, 3);
  assert.deepEqual(plugins[0], {
    schema: 1,
    type: "plugin",
    kind: "source",
    name: "source-fake",
    schemes: ["test", "ffmpeg"],
    description: "pictures that nobody took",
    options: { speed: "how fast" },
  });
});

test("run --json prints status objects and nothing else", async () => {
  const { stdout, stderr } = await run("recv tcp://pi pipe:/cam --json");
  const [first] = stdout.split("\n");
  const { schema, type, command, t, input, sinks } = JSON.parse(first!);
  assert.deepEqual({ schema, type, command, t }, {
    schema: 1,
    type: "status",
    command: "recv",
    t: "2026-01-01T00:00:01.000Z",
  });
  assert.equal(input.address, "tcp://pi:5001");
  assert.equal(sinks[0].age.p50, 4.12);
  assert.equal(stderr, "");
});

test("run --json=stderr leaves stdout to the frames", async () => {
  const { stdout, stderr } = await run("recv tcp://pi - --json=stderr", {
    running: (options) =>
      Promise.resolve(options.log("recv sink").warn("too slow")),
  });
  assert.equal(stdout, "");
  const lines = stderr.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(lines.map(({ type }) => type), ["status", "log"]);
});

test("run shows a live line on a screen, and takes it away", async () => {
  const streams = { isStderrTerminal: true, columns: () => 60 };
  const { stderr } = await run("send test:", { streams });
  assert.match(stderr, /▶ 30\.0 fps {2}2\.1 Mbit\/s {2}viewers 2/);
  assert.ok(stderr.endsWith("\r\x1b[K"));
});

for (const flags of ["--quiet", "--json"]) {
  test(`run shows no live line with ${flags}`, async () => {
    const streams = { isStderrTerminal: true };
    const { stderr } = await run(`send test: ${flags}`, { streams });
    assert.equal(stderr, "");
  });
}

test("run prints how to watch, once an output listens", async () => {
  const running: FakeOptions["running"] = (options) => {
    if ("onListening" in options) {
      options.onListening?.("tcp://127.0.0.1:0", { port: 40_123 });
      options.onListening?.("tcp://127.0.0.1:0", { port: 40_123 });
    }
    return Promise.resolve();
  };
  const { stderr } = await run("send test:", { running });
  assert.deepEqual(stderr.match(/camagent recv .*/g), [
    "camagent recv tcp://127.0.0.1:40123 pipe:/tmp/cam",
  ]);
  for (const flag of ["--quiet", "--json"]) {
    assert.equal((await run(`send test: ${flag}`, { running })).stderr, "");
  }
});

test("run ends with the exit code of what failed", async () => {
  const failing = (error: Error) =>
    run("send test:", {
      running: () => Promise.reject(error),
    });
  const cause = new Error();
  const config = new ConfigError("Cannot listen", { exitCode: 73 });
  assert.equal((await failing(config)).code, 73);
  assert.equal((await failing(new GaveUpError("", 1, { cause }))).code, 69);
  assert.equal((await failing(new TypeError("oops"))).code, 70);
});

test("run marks its last words as an error in the journal", async () => {
  const { stderr } = await run("sned", { streams: { isJournal: true } });
  assert.match(stderr, /^<3>camagent: Cannot run/);
});

/** Runs until it is told to stop. */
const untilStopped: FakeOptions["running"] = ({ signal }) =>
  new Promise((resolve) => signal.addEventListener("abort", () => resolve()));

const signals: [signal: string, isInteractive: boolean, code: number][] = [
  ["SIGTERM", true, 0],
  ["SIGHUP", true, 0],
  ["SIGINT", false, 0],
  ["SIGINT", true, 130],
];

for (const [signal, isInteractive, code] of signals) {
  const where = isInteractive ? "in a terminal" : "as a service";
  test(`run ends with ${code} by ${signal} ${where}`, async () => {
    const streams = { isInteractive };
    const program = new FakeProgram({ streams, running: untilStopped });
    const ended = program.run("recv", "tcp://pi", "pipe:/cam");
    await settle();
    program.emit(signal);
    assert.equal((await ended).code, code);
  });
}

test("run takes it for no failure that a stopped pipeline aborts", async () => {
  const program = new FakeProgram({
    running: ({ signal }) =>
      new Promise((_, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason))
      ),
  });
  const ended = program.run("send", "test:");
  await settle();
  program.emit("SIGTERM");
  const { code, stderr } = await ended;
  assert.deepEqual([code, stderr.includes("bug")], [0, false]);
});

test("run ends with 0 when nobody reads its stdout any more", async () => {
  const { code, stderr } = await run("send test: --json", {
    running: untilStopped,
    writeStdout: () => Promise.reject(new Error("EPIPE")),
  });
  assert.deepEqual([code, stderr], [0, ""]);
});

test("run reports what nobody caught, and ends with 70", async () => {
  const program = new FakeProgram({ running: untilStopped });
  const ended = program.run("send", "test:");
  await settle();
  program.emit("unhandledRejection", new TypeError("oops"));
  const { code, stderr } = await ended;
  assert.equal(code, 70);
  assert.match(stderr, /^camagent: This is a bug: TypeError: oops$/m);
});
