import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import {
  ConfigError,
  GaveUpError,
  ProcessError,
  type ProcessErrorOptions,
  StreamError,
} from "../errors.ts";
import { endingOf } from "./exit_code.ts";

function processError(options: Partial<ProcessErrorOptions>): ProcessError {
  const { command = ["ffmpeg"], reason = "exited", ...more } = options;
  return new ProcessError(`Cannot start "${command[0]}"`, {
    command,
    reason,
    ...more,
  });
}

const endings: [name: string, error: unknown, code: number, line: string][] = [
  [
    "a wrong command line",
    new ConfigError("Cannot use that"),
    64,
    "camagent: Cannot use that",
  ],
  [
    "a port that is taken",
    new ConfigError("Cannot listen", { exitCode: 73 }),
    73,
    "camagent: Cannot listen",
  ],
  [
    "used up retries",
    new GaveUpError('Gave up "tcp://pi"', 3, { cause: new Error() }),
    69,
    'camagent: Gave up "tcp://pi"',
  ],
  [
    "a missing FFmpeg",
    processError({ command: ["ffprobe", "-i"], reason: "not-found" }),
    69,
    'camagent: Cannot start "ffprobe"; install it with "sudo apt install ' +
    'ffmpeg"',
  ],
  [
    "any other missing program",
    processError({ command: ["mine"], reason: "not-found" }),
    69,
    'camagent: Cannot start "mine"',
  ],
  [
    "a child that failed, with its last words",
    processError({ stderrTail: ["first", "No such device\x1b[0m"] }),
    69,
    'camagent: Cannot start "ffmpeg" (No such device)',
  ],
  [
    "a stream that is no video",
    new StreamError("undecodable", "Cannot decode"),
    65,
    "camagent: Cannot decode",
  ],
  [
    "a stream that broke",
    new StreamError("lost", "Connection reset"),
    69,
    "camagent: Connection reset",
  ],
  [
    "a message with a password",
    new ConfigError('Cannot use "rtsp://me:pw@pi"\n'),
    64,
    'camagent: Cannot use "rtsp://***@pi"',
  ],
];

for (const [name, error, code, line] of endings) {
  test(`endingOf maps ${name} to ${code} and one line`, () => {
    assert.deepEqual(endingOf(error), { code, message: line });
  });
}

test("endingOf shows where a bug is and how to report it", () => {
  const { code, message } = endingOf(new RangeError("tcp://me:pw@pi is odd"));
  assert.equal(code, 70);
  const lines = message.split("\n");
  assert.equal(
    lines[0],
    "camagent: This is a bug: RangeError: tcp://***@pi is odd",
  );
  assert.match(message, /exit_code_test\.ts/);
  assert.match(lines.at(-1)!, /^Please report it .*camagent \d+\.\d+\.\d+ \(/);
  assert.doesNotMatch(message, /pw@/);
});

test("endingOf takes what is no error for a bug as well", () => {
  assert.equal(endingOf("oops").code, 70);
  assert.equal(endingOf(undefined).code, 70);
});
