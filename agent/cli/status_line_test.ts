import assert from "node:assert/strict";
import { recvStatus, sendStatus } from "../../test/fakes/cli.ts";
import { test } from "../../test/harness.ts";
import { ms } from "../media/time.ts";
import { createStatus, type SupervisorState } from "../watchdog/status.ts";
import { formatBitrate, recvLine, sendLine } from "./status_line.ts";

const NOW = ms(2_200);

function supervisor(state: SupervisorState, message?: string) {
  const since = createStatus(ms(1_000));
  if (message === undefined) return { ...since, state };
  const lastFailure = { kind: "refused" as const, message, at: ms(1_000) };
  return { ...since, state, lastFailure };
}

test("sendLine shows rate, viewers, drops and restarts", () => {
  assert.equal(
    sendLine(sendStatus(), NOW),
    "▶ 30.0 fps  2.1 Mbit/s  viewers 2  dropped 3  restarts 0",
  );
});

test("sendLine shows the state of a source that does not run", () => {
  const status = sendStatus();
  const waiting = {
    ...status.source,
    supervisor: supervisor("waiting", "Cannot open /dev/video0"),
  };
  assert.equal(
    sendLine({ ...status, source: waiting }, NOW),
    "waiting 1.2 s: Cannot open /dev/video0",
  );
});

test("sendLine names the output that does not run", () => {
  const status = sendStatus();
  const output = {
    ...status.outputs[0]!,
    supervisor: supervisor("lost", "Listener closed"),
  };
  assert.equal(
    sendLine({ ...status, outputs: [output] }, NOW),
    "▶ 30.0 fps  2.1 Mbit/s  viewers 2  dropped 3  restarts 0  " +
      "tcp://0.0.0.0:5001 lost 1.2 s: Listener closed",
  );
});

test("recvLine shows rate, age, all drops and all restarts", () => {
  assert.equal(
    recvLine(recvStatus(), NOW),
    "▶ 30.0 fps  512 kbit/s  age p50 4.1 p95 6.3 ms (capture)  dropped 7  " +
      "restarts 3",
  );
});

test("recvLine shows the oldest age of several sinks", () => {
  const status = recvStatus();
  const slow = {
    ...status.sinks[0]!,
    age: { since: "arrival" as const, p50: 9, p95: 20 },
  };
  assert.match(
    recvLine({ ...status, sinks: [...status.sinks, slow] }, NOW),
    /age p50 9\.0 p95 20\.0 ms \(arrival\)/,
  );
});

test("recvLine says that it is connecting", () => {
  const status = recvStatus();
  const input = { ...status.input, supervisor: supervisor("starting") };
  assert.equal(recvLine({ ...status, input }, NOW), "connecting");
});

test("recvLine says how long it waits, and why", () => {
  const status = recvStatus();
  const input = {
    ...status.input,
    supervisor: supervisor("waiting", "connection refused"),
  };
  assert.equal(
    recvLine({ ...status, input }, NOW),
    "waiting 1.2 s: connection refused",
  );
});

test("recvLine names the sink that waits for its reader", () => {
  const status = recvStatus();
  const sink = { ...status.sinks[0]!, supervisor: supervisor("starting") };
  assert.match(
    recvLine({ ...status, sinks: [sink] }, NOW),
    / {2}pipe:\/tmp\/cam starting$/,
  );
});

test("formatBitrate changes its unit where rounding would", () => {
  assert.equal(formatBitrate(0), "0 kbit/s");
  assert.equal(formatBitrate(999_499), "999 kbit/s");
  assert.equal(formatBitrate(999_500), "1.0 Mbit/s");
});

test("recvLine tells of losses where there were any", () => {
  const { input, ...status } = recvStatus();
  const packets = { lost: 3, reordered: 1, dropped: 5 };
  assert.match(
    recvLine({ ...status, input: { ...input, packets, held: 12 } }, NOW),
    /dropped 7 {2}lost 3 {2}reordered 1 {2}held 12 {2}restarts/,
  );
});
