import assert from "node:assert/strict";
import { parseAddress } from "../../agent/media/address.ts";
import { host } from "../../agent/plugin/host.ts";
import { FakeRuntime } from "../../test/fakes/runtime.ts";
import { test } from "../../test/harness.ts";
import type { CaptureEnd } from "./capture.ts";
import type { ComplaintKind } from "./complaint.ts";
import { failureOf } from "./failure.ts";
import { powerHint } from "./power.ts";

const ADDRESS = parseAddress("rpicam:");

function end(
  kind?: ComplaintKind,
  exit: Partial<CaptureEnd["exit"]> = { code: 255 },
): CaptureEnd {
  return {
    program: "rpicam-vid",
    exit: { code: null, signal: null, forced: false, stderrTail: [], ...exit },
    complaint: kind && { kind, text: "failed to start camera" },
    delivered: false,
  };
}

/** A Raspberry Pi whose firmware watches the power supply. */
function weak(alarm: string): FakeRuntime {
  const runtime = new FakeRuntime();
  const file = (path: string, text: string) =>
    runtime.files.paths.set(path, {
      kind: "file",
      content: new TextEncoder().encode(text),
    });
  file("/sys/class/hwmon/hwmon0/name", "cpu_thermal\n");
  file("/sys/class/hwmon/hwmon2/name", "rpi_volt\n");
  file("/sys/class/hwmon/hwmon2/in0_lcrit_alarm", alarm);
  return runtime;
}

const WEAK = "; the power supply is too weak (under-voltage)";

test("powerHint() names a power supply that is too weak", async () => {
  assert.equal(await powerHint(weak("1\n")), WEAK);
  assert.equal(await powerHint(weak("0\n")), "");
  assert.equal(await powerHint(new FakeRuntime()), "");
});

const CASES: [
  what: string,
  end: CaptureEnd,
  name: string,
  message: string,
][] = [
  [
    "a stall",
    end("cable"),
    "StreamError",
    `"rpicam:" does not deliver: check both ends of its cable${WEAK}`,
  ],
  [
    "a crash",
    end(undefined, { signal: "SIGSEGV" }),
    "ProcessError",
    `rpicam-vid was killed by SIGSEGV${WEAK}`,
  ],
  [
    "what nobody foresaw",
    end("other"),
    "ProcessError",
    `rpicam-vid exited with 255: failed to start camera${WEAK}`,
  ],
  [
    "an end that nobody asked for",
    end(undefined, { code: 0 }),
    "StreamError",
    "rpicam-vid ended by itself",
  ],
  [
    "a value that it does not take",
    end("value"),
    "ConfigError",
    'Cannot open "rpicam:": rpicam-vid says "failed to start camera"',
  ],
];

for (const [what, ended, name, message] of CASES) {
  test(`failureOf() says what is known of ${what}`, async () => {
    const context = { address: ADDRESS, runtime: weak("1") };
    const error = await failureOf(ended, context, host);
    assert.deepEqual([error.name, error.message], [name, message]);
  });
}

test("failureOf() names who has the camera", async () => {
  const runtime = new FakeRuntime();
  runtime.users.set("/dev/media0", [
    { pid: 1, name: "rpicam-hello" },
    { pid: 2, name: "motion" },
  ]);
  const context = { address: ADDRESS, runtime };
  const error = await failureOf(end("busy"), context, host);
  assert.equal(
    error.message,
    '"rpicam:" is in use by rpicam-hello (1), motion (2)',
  );
});
