import assert from "node:assert/strict";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Agent } from "../e2e/agent.ts";
import { temporaryFolder } from "../e2e/folder.ts";
import { until } from "../faults/deadline.ts";
import { test } from "../harness.ts";
import { Program } from "./program.ts";
import { freeRtpPort } from "./rtp_port.ts";
import { groupFor } from "./udp_port.ts";
import { vlc } from "./vlc.ts";

/** A sender, and what it prints. */
class Printer implements AsyncDisposable {
  readonly #agent: Agent<unknown>;

  /** @param address Where it sends a test picture to. */
  constructor(address: string) {
    this.#agent = Agent.start(["send", "test:", address]);
  }

  /** Waits for the line of a program. */
  async lineFor(name: string): Promise<string> {
    const [, line] = await this.#agent.logs(new RegExp(`^  (${name} .*)$`));
    return line!;
  }

  /** Waits for the SDP, and returns all of it, as it is. */
  async sdp(): Promise<string> {
    await this.#agent.logs(/^a=fmtp:/);
    const { log } = this.#agent;
    const lines = log.slice(log.indexOf("v=0"));
    const end = lines.findIndex((line) => line.startsWith("a=fmtp:"));
    return lines.slice(0, end + 1).map((line) => `${line}\n`).join("");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent[Symbol.asyncDispose]();
  }
}

/** Pastes a line into a shell. */
function paste(line: string, folder: string): Program {
  const env = { SDL_VIDEODRIVER: "dummy" };
  return new Program(["sh", "-c", `cd ${folder} && exec ${line}`], env);
}

/** VLC writes each picture that it shows into a file. */
function countPictures(folder: string): number {
  return readdirSync(folder).filter((name) => /^scene.*\.png$/.test(name))
    .length;
}

/** What senders are told, where the picture then is. */
const ADDRESSES: Record<string, (port: number) => string> = {
  "TCP": (port) => `tcp://127.0.0.1:${port}`,
  "UDP": (port) => `udp://127.0.0.1:${port}`,
  "RTP": (port) => `rtp://127.0.0.1:${port}`,
};

for (const [name, address] of Object.entries(ADDRESSES)) {
  test(`ffplay shows what camagent sends by ${name}, by the printed line`, async () => {
    using folder = temporaryFolder();
    await using sender = new Printer(address(freeRtpPort()));
    const line = await sender.lineFor("ffplay");
    if (name === "RTP") {
      writeFileSync(join(folder.path, "cam.sdp"), await sender.sdp());
    }
    await using player = paste(line, folder.path);
    // It may join between two keyframes, and not know the size yet.
    await player.says(/Video: h264/);
    // Its clock runs while pictures come.
    const times = await player.says(/^ *\d+\.\d+ M-V:/, 30);
    assert.ok(parseFloat(times.at(-1)!) > parseFloat(times[0]!));
  });
}

const GROUPS: Record<string, (port: number) => string> = {
  "UDP to a group": (port) => `udp://${groupFor(port)}:${port}?interface=lo`,
  "RTP to a group": (port) => `rtp://${groupFor(port)}:${port}?interface=lo`,
};

for (const [name, address] of Object.entries({ ...ADDRESSES, ...GROUPS })) {
  test(`GStreamer shows what camagent sends by ${name}, by the printed line`, async () => {
    using folder = temporaryFolder();
    await using sender = new Printer(address(freeRtpPort()));
    const line = await sender.lineFor("gst-launch-1.0");
    assert.match(line, / autovideosink /);
    const counting = line.replace("autovideosink", "fakesink num-buffers=60");
    await using player = paste(counting, folder.path);
    assert.equal(await player.end(), "0");
  });
}

test("VLC shows what camagent sends by RTP, by the printed line", async () => {
  using folder = temporaryFolder();
  const sdp = join(folder.path, "cam.sdp");
  const to = `rtp://127.0.0.1:${freeRtpPort()}?sdp=${sdp}`;
  await using sender = new Printer(to);
  const [, ...args] = (await sender.lineFor("vlc")).split(" ");
  const scenes = ["--video-filter=scene", `--scene-path=${folder.path}`];
  await using player = vlc(folder.path, [
    ...["-v", "--vout=dummy", ...scenes, "--scene-ratio=1", ...args],
  ]);
  await until(20_000, "30 pictures", () => countPictures(folder.path) >= 30);
  assert.deepEqual(
    player.lines.filter((line) => /avcodec.*error|concealing/.test(line)),
    [],
  );
});
