import assert from "node:assert/strict";
import { FakeClock } from "../../test/fakes/clock.ts";
import { numberOf, picture } from "../../test/fakes/send_pipeline.ts";
import { test } from "../../test/harness.ts";
import { AccessUnitHub } from "../media/access_unit_hub.ts";
import type { WireUnit } from "../plugin/transport.ts";
import { Audience } from "./audience.ts";

function setUp() {
  const clock = new FakeClock();
  const hub = new AccessUnitHub<WireUnit>(() => clock.now());
  return { clock, hub, audience: new Audience(hub) };
}

test("Audience.open() gives the pictures since the last keyframe", async () => {
  const { hub, audience } = setUp();
  for (const n of [1, 2, 3, 4]) hub.push(picture(n, n === 1 || n === 3));
  using viewer = audience.open("a");
  const seen: number[] = [];
  for await (const unit of viewer.units) {
    seen.push(numberOf(unit));
    if (seen.length === 2) break;
  }
  assert.deepEqual(seen, [3, 4]);
});

test("Audience.status() and .totals() add up, also when one left", async () => {
  const { clock, hub, audience } = setUp();
  using quick = audience.open("quick");
  const slow = audience.open("slow");
  const units = quick.units[Symbol.asyncIterator]();
  for (const n of [1, 2, 3]) {
    hub.push(picture(n, n === 1));
    await units.next();
    await clock.advance(150);
  }
  const status = [
    { label: "quick", sent: 3, bytes: 21, dropped: 0 },
    { label: "slow", sent: 0, bytes: 0, dropped: 2 },
  ];
  assert.deepEqual(audience.status(), status);
  assert.deepEqual(audience.totals(), { sent: 3, bytes: 21, dropped: 2 });
  slow[Symbol.dispose]();
  slow[Symbol.dispose]();
  assert.deepEqual(audience.status(), status.slice(0, 1));
  assert.deepEqual(audience.totals(), { sent: 3, bytes: 21, dropped: 2 });
});

test("Audience.dismiss() ends every viewer at once", async () => {
  const { hub, audience } = setUp();
  const viewers = ["a", "b"].map((label) => audience.open(label));
  hub.push(picture(1, true));
  audience.dismiss();
  for (const { units } of viewers) {
    for await (const _ of units) assert.fail("It goes on");
  }
  assert.equal(hub.size, 0);
  assert.deepEqual(audience.status(), []);
});
