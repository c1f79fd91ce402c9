import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "../harness.ts";
import { isTestPicture } from "./test_picture.ts";

const [WIDTH, HEIGHT] = [640, 480];
const BYTES = WIDTH * HEIGHT * 3;

/** Ten seconds of the test picture, one frame in ten. */
async function testPictures(): Promise<Uint8Array[]> {
  const filter = "testsrc2=size=640x480:rate=30,select='not(mod(n,10))'";
  const child = spawn("ffmpeg", [
    ...["-v", "error", "-f", "lavfi", "-i", filter, "-frames:v", "30"],
    ...["-fps_mode", "passthrough", "-pix_fmt", "rgb24", "-f", "rawvideo", "-"],
  ], { stdio: ["ignore", "pipe", "inherit"] });
  const chunks = [];
  for await (const chunk of child.stdout) chunks.push(chunk);
  const all = Buffer.concat(chunks);
  return Array.from(
    { length: all.length / BYTES },
    (_, i) => all.subarray(i * BYTES, (i + 1) * BYTES),
  );
}

test("isTestPicture() knows the test picture", async () => {
  const pictures = await testPictures();
  assert.equal(pictures.length, 30);
  for (const picture of pictures) {
    assert.equal(isTestPicture(picture, WIDTH, HEIGHT), true);
  }
});

test("isTestPicture() refuses a picture that is out of place", async () => {
  const pictures = await testPictures();
  for (const bytes of [1, 2, 300, WIDTH, WIDTH * 3 * 20, BYTES / 2, 65536]) {
    for (const [i, picture] of pictures.entries()) {
      const other = pictures[(i + 1) % pictures.length]!;
      const moved = new Uint8Array(BYTES);
      moved.set(picture.subarray(bytes));
      moved.set(other.subarray(0, bytes), BYTES - bytes);
      assert.equal(isTestPicture(moved, WIDTH, HEIGHT), false, `${bytes}`);
    }
  }
});
