import assert from "node:assert/strict";
import { fakeRegistry } from "../../test/fakes/cli.ts";
import { test } from "../../test/harness.ts";
import { ConfigError } from "../errors.ts";
import { routeRecv, routeSend } from "./addresses.ts";

test("routeSend takes a first address whose scheme is a source for one", async () => {
  const { source, outputs } = await routeSend(
    fakeRegistry(),
    ["test:?speed=2", "tcp://:5001", "tcp://pi:5002"],
    {},
    noCamera,
  );
  assert.equal(source.address.redacted, "test:?speed=2");
  assert.deepEqual(
    outputs.map(({ address }) => address.redacted),
    ["tcp://:5001", "tcp://pi:5002"],
  );
});

test("routeSend listens on every interface where no output is given", async () => {
  const registry = fakeRegistry();
  const { outputs } = await routeSend(registry, ["test:"], {}, noCamera);
  assert.equal(outputs[0]!.address.redacted, "tcp://0.0.0.0:5001");
});

for (
  const line of ["tcp://:5001", "auto: tcp://:5001", "AUTO:?speed=3 tcp://"]
) {
  test(`routeSend "${line}" takes the camera that there is`, async () => {
    const { source } = await routeSend(
      fakeRegistry(),
      line.split(" "),
      { fps: "5" },
      () => Promise.resolve("test:7?size=64x48"),
    );
    const speed = line.includes("speed") ? { speed: "3" } : {};
    assert.equal(source.plugin.name, "source-fake");
    assert.equal(source.address.path, "7");
    assert.deepEqual(source.address.query, {
      size: "64x48",
      ...speed,
      fps: "5",
    });
  });
}

test("routeSend gives the flags of sources to the source only", async () => {
  const texts = { size: "64x48", quiet: "true", maxRetries: "3" };
  const { source, outputs } = await routeSend(
    fakeRegistry(),
    ["test:?speed=2", "tcp://:5001"],
    texts,
    noCamera,
  );
  assert.deepEqual(source.address.query, { speed: "2", size: "64x48" });
  assert.deepEqual(outputs[0]!.address.query, {});
});

test("routeRecv gives the flags of sinks to every sink", () => {
  const { input, sinks } = routeRecv(
    fakeRegistry(),
    ["tcp://pi", "pipe:/a", "-"],
    { pixelFormat: "gray", json: "stderr" },
  );
  assert.deepEqual(input.address.query, {});
  assert.deepEqual(
    sinks.map(({ address }) => [address.scheme, address.query]),
    [["pipe", { pixelFormat: "gray" }], ["stdout", { pixelFormat: "gray" }]],
  );
});

/** What is said where there is none. */
const NO_CAMERA = "Cannot find a camera";

function noCamera(): Promise<never> {
  return Promise.reject(new ConfigError(NO_CAMERA));
}

const sendErrors: [line: string, message: string][] = [
  ["", NO_CAMERA],
  ["tcp://:5001", NO_CAMERA],
  ["auto: tcp://:5001", NO_CAMERA],
  [
    "auto:1",
    'Cannot use "auto:1": nothing stands behind "auto:" but options, as in ' +
    "auto:?size=640x480",
  ],
  [
    "tset: tcp://:5001",
    'Cannot use "tset:": no source or transport "tset:" (did you mean ' +
    '"test:"?)',
  ],
  [
    "/dev/video0",
    'Cannot parse address "/dev/video0": no scheme in front, such as "file:"',
  ],
  [
    "test: pipe:/tmp/cam",
    'Cannot use "pipe:/tmp/cam" as a transport: "pipe:" is a sink',
  ],
  [
    "test: tpc://pi",
    'Cannot use "tpc://pi" as a transport: no transport "tpc:" (did you ' +
    'mean "tcp:"?)',
  ],
  [
    "test:?fps=30&speed=2",
    'Cannot use "--fps" with "test:?fps=30&speed=2": the address has an ' +
    'option "fps" already',
  ],
];

for (const [line, message] of sendErrors) {
  test(`routeSend refuses "${line}"`, async () => {
    const addresses = line.split(" ").filter((address) => address !== "");
    await assert.rejects(
      () => routeSend(fakeRegistry(), addresses, { fps: "30" }, noCamera),
      { name: "ConfigError", message },
    );
  });
}

const recvErrors: [line: string, message: string][] = [
  [
    "",
    "Cannot receive without an address: give one such as " +
    "tcp://192.168.1.5:5001",
  ],
  [
    "tcp://pi",
    "Cannot receive without a sink: give pipe:/path of a named pipe, or " +
    '"-" for stdout',
  ],
  [
    "tcp://pi tcp://pi",
    'Cannot use "tcp://pi" as a sink: "tcp:" is a transport',
  ],
  ["tcp://pi - stdout:?fps=5", 'Cannot use "stdout:" twice'],
  ["tcp://pi pipe:/a pipe:/a?fps=5", 'Cannot use "pipe:/a" twice'],
  ["test: -", 'Cannot use "test:" as a transport: "test:" is a source'],
  [
    "tcp://pi pipe:/a?pixelFormat=gray",
    'Cannot use "--pixel-format" with "pipe:/a?pixelFormat=gray": the ' +
    'address has an option "pixelFormat" already',
  ],
];

for (const [line, message] of recvErrors) {
  test(`routeRecv refuses "${line}"`, () => {
    const addresses = line.split(" ").filter((address) => address !== "");
    const texts = { pixelFormat: "rgb24" };
    assert.throws(
      () => routeRecv(fakeRegistry(), addresses, texts),
      { name: "ConfigError", message },
    );
  });
}
