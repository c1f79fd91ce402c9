import assert from "node:assert/strict";
import { ms } from "../../agent/media/time.ts";
import { FakeRuntime } from "../fakes/runtime.ts";
import { test } from "../harness.ts";
import {
  assertBytes,
  failureOf,
  GRACE_MS,
  register,
  settled,
  untilTrue,
  use,
} from "./suite.ts";

test("register() refuses to skip what there is not", () => {
  const skips = [{ reason: "why not", tests: ["flies"] }];
  assert.throws(() => register("it", [], skips), /it skips "flies": no such/);
});

test("settled() gives what takes no longer than the grace period", async () => {
  const runtime = new FakeRuntime();
  const slow = runtime.sleep(ms(GRACE_MS)).then(() => "done");
  assert.equal(await settled(runtime, "end", slow), "done");
});

test("settled() throws what takes longer", async () => {
  const runtime = new FakeRuntime();
  const never = new Promise(() => {});
  await assert.rejects(
    settled(runtime, "end", never),
    new Error(`No end within ${GRACE_MS} ms`),
  );
});

test("settled() passes on what is thrown", async () => {
  const runtime = new FakeRuntime();
  const failing = runtime.sleep(ms(5)).then(() => {
    throw new RangeError("No");
  });
  await assert.rejects(settled(runtime, "end", failing), RangeError);
});

test("untilTrue() asks until the answer is yes", async () => {
  const runtime = new FakeRuntime();
  const end = runtime.now() + 500;
  await untilTrue(runtime, "end", () => runtime.now() >= end);
  assert.equal(runtime.now(), end);
});

test("untilTrue() gives up", async () => {
  const runtime = new FakeRuntime();
  const asking = untilTrue(runtime, "end", () => false, 100);
  await assert.rejects(asking, new Error("No end within 100 ms"));
});

test("use() throws what failed first", async () => {
  const resource = {
    [Symbol.asyncDispose]: () => Promise.reject(new Error("second")),
  };
  const body = () => Promise.reject(new Error("first"));
  await assert.rejects(use(resource, body), new Error("first"));
  const peaceful = () => Promise.resolve();
  await assert.rejects(use(resource, peaceful), new Error("second"));
});

test("assertBytes() says where bytes differ", () => {
  const bytes = Uint8Array.of(1, 2, 3);
  assertBytes(bytes, Uint8Array.of(1, 2, 3), "it");
  const differs = { message: "it: byte 1 differs" };
  assert.throws(
    () => assertBytes(bytes, Uint8Array.of(1, 0, 3), "it"),
    differs,
  );
  const short = { message: "it: 3 bytes, not 2" };
  assert.throws(() => assertBytes(bytes, Uint8Array.of(1, 2), "it"), short);
});

test("failureOf() expects a failure", async () => {
  const error = new Error("No");
  assert.equal(await failureOf(Promise.reject(error)), error);
  await assert.rejects(failureOf(Promise.resolve(5)), /resolved to 5/);
});
