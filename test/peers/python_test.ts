import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Agent } from "../e2e/agent.ts";
import { temporaryFolder } from "../e2e/folder.ts";
import { test } from "../harness.ts";
import { blocksOf } from "../readme/markdown.ts";
import { assertBars, AT, BARS, GRAY_BARS } from "./bars.ts";
import { Program, pythonWith } from "./program.ts";

const ROOT = join(import.meta.dirname!, "../..");
const EXAMPLES = join(ROOT, "examples");

/** How many pictures are looked at. */
const PICTURES = 20;

/** Runs a Python program against the pipe of a running receiver. */
async function read(
  module: string,
  pixelFormat: string,
  program: (pipe: string) => readonly string[],
  check: (
    program: Program,
    receiver: ReturnType<typeof Agent.recv>,
  ) => Promise<void>,
): Promise<void> {
  const python = pythonWith(module);
  using folder = temporaryFolder();
  const pipe = join(folder.path, "cam");
  await using sender = Agent.send("test:", "tcp://127.0.0.1:0");
  const input = `tcp://127.0.0.1:${await sender.port()}`;
  const sink = `pipe:${pipe}?pixelFormat=${pixelFormat}`;
  await using receiver = Agent.recv(input, sink);
  await receiver.says(({ decoders }) => decoders[0]?.size !== undefined);
  await using running = new Program([python, "-u", ...program(pipe)]);
  await check(running, receiver);
}

test("README.md's NumPy reader has the pixels of the test picture", async () => {
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  const { code } = blocksOf(readme)
    .find(({ language }) => language === "python")!;
  assert.equal(code.split("\n").filter((line) => line !== "").length, 8);
  const program = (pipe: string) => [
    "-c",
    `${code.replaceAll("/tmp/cam", pipe)}        print(frame${AT}.tolist())`,
  ];
  await read("numpy", "rgb24", program, async (reader, receiver) => {
    await reader.says(/^\[ *\d+\.\d+ +\d+\.\d+ +\d+\.\d+ *\]$/, PICTURES);
    const lines = await reader.says(/^\[\[/, PICTURES);
    assertBars(lines, BARS);
    receiver.kill("SIGTERM");
    assert.equal(await reader.end(), "0");
  });
});

for (const pixelFormat of ["rgb24", "bgr24", "gray", "yuv420p", "nv12"]) {
  test(`view_opencv.py makes ${pixelFormat} what OpenCV shows`, async () => {
    const program = (pipe: string) => [
      "-c",
      `import sys; sys.path.insert(0, ${JSON.stringify(EXAMPLES)})
import view_opencv
for picture in view_opencv.pictures(${JSON.stringify(pipe)}):
    print(picture${AT}.tolist())`,
    ];
    const bars = pixelFormat === "gray" ? GRAY_BARS : BARS;
    await read("cv2", pixelFormat, program, async (reader) => {
      const lines = await reader.says(/^\[\[/, PICTURES);
      assertBars(lines, bars, [2, 1, 0]);
    });
  });
}

test("view_opencv.py --headless ends after so many pictures", async () => {
  const script = join(EXAMPLES, "view_opencv.py");
  const program = (pipe: string) => [script, pipe, "--headless", "20"];
  await read("cv2", "bgr24", program, async (viewer) => {
    await viewer.says(/^20 pictures of 640x480 in \d+\.\d s$/);
    assert.equal(await viewer.end(), "0");
  });
});
