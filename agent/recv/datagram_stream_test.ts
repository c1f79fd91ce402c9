import assert from "node:assert/strict";
import { property } from "../../test/property.ts";
import { test } from "../../test/harness.ts";
import { MAX_ACCESS_UNIT_BYTES } from "../media/access_unit_splitter.ts";
import { concat } from "../media/bytes.ts";
import { ms } from "../media/time.ts";
import { DatagramStream } from "./datagram_stream.ts";
import { keyframe, picture } from "../../test/fakes/recv_pipeline.ts";

const [ONE, TWO, THREE] = [
  "192.168.1.1:5004",
  "192.168.1.2:5004",
  "[fd00::3]:5004",
] as const;

/** What no sender of video sends: it can be nothing at all. */
const GARBAGE = new Uint8Array(1000).fill(0x55);

/** A stream, and who sends what into it at which time. */
function setUp() {
  const warnings: string[] = [];
  const stream = new DatagramStream((line) => void warnings.push(line));
  let now = 1000;
  /** @returns Of each unit whether it is a restart. */
  const send = (peer: string, ...parts: Uint8Array[]): boolean[] => {
    const data = concat(...parts);
    const units = stream.push({ data, peer }, ms(now));
    return units.map(({ restart }) => restart);
  };
  const wait = (duration: number) => void (now += duration);
  return { stream, warnings, send, wait };
}

test("DatagramStream keeps to the first that sends video", () => {
  const { stream, send, wait } = setUp();
  assert.deepEqual([stream.peer, stream.format], [undefined, undefined]);
  assert.deepEqual(send(ONE, keyframe()), [true]);
  assert.deepEqual([stream.peer, stream.format], [ONE, "h264"]);
  for (let i = 0; i < 100; i++) {
    wait(20);
    assert.deepEqual(send(TWO, keyframe()), []);
    wait(20);
    assert.deepEqual(send(ONE, picture()), [false]);
  }
  assert.equal(stream.peer, ONE);
  assert.equal(stream.ignored, 100);
});

test("DatagramStream tells senders apart by their ports", () => {
  const { stream, send } = setUp();
  send(ONE, keyframe());
  assert.deepEqual(send("192.168.1.1:5006", keyframe()), []);
  assert.equal(stream.peer, ONE);
});

test("DatagramStream puts the pieces of each sender together", () => {
  const { stream, send } = setUp();
  const [first, second] = [keyframe(2, 2), keyframe(3, 3)];
  const half = first.length >> 1;
  // Nobody is chosen by a start code.
  assert.deepEqual(send(ONE, first.subarray(0, 6)), []);
  assert.deepEqual(send(TWO, second.subarray(0, 6)), []);
  assert.equal(stream.peer, undefined);
  assert.deepEqual(send(ONE, first.subarray(6, half)), []);
  assert.equal(stream.peer, ONE);
  const [unit] = stream.push(
    { data: first.slice(half), peer: ONE },
    ms(1000),
  );
  assert.equal(unit?.restart, true);
  assert.deepEqual(unit.data, first.subarray(0, -6));
});

test("DatagramStream cuts units as they come, several in one datagram", () => {
  const { send } = setUp();
  const units = send(ONE, keyframe(), picture(), picture());
  assert.deepEqual(units, [true, false, false]);
});

test("DatagramStream does not keep a datagram, which it is only lent", () => {
  const { stream } = setUp();
  const sent = keyframe();
  const data = new Uint8Array(sent.length);
  const units = [0, 20, 40].flatMap((from) => {
    const end = Math.min(from + 20, sent.length);
    const part = from === 40 ? sent.subarray(from) : sent.subarray(from, end);
    data.set(part);
    const lent = data.subarray(0, part.length);
    const found = stream.push({ data: lent, peer: ONE }, ms(1000));
    data.fill(0xff);
    return found;
  });
  assert.deepEqual(units[0]?.data, sent.subarray(0, -6));
});

test("DatagramStream warns once that somebody else sends", () => {
  const { warnings, send, wait } = setUp();
  send(ONE, keyframe());
  for (let i = 0; i < 100; i++) {
    wait(100);
    send(ONE, picture());
    send(i % 2 ? TWO : THREE, keyframe());
  }
  assert.deepEqual(warnings, [
    `${THREE} sends as well as ${ONE}, and is ignored; ?source= chooses one`,
  ]);
  for (let i = 0; i < 600; i++) {
    wait(100);
    send(ONE, picture());
    send(TWO, keyframe());
  }
  assert.equal(warnings.length, 2);
});

test("DatagramStream does not warn while only one sends", () => {
  const { warnings, send, wait } = setUp();
  for (const peer of [ONE, TWO, ONE]) {
    send(peer, keyframe());
    wait(500);
  }
  assert.deepEqual(warnings, []);
});

