import assert from "node:assert/strict";
import { test } from "../harness.ts";
import { until, within } from "./deadline.ts";

test("within() passes on what comes in time", async () => {
  assert.equal(await within(1000, "answer", Promise.resolve(42)), 42);
  const broken = Promise.reject(new Error("Broken"));
  await assert.rejects(within(1000, "answer", broken), { message: "Broken" });
});

test("within() names what did not come", async () => {
  const never = new Promise(() => {});
  await assert.rejects(within(5, "answer", never), {
    message: "No answer within 5 ms",
  });
});

test("until() asks again until there is an answer", async () => {
  const answers = [undefined, false, 0, 1] as const;
  let asked = 0;
  assert.equal(await until(1000, "answer", () => answers[asked++]), 0);
  assert.equal(asked, 3);
});

test("until() names what did not come, after a last question", async () => {
  let asked = 0;
  const ask = () => {
    asked++;
    return undefined;
  };
  await assert.rejects(until(5, "answer", ask), {
    message: "No answer within 5 ms",
  });
  assert.ok(asked >= 2);
});
