import assert from "node:assert/strict";
import { fakeRegistry } from "../../test/fakes/cli.ts";
import { test } from "../../test/harness.ts";
import type { PluginHost } from "../plugin/host.ts";
import { routeRecv, routeSend } from "./addresses.ts";

test("routeSend takes a first address whose scheme is a source for one", () => {
  const { source, outputs } = routeSend(
    fakeRegistry(),
    ["test:?speed=2", "tcp://:5001", "tcp://pi:5002"],
    {},
  );
  assert.equal(source.address.redacted, "test:?speed=2");
  assert.deepEqual(
    outputs.map(({ address }) => address.redacted),
    ["tcp://:5001", "tcp://pi:5002"],
  );
});

test("routeSend listens on every interface where no output is given", () => {
  const { outputs } = routeSend(fakeRegistry(), ["test:"], {});
  assert.equal(outputs[0]!.address.redacted, "tcp://0.0.0.0:5001");
});

test("routeSend asks a plugin for auto: where no source is given", () => {
  const registry = fakeRegistry();
  registry.add({
    apiVersion: 1,
    default: ({ z, defineSource }: PluginHost) =>
      defineSource({
        name: "source-auto",
        schemes: ["auto"],
        description: "the first camera",
        options: z.strictObject({}),
        run: () => Promise.resolve(),
      }),
  }, "auto");
  const { source } = routeSend(registry, ["tcp://:5001"], { fps: "5" });
  assert.equal(source.plugin.name, "source-auto");
  assert.deepEqual(source.address.query, { fps: "5" });
});

test("routeSend gives the flags of sources to the source only", () => {
  const texts = { size: "64x48", quiet: "true", maxRetries: "3" };
  const { source, outputs } = routeSend(
    fakeRegistry(),
    ["test:?speed=2", "tcp://:5001"],
    texts,
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

const NO_CAMERA =
  'Cannot use "auto:" as a source: no plugin finds cameras by itself; give ' +
  "a source such as test: or ffmpeg:/dev/video0?format=v4l2";

const sendErrors: [line: string, message: string][] = [
  ["", NO_CAMERA],
  ["tcp://:5001", NO_CAMERA],
  ["auto: tcp://:5001", NO_CAMERA],
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
  test(`routeSend refuses "${line}"`, () => {
    const addresses = line.split(" ").filter((address) => address !== "");
    assert.throws(
      () => routeSend(fakeRegistry(), addresses, { fps: "30" }),
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