test("DatagramStream takes another sender when one is silent for 500 ms", () => {
  const { stream, send, wait } = setUp();
  send(ONE, keyframe());
  wait(499);
  assert.deepEqual(send(TWO, keyframe()), []);
  assert.equal(stream.peer, ONE);
  wait(1);
  assert.deepEqual(send(TWO, keyframe()), [true]);
  assert.equal(stream.peer, TWO);
  assert.deepEqual(send(TWO, picture()), [false]);
});

test("DatagramStream ignores the old sender when it comes back", () => {
  const { stream, warnings, send, wait } = setUp();
  send(ONE, keyframe());
  wait(500);
  send(TWO, keyframe());
  wait(100);
  assert.deepEqual(send(ONE, keyframe()), []);
  assert.equal(stream.peer, TWO);
  assert.deepEqual(warnings, [
    `${ONE} sends as well as ${TWO}, and is ignored; ?source= chooses one`,
  ]);
  wait(500);
  assert.deepEqual(send(ONE, keyframe()), [true]);
  assert.equal(stream.peer, ONE);
});

test("DatagramStream goes on with a sender that paused", () => {
  const { stream, send, wait } = setUp();
  send(ONE, keyframe());
  wait(60_000);
  assert.equal(stream.peer, ONE);
  assert.deepEqual(send(ONE, picture()), [false]);
});

test("DatagramStream keeps the old sender until it knows another", () => {
  const { stream, send, wait } = setUp();
  send(ONE, keyframe());
  wait(500);
  for (let i = 0; i < 100; i++) send(TWO, GARBAGE);
  assert.equal(stream.peer, ONE);
  assert.deepEqual(send(ONE, picture()), [false]);
});

test("DatagramStream flags a restart on the first unit, which may be late", () => {
  const { send } = setUp();
  const sent = keyframe();
  assert.deepEqual(send(ONE, sent.subarray(0, 30)), []);
  assert.deepEqual(send(ONE, sent.subarray(30, -6)), []);
  assert.deepEqual(send(ONE, sent.subarray(-6), picture()), [true, false]);
});

test("DatagramStream is not won by garbage", () => {
  const { stream, send, wait } = setUp();
  const http = new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n");
  for (const garbage of [GARBAGE, http, new Uint8Array(1472)]) {
    for (let i = 0; i < 200; i++) {
      send(TWO, garbage);
      wait(1);
    }
  }
  assert.equal(stream.peer, undefined);
  assert.deepEqual(send(ONE, keyframe()), [true]);
});

test("DatagramStream chooses a sender among those of garbage", () => {
  const { stream, send } = setUp();
  for (let i = 0; i < 2000; i++) {
    send(`10.0.${i >> 8}.${i & 255}:9`, GARBAGE);
  }
  assert.deepEqual(send(ONE, keyframe()), [true]);
  assert.equal(stream.peer, ONE);
});

test("DatagramStream forgets who sends next to nothing, beyond eight", () => {
  const { stream, send } = setUp();
  const sent = keyframe();
  const [head, rest] = [sent.subarray(0, 6), sent.subarray(6)];
  send(ONE, head);
  for (let i = 0; i < 7; i++) send(`10.0.0.${i}:9`, head);
  send(TWO, head);
  // Behind it something is missing now: the parameter set is no longer whole.
  assert.deepEqual(send(ONE, rest.subarray(0, 10)), []);
  assert.equal(stream.peer, undefined);
  assert.deepEqual(send(TWO, rest), [true]);
});

test("DatagramStream lets go of a sender that sends video no more", () => {
  const { stream, warnings, send, wait } = setUp();
  send(ONE, keyframe());
  const noise = new Uint8Array(65_507).fill(0x55);
  let sent = 0;
  for (; stream.peer === ONE; sent += noise.length) {
    assert.ok(sent <= 2 * MAX_ACCESS_UNIT_BYTES + noise.length);
    send(ONE, noise);
    wait(1);
  }
  assert.equal(stream.format, undefined);
  assert.deepEqual(send(TWO, keyframe()), [true]);
  assert.equal(stream.peer, TWO);
  assert.deepEqual(warnings, []);
});

property("DatagramStream takes whatever comes from anybody", 300, (random) => {
  const { stream, send, wait } = setUp();
  for (let i = random.below(30); i > 0; i--) {
    const peer = random.pick([ONE, TWO, THREE]);
    const whole = random.pick([keyframe(), picture()]);
    send(peer, random.once(2) ? random.mutate(whole) : random.bytes(100));
    wait(random.below(300));
  }
  // Whatever came before, a sender of video is chosen.
  wait(500);
  const isChosen = () => stream.peer === ONE;
  for (let i = 0; i < 100 && !isChosen(); i++) send(ONE, keyframe());
  assert.ok(isChosen());
});
