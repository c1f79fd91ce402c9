import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Agent } from "../e2e/agent.ts";
import { temporaryFolder } from "../e2e/folder.ts";
import { isTestPicture } from "../e2e/test_picture.ts";
import { until } from "../faults/deadline.ts";
import { test } from "../harness.ts";
import { freshName } from "../shm/name.ts";
import { assertBars, AT, BARS, GRAY_BARS } from "./bars.ts";
import { Program, pythonWith } from "./program.ts";

const EXAMPLES = join(import.meta.dirname!, "../../examples");

/** A test picture in shared memory. */
async function shown(pixelFormat: string, size = "640x480") {
  const stack = new AsyncDisposableStack();
  const { name } = stack.use(freshName());
  const source = `test:?size=${size}`;
  const sender = stack.use(Agent.send(source, "tcp://127.0.0.1:0"));
  const input = `tcp://127.0.0.1:${await sender.port()}`;
  stack.use(Agent.recv(input, `shm:${name}?pixelFormat=${pixelFormat}`));
  return { name, [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose]() };
}

for (const pixelFormat of ["rgb24", "bgr24", "gray", "yuv420p", "nv12"]) {
  test(`shm_opencv.py makes ${pixelFormat} what OpenCV shows`, async () => {
    await using camera = await shown(pixelFormat);
    const program = `import sys; sys.path.insert(0, ${JSON.stringify(EXAMPLES)})
import shm_opencv
for picture, _ in shm_opencv.pictures(${JSON.stringify(camera.name)}):
    print(picture${AT}.tolist())`;
    const words = [pythonWith("cv2"), "-u", "-c", program];
    await using viewer = new Program(words);
    const lines = await viewer.says(/^\[/, 20);
    if (pixelFormat !== "gray") return assertBars(lines, BARS, [2, 1, 0]);
    // A pixel of gray is one value.
    const wide = lines.map((line) =>
      JSON.stringify(JSON.parse(line).map((y: number) => [y, y, y]))
    );
    assertBars(wide, GRAY_BARS);
  });
}

test("shm_opencv.py --headless ends after so many pictures", async () => {
  await using camera = await shown("bgr24");
  const script = join(EXAMPLES, "shm_opencv.py");
  const words = [pythonWith("cv2"), script, camera.name, "--headless", "20"];
  await using viewer = new Program(words);
  await viewer.says(/^20 pictures of 640x480 in \d+\.\d s, .* \d+\.\d ms old$/);
  assert.equal(await viewer.end(), "0");
});

for (const pixelFormat of ["rgb24", "bgr24", "yuv420p", "nv12"]) {
  test(`shm_gstreamer.py gives GStreamer ${pixelFormat}`, async () => {
    using folder = temporaryFolder();
    await using camera = await shown(pixelFormat, "642x482");
    const file = join(folder.path, "frames");
    const pipeline = "videoconvert ! videoscale ! " +
      "video/x-raw,format=RGB,width=640,height=480 ! " +
      `filesink location=${file} buffer-mode=unbuffered`;
    const script = join(EXAMPLES, "shm_gstreamer.py");
    const words = ["/usr/bin/python3", script, camera.name, pipeline];
    await using running = new Program(words);
    const size = 640 * 480 * 3;
    const bytes = await until(20_000, "frames", () => {
      try {
        const bytes = readFileSync(file);
        return bytes.length >= 10 * size ? bytes : undefined;
      } catch {
        return undefined;
      }
    });
    for (let frame = 0; frame < 10; frame++) {
      const picture = bytes.subarray(frame * size, (frame + 1) * size);
      assert.ok(isTestPicture(picture, 640, 480), `frame ${frame}`);
    }
    running.kill("SIGINT");
    await running.end();
  });
}
