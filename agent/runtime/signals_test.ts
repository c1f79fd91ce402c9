import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { test } from "../../test/harness.ts";
import { ms } from "../media/time.ts";
import { onStop } from "./signals.ts";

/** A process that only notes with which codes it was ended. */
function fakeProcess() {
  const process = new EventEmitter();
  const codes: number[] = [];
  const exit = (code: number) => {
    codes.push(code);
    process.emit("exited");
  };
  return { process, codes, exit };
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  test(`onStop aborts at ${signal} and ends at the next signal`, () => {
    const { process, codes, exit } = fakeProcess();
    using stop = onStop({ process, exit, echo: ms(0) });
    process.emit(signal);
    assert.equal(stop.received, signal);
    assert.ok(stop.signal.aborted);
    assert.deepEqual(codes, []);
    process.emit("SIGINT");
    assert.deepEqual(codes, [130]);
  });
}

test("onStop takes a signal that comes twice at once for one", () => {
  const { process, codes, exit } = fakeProcess();
  using stop = onStop({ process, exit });
  for (let count = 0; count < 3; count++) process.emit("SIGTERM");
  assert.deepEqual([stop.received, codes], ["SIGTERM", []]);
});

test("onStop ends what has not ended by the deadline", async () => {
  const { process, codes, exit } = fakeProcess();
  using stop = onStop({ process, exit, deadline: ms(1) });
  const alive = setInterval(() => {}, 1_000);
  const exited = once(process, "exited");
  process.emit("SIGTERM");
  await exited;
  clearInterval(alive);
  assert.deepEqual([stop.received, codes], ["SIGTERM", [143]]);
});

test("onStop can be asked without a signal, and then ends with 0", async () => {
  const { process, codes, exit } = fakeProcess();
  using stop = onStop({ process, exit, deadline: ms(1) });
  const alive = setInterval(() => {}, 1_000);
  const exited = once(process, "exited");
  stop.request();
  assert.ok(stop.signal.aborted);
  await exited;
  clearInterval(alive);
  assert.deepEqual([stop.received, codes], [undefined, [0]]);
});

for (const event of ["uncaughtException", "unhandledRejection"]) {
  test(`onStop hands on what an ${event} brings`, async () => {
    const { process, exit } = fakeProcess();
    using stop = onStop({ process, exit });
    process.emit(event, new RangeError("oops"));
    await assert.rejects(stop.uncaught, { message: "oops" });
  });
}

test("onStop leaves no listener behind", () => {
  const { process, exit } = fakeProcess();
  onStop({ process, exit })[Symbol.dispose]();
  assert.deepEqual(process.eventNames(), []);
});
