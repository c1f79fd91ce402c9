import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import { abortable } from "./abortable.ts";

test("abortable() passes on what the promise resolves to", async () => {
  const { signal } = new AbortController();
  assert.equal(await abortable(Promise.resolve(7), signal), 7);
  assert.equal(await abortable(7, signal), 7);
});

test("abortable() passes on what the promise rejects with", async () => {
  const { signal } = new AbortController();
  const error = new Error("Broken");
  await assert.rejects(abortable(Promise.reject(error), signal), error);
});

test("abortable() gives up when the signal aborts", async () => {
  const controller = new AbortController();
  const waiting = abortable(new Promise(() => {}), controller.signal);
  const reason = new Error("Enough");
  controller.abort(reason);
  await assert.rejects(waiting, reason);
});

test("abortable() does not wait on a signal that has aborted", async () => {
  const reason = new Error("Enough");
  const signal = AbortSignal.abort(reason);
  await assert.rejects(abortable(new Promise(() => {}), signal), reason);
});
