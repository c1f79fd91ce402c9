/**
 * Words that mean something to a shell, to FFmpeg or to a terminal, wherever a
 * user, a script or a web page may put them: they name a file, a host or
 * nothing, and never become an option, a protocol or a command.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../agent/cli/run.ts";
import { Decoders } from "../../agent/ffmpeg/decoders.ts";
import type { Runtime } from "../../agent/plugin/runtime.ts";
import { createReceiver } from "../../agent/recv/recv.ts";
import { runtime } from "../../agent/runtime/mod.ts";
import { onStop } from "../../agent/runtime/signals.ts";
import { createSender } from "../../agent/send/send.ts";
import { builtins } from "../../plugins/mod.ts";
import { temporaryFolder } from "../e2e/folder.ts";
import { FakeClock } from "../fakes/clock.ts";
import { ffprobe } from "../fakes/ffmpeg.ts";
import { fakeMachine } from "../fakes/machine.ts";
import { FakeRuntime } from "../fakes/runtime.ts";
import { test } from "../harness.ts";

/** What is smuggled. */
const WORDS: readonly string[] = [
  // Options.
  ...["-y", "-i", "--help", "-f concat", "--", "-"],
  // For a shell.
  ...["$(touch x)", "`touch x`", ";touch x", "|touch x", "&touch x", ">x"],
  ...["a b", " a", "a'b", 'a"b', "a\\b", "*", "~", "$HOME", "!x", "#x"],
  // FFmpeg's protocols and patterns.
  ...["concat:a|b", "concatf:list", "subfile,,start,0,end,9,,:x", "file:x"],
  ...["data:text,x", "async:x", "cache:x", "crypto:x", "pipe:1", "fd:1"],
  ...["unix:x", "tee:x", "md5:x", "http:x", "http://127.0.0.1:1/x", "%d.png"],
  ...["[f=null]x", "a,b", "a:b=c", "lavfi:testsrc", "/dev/stdin", "a|b"],
  // Of addresses.
  ...["a?listen=1", "a&b=c", "a@b@c", "a%00b", "a%0ab", "a%zz", "0x7f.1"],
  ...["::1", "[::1%25lo]", "..", "../../etc/passwd", "//h/x", "user:pw@h"],
  // For a terminal and a log.
  ...["a\nb", "a\r\nb", "a\tb", "a\0b", "\x1b[2J", "\u202ea", "{}", "\ud800"],
  ...["ünïcödé", "x".repeat(255), "x".repeat(8192)],
];

/** Where it is put, and what comes with it. */
const PLACES: Record<string, (word: string, folder: string) => string[]> = {
  "the name of a source": (word, folder) => [
    ...["send", `file:${folder}/${escaped(word)}`, "tcp://127.0.0.1:0"],
  ],
  "the end of a source": (word) => ["send", `file:${word}`],
  "an input of FFmpeg": (word) => ["send", `ffmpeg:${word}?format=h264`],
  "a test picture": (word) => ["send", `test:${word}`],
  "an encoder": (word) => ["send", "test:", `--encoder=${word}`],
  "a recording": (word) => ["send", "test:", `file:${word}.mkv`],
  "a session description": (word) => [
    ...["send", "test:", `rtp://127.0.0.1:5004?sdp=${word}`],
  ],
  "a stream key": (word) => ["send", "test:", `rtmp://127.0.0.1:9/${word}`],
  "a stream id": (word) => [
    ...["send", "test:", `srt://127.0.0.1:9?streamid=${word}`],
  ],
  "a stream to publish": (word) => [
    ...["send", "test:", `rtsp://127.0.0.1:9/${word}?mode=publish`],
  ],
  "a host": (word) => ["recv", `tcp://${word}:9`, "-"],
  "an interface": (word) => [
    ...["recv", `udp://239.1.1.1:0?interface=${word}`, "-"],
  ],
  "a sender": (word) => ["recv", `udp://127.0.0.1:0?source=${word}`, "-"],
  "a stream": (word) => ["recv", `rtsp://127.0.0.1:9/${word}`, "-"],
  "a format": (word) => ["recv", "tcp://127.0.0.1:9", "-", `--format=${word}`],
  "a decoder": (
    word,
  ) => ["recv", "tcp://127.0.0.1:9", "-", `--decoder=${word}`],
  "a pixel format": (word) => [
    ...["recv", "tcp://127.0.0.1:9", `stdout:?pixelFormat=${word}`],
  ],
  "a pipe": (word) => ["recv", "tcp://127.0.0.1:9", `pipe:${word}`],
  "a scheme": (word) => ["recv", `${word}://127.0.0.1:9`, "-"],
};

