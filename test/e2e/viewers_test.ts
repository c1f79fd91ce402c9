import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { AccessUnitSplitter } from "../../agent/media/access_unit_splitter.ts";
import { readTiming } from "../../agent/media/timing_sei.ts";
import { until } from "../faults/deadline.ts";
import { test } from "../harness.ts";
import { Agent } from "./agent.ts";

/** How many access units each viewer is to get. */
const UNITS = 150;

/** A player, as far as the sender can tell. */
class Viewer implements AsyncDisposable {
  /** Numbers of the access units it got. */
  readonly sequence: number[] = [];
  /** Whether the first one was a keyframe. */
  begins: boolean | undefined;
  readonly #socket: Socket;

  constructor(port: number, reads = true) {
    this.#socket = connect({ port, host: "127.0.0.1" });
    this.#socket.on("error", () => {});
    if (!reads) {
      this.#socket.pause();
      return;
    }
    const splitter = new AccessUnitSplitter();
    this.#socket.on("data", (chunk) => {
      for (const unit of splitter.push(chunk)) {
        this.begins ??= unit.keyframe && unit.hasParameterSets;
        this.sequence.push(readTiming(unit.data)?.sequence ?? -1);
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) =>
      this.#socket.once("close", resolve)
    );
    if (this.#socket.destroyed) return;
    this.#socket.destroy();
    await closed;
  }
}

test("camagent sends every picture to nine viewers beside a deaf one", async () => {
  await using sender = Agent.send(
    "test:",
    "tcp://127.0.0.1:0?maxPerAddress=20",
  );
  const port = await sender.port();
  await using deaf = new Viewer(port, false);
  await using stack = new AsyncDisposableStack();
  const viewers = Array.from(
    { length: 9 },
    () => stack.use(new Viewer(port)),
  );
  for (const viewer of viewers) {
    await until(
      20_000,
      `${UNITS} access units`,
      () => viewer.sequence.length >= UNITS,
    );
    const [first = 0] = viewer.sequence;
    const expected = viewer.sequence.map((_, i) => first + i);
    assert.deepEqual(viewer.sequence, expected);
    assert.equal(viewer.begins, true);
  }
  assert.equal(deaf.sequence.length, 0);
  await sender.logs(/does not read; dropped after 5 s/);
  const { outputs: [output] } = await sender.says(({ outputs }) =>
    outputs[0]?.viewers.length === 9
  );
  assert.ok(output!.viewers.every(({ dropped }) => dropped === 0));
});

test("camagent is not disturbed by port scanners", async () => {
  await using sender = Agent.send("test:", "tcp://127.0.0.1:0");
  const port = await sender.port();
  await using viewer = new Viewer(port);
  await until(5000, "picture", () => viewer.sequence.length > 0);
  for (let scan = 0; scan < 50; scan++) {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.on("error", () => {});
    const gone = new Promise((resolve) => socket.once("close", resolve));
    socket.once("connect", () => {
      if (scan % 2) socket.resetAndDestroy();
      else socket.destroy();
    });
    await gone;
  }
  const { length } = viewer.sequence;
  await until(
    5000,
    "more pictures",
    () => viewer.sequence.length > length + 30,
  );
  const [first = 0] = viewer.sequence;
  assert.deepEqual(
    viewer.sequence,
    viewer.sequence.map((_, i) => first + i),
  );
});
