import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "../harness.ts";
import { Agent } from "./agent.ts";
import { temporaryFolder } from "./folder.ts";

/** A command line, its exit code, and what the one line has to say. */
type Case = [args: string[], code: number, says: RegExp];

const CASES: Record<string, Case> = {
  "an unknown command": [["sned"], 64, /"sned".*did you mean "send"/],
  "an unknown flag": [["recv", "--pixelformat=gray"], 64, /--pixel-format/],
  "an unknown option": [
    ["send", "test:?szie=640x480", "tcp://:0"],
    64,
    /"szie".*did you mean "size"/,
  ],
  "a size that is none": [
    ["send", "test:?size=big", "tcp://:0"],
    64,
    /"size" is "big".*640x480/,
  ],
  "an unknown scheme": [
    ["send", "test:", "tpc://:5001"],
    64,
    /"tpc:".*did you mean "tcp:"/,
  ],
  "a sink as output": [["send", "test:", "pipe:/tmp/x"], 64, /is a sink/],
  "no address": [["recv", "192.168.1.7:5001", "-"], 64, /no scheme/],
  "no port": [["recv", "tcp://pi:http", "-"], 64, /port is not a number/],
  "no sink": [["recv", "tcp://127.0.0.1:9"], 64, /pipe:/],
  "nobody to receive from": [
    ["recv", "tcp://0.0.0.0:5001", "-"],
    64,
    /\?mode=listen/,
  ],
  "an address of another machine": [
    ["send", "test:", "tcp://192.0.2.1:5001"],
    69,
    /\?mode=dial/,
  ],
  "no such file": [["send", "file:/no/such.mp4", "tcp://:0"], 66, /no such/],
  "a file that is no video": [
    ["send", `file:${import.meta.filename}`, "tcp://:0"],
    66,
    /bad_input_test/,
  ],
  "no such folder": [
    ["recv", "tcp://127.0.0.1:9", "pipe:/no/such/fifo"],
    73,
    /folder/,
  ],
  "an encoder that FFmpeg has not": [
    ["send", "test:?encoder=nonsense", "tcp://:0", "--max-retries=0"],
    69,
    /nonsense/,
  ],
  "the same option twice": [
    ["send", "test:?fps=10", "tcp://:0", "--fps", "20"],
    64,
    /fps/,
  ],
  "a plugin that is not there": [
    ["plugins", "--plugin", "/no/such.ts"],
    66,
    /no such/,
  ],
  "two uses of stdout": [["recv", "tcp://:1", "-", "--json"], 64, /stderr/],
};

for (const [what, [args, code, says]] of Object.entries(CASES)) {
  test(`camagent refuses ${what} in one line`, async () => {
    await refuses(args, code, says);
  });
}

test("camagent refuses a port that is in use", async () => {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  try {
    await refuses(["send", "test:", `tcp://127.0.0.1:${port}`], 69, /in use/);
  } finally {
    await new Promise((done) => server.close(done));
  }
});

test("camagent refuses to write where something else stands", async () => {
  using folder = temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  writeFileSync(at("file"), "precious");
  mkdirSync(at("folder"));
  symlinkSync(at("file"), at("link"));
  for (const name of ["file", "folder", "link"]) {
    const args = ["recv", "tcp://127.0.0.1:9", `pipe:${at(name)}`];
    await refuses(args, 73, /something else stands there/);
  }
});

test("camagent says how to get FFmpeg where there is none", async () => {
  using folder = temporaryFolder();
  const env = { PATH: folder.path };
  await refuses(["send", "test:", "tcp://:0"], 69, /apt install ffmpeg/, env);
  await refuses(["recv", "tcp://127.0.0.1:9", "-"], 69, /ffmpeg/, env);
});

async function refuses(
  args: string[],
  code: number,
  says: RegExp,
  env: Record<string, string> = {},
): Promise<void> {
  await using agent = Agent.start(args, { env });
  assert.equal((await agent.exit).code, code, agent.log.join("\n"));
  const lines = agent.log.filter((line) => line.startsWith("camagent: "));
  assert.equal(lines.length, 1, agent.log.join("\n"));
  assert.match(lines[0]!, says);
}
