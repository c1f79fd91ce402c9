import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import { ConfigError, ProcessError, StreamError } from "../errors.ts";
import {
  isUsersToMend,
  kindOf,
  reasonOf,
  stateAfter,
  toError,
} from "./failure.ts";

const command = ["ffmpeg"];
const missing = new ProcessError("Cannot start", {
  command,
  reason: "not-found",
});
const killed = new ProcessError("It died", { command, reason: "killed" });

const FAILURES: [Error, string, string, boolean][] = [
  [new StreamError("refused", "x"), "refused", "lost", false],
  [new StreamError("lost", "x"), "lost", "lost", false],
  [new StreamError("stalled", "x"), "stalled", "stalled", false],
  [new StreamError("ended", "x"), "ended", "ended", false],
  [new StreamError("undecodable", "x"), "undecodable", "lost", false],
  [killed, "killed", "lost", false],
  [missing, "not-found", "lost", true],
  [new ConfigError("x"), "config", "lost", true],
  [new TypeError("x"), "unexpected", "lost", false],
];

for (const [error, kind, state, users] of FAILURES) {
  test(`kindOf, stateAfter and isUsersToMend agree on "${kind}"`, () => {
    assert.equal(kindOf(error), kind);
    assert.equal(stateAfter(error), state);
    assert.equal(isUsersToMend(error), users);
  });
}

test("reasonOf names the kind of a foreseen failure", () => {
  assert.equal(reasonOf(killed), "killed: It died");
});

test("reasonOf names class and place of an unforeseen one", () => {
  const reason = reasonOf(new RangeError("Out of range"));

  assert.match(reason, /^RangeError: Out of range at .*failure_test\.ts:\d+/);
  assert.doesNotMatch(reason, /\n/);
});

test("toError keeps errors and wraps the rest", () => {
  assert.equal(toError(killed), killed);
  assert.equal(toError("oops").message, "oops");
  assert.equal(toError(undefined).message, "undefined");
});

test("toError tells the first cause, not what came of it", async () => {
  const fails = (message: string) => ({
    [Symbol.asyncDispose]: () => Promise.reject(new Error(message)),
  });
  const broken = async () => {
    await using _ = fails("third");
    await using __ = fails("second");
    throw killed;
  };
  assert.equal(toError(await broken().catch((thrown) => thrown)), killed);
});
