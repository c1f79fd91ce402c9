import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import { AccessUnitHub } from "./access_unit_hub.ts";
import { type Milliseconds, ms } from "./time.ts";
import { UnitQueue } from "./unit_queue.ts";

interface Unit {
  data: Uint8Array<ArrayBuffer>;
  keyframe: boolean;
  recoveryPoint: boolean;
  name: string;
}

/** `k0` is a keyframe, `r0` a recovery point, `p1` neither. */
function unit(name: string, bytes = 1): Unit {
  const keyframe = name.startsWith("k");
  const recoveryPoint = name.startsWith("r");
  return { data: new Uint8Array(bytes), keyframe, recoveryPoint, name };
}

function setUp() {
  let time = 0;
  const now = (): Milliseconds => ms(time);
  return {
    now,
    advance: (by: number) => time += by,
    queue: new UnitQueue<Unit>(ms(200), now),
    hub: new AccessUnitHub<Unit>(now),
  };
}

/** Takes everything that waits. */
async function drain(queue: UnitQueue<Unit>): Promise<string> {
  queue.end();
  return (await Array.fromAsync(queue)).map(({ name }) => name).join(" ");
}

test("UnitQueue begins with a keyframe", async () => {
  const { queue } = setUp();
  for (const name of ["p0", "p1", "k2", "p3"]) queue.push(unit(name));
  assert.equal(await drain(queue), "k2 p3");
  assert.deepEqual(queue.counters, {
    ...{ sent: 2, bytes: 2, busyMs: 0, dropped: 2 },
  });
});

test("UnitQueue begins with a recovery point", async () => {
  const { queue } = setUp();
  for (const name of ["p0", "r1", "p2", "r3"]) queue.push(unit(name));
  assert.equal(await drain(queue), "r1 p2 r3");
});

test("UnitQueue drops up to the newest recovery point once over budget", async () => {
  const { queue, advance } = setUp();
  for (const name of ["k0", "p1", "r2", "p3"]) queue.push(unit(name));
  advance(150);
  for (const name of ["r4", "p5"]) queue.push(unit(name));
  advance(51);
  queue.push(unit("p6"));
  assert.equal(await drain(queue), "r4 p5 p6");
  assert.equal(queue.counters.dropped, 4);
});

test("UnitQueue keeps a late recovery point and waits for the next", async () => {
  const { queue, advance } = setUp();
  for (const name of ["r0", "p1", "p2"]) queue.push(unit(name));
  advance(201);
  for (const name of ["p3", "p4", "r5", "p6"]) queue.push(unit(name));
  assert.equal(await drain(queue), "r5 p6");
});

test("UnitQueue waits for a recovery point where something is missing", async () => {
  const { queue } = setUp();
  queue.push(unit("k0"));
  queue.interrupt();
  for (const name of ["p1", "r2", "p3"]) queue.push(unit(name));
  assert.equal(await drain(queue), "k0 r2 p3");
});

test("UnitQueue keeps everything within its budget", async () => {
  const { queue, advance } = setUp();
  for (const name of ["k0", "p1", "p2"]) queue.push(unit(name));
  advance(200);
  assert.equal(await drain(queue), "k0 p1 p2");
});

test("UnitQueue drops up to the newest keyframe once over budget", async () => {
  const { queue, advance } = setUp();
  for (const name of ["k0", "p1", "k2", "p3"]) queue.push(unit(name));
  advance(150);
  for (const name of ["k4", "p5"]) queue.push(unit(name));
  advance(51);
  queue.push(unit("p6"));
  assert.equal(await drain(queue), "k4 p5 p6");
  assert.equal(queue.counters.dropped, 4);
});

test("UnitQueue keeps a late keyframe and waits for the next", async () => {
  const { queue, advance } = setUp();
  for (const name of ["k0", "p1", "p2"]) queue.push(unit(name));
  advance(201);
  for (const name of ["p3", "p4", "k5", "p6"]) queue.push(unit(name));
  assert.equal(await drain(queue), "k5 p6");
});

test("UnitQueue hands a late keyframe out if no newer one came", async () => {
  const { queue, advance } = setUp();
  for (const name of ["k0", "p1", "p2"]) queue.push(unit(name));
  advance(201);
  queue.push(unit("p3"));
  assert.equal(await drain(queue), "k0");
});

test("UnitQueue without a keyframe waiting drops up to the next", async () => {
  const { queue, advance } = setUp();
  queue.push(unit("k0"));
  const units = queue[Symbol.asyncIterator]();
  await units.next();
  queue.push(unit("p1"));
  advance(201);
  for (const name of ["p2", "p3", "k4"]) queue.push(unit(name));
  assert.equal((await units.next()).value?.name, "k4");
  assert.equal(queue.counters.dropped, 3);
});

