import assert from "node:assert/strict";
import { FakeClock, settle } from "../../test/fakes/clock.ts";
import { test } from "../../test/harness.ts";
import {
  jsonView,
  liveView,
  observe,
  type Subject,
  summaryView,
  type View,
} from "./observe.ts";

interface Status {
  state: string;
  count: number;
}

/** Something that counts how often it is looked at. */
function fakeSubject() {
  const status: Status = { state: "starting", count: 0 };
  const subject: Subject<Status> = {
    status: () => ({ ...status, count: status.count++ }),
    states: ({ state }) => state,
    line: ({ state }, now) => `${state} ${now}`,
  };
  return { status, subject };
}

/** Starts to observe, and returns how to end it. */
function start(
  subject: Subject<Status>,
  view: View<Status>,
  clock: FakeClock,
): () => Promise<void> {
  const ended = new AbortController();
  const observing = observe(subject, view, clock, ended.signal);
  return () => {
    ended.abort();
    return observing;
  };
}

test("liveView draws twice a second and clears at the end", async () => {
  const clock = new FakeClock();
  const { subject } = fakeSubject();
  const drawn: string[] = [];
  const view = liveView(subject, clock, (line) => drawn.push(line));
  const end = start(subject, view, clock);
  await clock.advance(1_100);
  await end();
  assert.deepEqual(drawn, [
    "starting 1000",
    "starting 1500",
    "starting 2000",
    "starting 2100",
    "",
  ]);
  assert.equal(clock.sleeping, 0);
});

test("summaryView logs every ten seconds and at the end", async () => {
  const clock = new FakeClock();
  const { subject } = fakeSubject();
  const logged: string[] = [];
  const view = summaryView(subject, clock, (line) => logged.push(line));
  const end = start(subject, view, clock);
  await clock.advance(25_000);
  await end();
  assert.deepEqual(logged, [
    "starting 11000",
    "starting 21000",
    "starting 26000",
  ]);
});

test("jsonView writes once a second and at each change of state", async () => {
  const clock = new FakeClock();
  const { subject, status } = fakeSubject();
  let text = "";
  const write = (line: string) => Promise.resolve(void (text += line));
  const head = { schema: 1, type: "status" };
  const end = start(subject, jsonView(subject, clock, write, head), clock);
  await clock.advance(1_050);
  status.state = "running";
  await clock.advance(2_000);
  status.state = "stopped";
  await end();
  const objects = text.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(
    objects.map(({ t, state }) => [t.slice(17), state]),
    [
      ["01.000Z", "starting"],
      ["02.000Z", "starting"],
      ["02.100Z", "running"],
      ["03.100Z", "running"],
      ["04.050Z", "stopped"],
    ],
  );
  assert.deepEqual(Object.keys(objects[0]), [
    "schema",
    "type",
    "t",
    "state",
    "count",
  ]);
});

test("jsonView keeps only the newest object for a slow reader", async () => {
  const clock = new FakeClock();
  const { subject } = fakeSubject();
  const written: number[] = [];
  let release = () => {};
  const view = jsonView(subject, clock, (line) => {
    written.push(JSON.parse(line).count);
    return new Promise((resolve) => release = resolve);
  }, {});
  const end = start(subject, view, clock);
  await clock.advance(5_000);
  release();
  await settle();
  assert.deepEqual(written, [0, 50]);
  release();
  await settle();
  await end();
});

test("jsonView does not wait for a reader that hangs", async () => {
  const clock = new FakeClock();
  const { subject } = fakeSubject();
  const view = jsonView(subject, clock, () => new Promise(() => {}), {});
  const end = start(subject, view, clock);
  await settle();
  const ended = end();
  await clock.advance(300);
  await ended;
});