/** As it stands in an address that means just this file. */
function escaped(word: string): string {
  return encodeURIComponent(word.toWellFormed());
}

/** What came of a command line, and every command that it would start. */
async function dryRun(argv: string[]) {
  let [stdout, stderr] = ["", ""];
  const started: (readonly string[])[] = [];
  const clock = new FakeClock();
  const programs = new FakeRuntime();
  const film = { codec: "h264", size: [640, 480], rate: "30/1" } as const;
  programs.processes.programs.set("ffprobe", ffprobe(film));
  const machine: Runtime = {
    ...runtime,
    // FFmpeg is told when it begins.
    now: () => clock.now(),
    wallClock: () => clock.wallClock(),
    sleep: (duration, signal) => clock.sleep(duration, signal),
    spawn(options) {
      started.push([options.command, ...options.args]);
      return programs.spawn(options);
    },
    writeStdout(bytes) {
      stdout += new TextDecoder().decode(bytes);
      return Promise.resolve();
    },
  };
  using stop = onStop({
    process: { on() {}, off() {} },
    exit: () => {
      throw new Error("Forced to exit");
    },
  });
  const code = await run([...argv, "--dry-run"], {
    builtins,
    pipelines: {
      createSender: (options) => kept(createSender(options)),
      createReceiver: (options) => kept(createReceiver(options)),
    },
    runtime: machine,
    decoders: new Decoders({ runtime: machine, ...fakeMachine() }),
    streams: {
      env: {},
      isInteractive: false,
      isStdoutTerminal: false,
      isStderrTerminal: false,
      isJournal: false,
      columns: () => undefined,
      writeStderr(text) {
        stderr += text;
        return Promise.resolve();
      },
    },
    stop,
  });
  return { code, stdout, stderr, started };

  function kept<T extends { commands(): Promise<string[][]> }>(pipeline: T): T {
    const commands = pipeline.commands.bind(pipeline);
    pipeline.commands = async () => {
      const all = await commands();
      started.push(...all);
      return all;
    };
    return pipeline;
  }
}

/** A file's name has to fit, and to be one. */
function makeFile(folder: string, word: string): void {
  if (/[/\0]/.test(word) || word.startsWith(".") || word.length > 255) return;
  writeFileSync(join(folder, word.toWellFormed()), "");
}

for (const [place, lineOf] of Object.entries(PLACES)) {
  test(`camagent takes ${WORDS.length} odd words for ${place}, or refuses them in one line`, async () => {
    using folder = temporaryFolder();
    for (const word of ["plain", ...WORDS]) makeFile(folder.path, word);
    const before = readdirSync(folder.path);
    const usual = new Set<string>();
    // With a folder as well, for those that have to be there.
    for (const word of ["plain", join(folder.path, "plain")]) {
      const { started } = await dryRun(lineOf(word, folder.path));
      for (const arg of started.flat()) usual.add(arg);
    }
    for (const word of WORDS) {
      await check(lineOf(word, folder.path), usual);
    }
    assert.deepEqual(readdirSync(folder.path), before);
  });
}

/** @param usual What programs are told where nothing is odd. */
async function check(argv: string[], usual: Set<string>): Promise<void> {
  const about = JSON.stringify(argv).slice(0, 200);
  const { code, stdout, stderr, started } = await dryRun(argv);
  const odd = started.flat().filter((arg) => !usual.has(arg));
  assert.deepEqual(odd.filter((arg) => !arg.startsWith("file:")), [], about);
  if (code === 0) return assert.notEqual(stdout, "", about);
  assert.ok([64, 65, 66, 69, 73, 77].includes(code), `${about}: ${stderr}`);
  assert.match(stderr, /^camagent: [^\p{Cc}\u2028-\u202e]+\n$/u, about);
}