test("UnitQueue drops nothing any more once it was ended", async () => {
  const { queue, advance } = setUp();
  for (const name of ["k0", "p1", "k2", "p3"]) queue.push(unit(name));
  advance(200);
  queue.end();
  advance(4800);
  assert.equal(await drain(queue), "k0 p1 k2 p3");
  assert.deepEqual(queue.counters, {
    ...{ sent: 4, bytes: 4, busyMs: 0, dropped: 0 },
  });
});

test("UnitQueue wakes a consumer that waits", async () => {
  const { queue } = setUp();
  const taken = queue[Symbol.asyncIterator]().next();
  queue.push(unit("k0"));
  assert.equal((await taken).value?.name, "k0");
});

test("UnitQueue ends a waiting consumer when it is disposed", async () => {
  const { queue } = setUp();
  const taken = queue[Symbol.asyncIterator]().next();
  queue[Symbol.dispose]();
  assert.equal((await taken).done, true);
});

test("AccessUnitHub hands the current GOP to those who join", async () => {
  const { hub } = setUp();
  for (const name of ["p0", "k1", "p2", "k3", "p4"]) hub.push(unit(name));
  const queue = hub.join(ms(200));
  hub.push(unit("p5"));
  assert.equal(await drain(queue), "k3 p4 p5");
});

test("AccessUnitHub hands what follows a recovery point to those who join", async () => {
  const { hub } = setUp();
  // There is never another keyframe.
  for (const name of ["k0", "p1", "r2", "p3", "r4", "p5"]) hub.push(unit(name));
  const queue = hub.join(ms(200));
  hub.push(unit("p6"));
  assert.equal(await drain(queue), "r4 p5 p6");
});

test("AccessUnitHub can be joined for ever without keyframes", async () => {
  const { hub, advance } = setUp();
  for (let i = 0; i < 1000; i++) {
    hub.push(unit(i % 30 === 10 ? `r${i}` : `p${i}`));
    advance(33);
  }
  const queue = hub.join(ms(200));
  assert.equal(queue.size, 30);
  assert.match(await drain(queue), /^r970 p971 .* p999$/);
});

test("AccessUnitHub counts a join's burst from the join", async () => {
  const { hub, advance } = setUp();
  hub.push(unit("k0"));
  advance(900);
  hub.push(unit("p1"));
  const queue = hub.join(ms(200));
  advance(200);
  assert.equal(await drain(queue), "k0 p1");
});

test("AccessUnitHub keeps no GOP of more than four seconds", async () => {
  const { hub, advance } = setUp();
  hub.push(unit("k0"));
  advance(4001);
  hub.push(unit("p1"));
  const queue = hub.join(ms(200));
  hub.push(unit("p2"));
  hub.push(unit("k3"));
  assert.equal(await drain(queue), "k3");
});

test("AccessUnitHub keeps no GOP of more than 8 MiB", () => {
  const { hub } = setUp();
  hub.push(unit("k0", 8 << 20));
  hub.push(unit("p1"));
  assert.equal(hub.join(ms(200)).size, 0);
  hub.push(unit("k2"));
  assert.equal(hub.join(ms(200)).size, 1);
});

test("AccessUnitHub lets a slow consumer harm nobody", async () => {
  const { hub, advance } = setUp();
  const [slow, fast] = [hub.join(ms(200)), hub.join(ms(200))];
  const units = fast[Symbol.asyncIterator]();
  for (let i = 0; i < 30; i++) {
    hub.push(unit(i === 0 ? "k0" : `p${i}`));
    assert.equal((await units.next()).value?.name, i === 0 ? "k0" : `p${i}`);
    advance(33);
  }
  assert.equal(fast.counters.dropped, 0);
  assert.equal(await drain(slow), "k0");
});

test("AccessUnitHub forgets a GOP that broke off", async () => {
  const { hub } = setUp();
  const early = hub.join(ms(200));
  hub.push(unit("k0"));
  hub.interrupt();
  hub.push(unit("p1"));
  assert.equal(hub.join(ms(200)).size, 0);
  hub.push(unit("k2"));
  assert.equal(await drain(early), "k0 k2");
});

test("AccessUnitHub forgets consumers that left", () => {
  const { hub } = setUp();
  const queue = hub.join(ms(200));
  assert.equal(hub.size, 1);
  queue[Symbol.dispose]();
  assert.equal(hub.size, 0);
});

test("UnitQueue asks for its budget each time", async () => {
  const { now, advance } = setUp();
  let budget = 1000;
  const queue = new UnitQueue<Unit>(() => ms(budget), now);
  for (const name of ["k0", "p1"]) queue.push(unit(name));
  advance(900);
  queue.push(unit("p2"));
  assert.equal(queue.size, 3);
  budget = 200;
  queue.push(unit("p3"));
  assert.equal(await drain(queue), "k0");
});
