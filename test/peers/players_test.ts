import assert from "node:assert/strict";
import { receiverLines } from "../../agent/cli/receiver_lines.ts";
import { Agent } from "../e2e/agent.ts";
import { test } from "../harness.ts";
import { Program } from "./program.ts";

/** The line that the sender prints for a program, as its words. */
async function lineFor(
  name: string,
  sender: ReturnType<typeof Agent.send>,
): Promise<[string, ...string[]]> {
  const address = `tcp://127.0.0.1:${await sender.port()}`;
  const lines = receiverLines(address, {}, undefined);
  const [program = "", ...args] = lines
    .find((line) => line.startsWith(name))!.split(" ");
  return [program, ...args];
}

test("ffplay shows what camagent sends, by the printed line", async () => {
  await using sender = Agent.send("test:", "tcp://127.0.0.1:0");
  const env = { SDL_VIDEODRIVER: "dummy" };
  await using player = new Program(await lineFor("ffplay", sender), env);
  await player.says(/Video: h264 .* 640x480/);
  // Its clock runs while pictures come.
  const times = await player.says(/^ *\d+\.\d+ M-V:/, 30);
  assert.ok(parseFloat(times.at(-1)!) > parseFloat(times[0]!));
});

test("GStreamer shows what camagent sends, by the printed line", async () => {
  await using sender = Agent.send("test:", "tcp://127.0.0.1:0");
  const line = await lineFor("gst-launch-1.0", sender);
  const screen = line.indexOf("autovideosink");
  assert.ok(screen > 0);
  line.splice(screen, 1, "fakesink", "num-buffers=60");
  await using player = new Program(line);
  assert.equal(await player.end(), "0");
});
