import assert from "node:assert/strict";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import process from "node:process";
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
  "a name behind the test picture": [
    ["send", "test:clip.mp4", "tcp://:0"],
    64,
    /nothing stands behind "test:" but options/,
  ],
  "a name behind stdout": [
    ["recv", "tcp://127.0.0.1:9", "stdout:/tmp/x"],
    64,
    /nothing stands behind "stdout:" but options/,
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
    ["send", "test:?encoder=nonsense", "tcp://:0"],
    64,
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
  "a group that is none": [
    ["recv", "rtp://239.1.1.300", "-"],
    64,
    /"239\.1\.1\.300": it is no IPv4 address/,
  ],
  "an interface that is not there": [
    ["recv", "rtp://239.1.1.1?interface=eth99", "-"],
    64,
    /interface "eth99": this machine has .*\blo\b/,
  ],
  "to send through an interface that is not there": [
    ["send", "test:", "udp://239.1.1.1?interface=10.99.99.99"],
    64,
    /interface "10\.99\.99\.99": this machine has .*\blo\b/,
  ],
  "an interface without a group": [
    ["recv", "udp://0.0.0.0?interface=lo", "-"],
    64,
    /\?interface= is for groups; bind the interface's address/,
  ],
  "a TTL that is none": [
    ["send", "test:", "rtp://239.1.1.1?ttl=256"],
    64,
    /"ttl" is "256", expected a whole number from 0 to 255/,
  ],
  "a receiver that is everybody": [
    ["send", "test:", "rtp://0.0.0.0"],
    64,
    /names no receiver; .*rtp:\/\/192\.168\.1\.7:5004.*rtp:\/\/239\.1\.1\.1/,
  ],
  "datagrams to an address of another machine": [
    ["recv", "rtp://192.0.2.1:6000", "-"],
    69,
    /not one of this machine's .*rtp:\/\/0\.0\.0\.0:6000/,
  ],
  "a source of the other family": [
    ["recv", "rtp://[ff15::1]?interface=lo&source=10.0.0.1", "-"],
    64,
    /no datagram of 10\.0\.0\.1 gets to ff15::1/,
  ],
  "an SDP that is not there": [
    ["recv", "rtp://?sdp=/no/such.sdp", "-"],
    66,
    /"\/no\/such\.sdp": no such file/,
  ],
  "an SDP that is none": [
    ["recv", `rtp://?sdp=${import.meta.filename}`, "-"],
    65,
    /bad_input_test\.ts": Cannot read SDP: it begins with "import/,
  ],
  "an SDP where no file may stand": [
    ["send", "test:", "rtp://127.0.0.1?sdp=/no/such/cam.sdp"],
    73,
    /"\/no\/such\/cam\.sdp": its folder does not exist/,
  ],
  "to put an SDP in place of a folder": [
    ["send", "test:", "rtp://127.0.0.1?sdp=/tmp"],
    73,
    /something else stands there/,
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
  await refuses(["send", "test:", "tcp://:0"], 69, /apt install ffmpeg/, {
    env,
  });
  await refuses(["recv", "tcp://127.0.0.1:9", "-"], 69, /ffmpeg/, { env });
});

/** A port that others use hardly ever, and an ordinary user may not. */
const LOW_PORT = 504;

/** Below it, ports need a right that root has. */
const firstFreePort = Number(
  readFileSync("/proc/sys/net/ipv4/ip_unprivileged_port_start", "latin1"),
);

if (firstFreePort > LOW_PORT) {
  for (const address of ["udp://0.0.0.0", "rtp://239.1.1.1"]) {
    test(`camagent refuses ${address}:${LOW_PORT} without rights in one line`, async () => {
      const isRoot = process.getuid?.() === 0;
      const through = isRoot
        ? ["setpriv", "--bounding-set=-net_bind_service"]
        : [];
      const args = ["recv", `${address}:${LOW_PORT}`, "-"];
      const says = /:504: not permitted; ports below 1024 need root/;
      await refuses(args, 77, says, { through });
    });
  }
}

async function refuses(
  args: string[],
  code: number,
  says: RegExp,
  options: { env?: Record<string, string>; through?: string[] } = {},
): Promise<void> {
  await using agent = Agent.start(args, options);
  assert.equal((await agent.exit).code, code, agent.log.join("\n"));
  const lines = agent.log.filter((line) => line.startsWith("camagent: "));
  assert.equal(lines.length, 1, agent.log.join("\n"));
  assert.match(lines[0]!, says);
}
