/**
 * What every source promises, as tests. A source's own test file calls
 * {@linkcode testSource} and adds only what is particular to it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { ProcessError, StreamError } from "../../agent/errors.ts";
import type { AccessUnit } from "../../agent/media/access_unit.ts";
import { joinNalUnits, nalUnitsOf } from "../../agent/media/annexb.ts";
import {
  NAL_UNIT_TYPE,
  nalUnitType,
  startsPicture,
} from "../../agent/media/h264.ts";
import type { PluginModule } from "../../agent/plugin/host.ts";
import { declarationChecks, declare } from "./declaration.ts";
import { contextOf, type SourceCase, Sourcing } from "./source_usage.ts";
import {
  assertBytes,
  assertReason,
  type Check,
  failureOf,
  register,
  settled,
  type Skip,
  use,
} from "./suite.ts";

export type { SourceCase } from "./source_usage.ts";

/** Access units that are looked at. */
const UNITS = 4;

/**
 * Registers the contract as tests.
 *
 * @param module The plugin file under test.
 * @param open Makes a fresh case for each test.
 * @param skips What the source does not promise, and why.
 * @param subject What the names of the tests begin with.
 */
export function testSource(
  module: PluginModule,
  open: () => SourceCase | Promise<SourceCase>,
  skips: readonly Skip[] = [],
  subject: string = declare(module, "source").name,
): void {
  register(subject, sourceContract(module, open), skips);
}

/** The contract, check by check. */
export function sourceContract(
  module: PluginModule,
  open: () => SourceCase | Promise<SourceCase>,
): Check[] {
  const plugin = declare(module, "source");

  /** Runs the source in a fresh case. */
  function check(
    name: string,
    body: (sourcing: Sourcing, c: SourceCase) => Promise<void>,
  ): Check {
    const run = async () => {
      const c = await open();
      await use(new Sourcing(plugin, c), (sourcing) => body(sourcing, c));
    };
    return { name, run };
  }

  return [
    ...declarationChecks(module),

    check("begins with a keyframe", async (sourcing) => {
      await sourcing.untilUnits(1);
      assert.equal(sourcing.units[0]!.keyframe, true);
    }),

    check("emits whole access units in Annex B", async (sourcing) => {
      await sourcing.untilUnits(UNITS);
      for (const unit of sourcing.units) assertAccessUnit(unit);
      const times = new Set(sourcing.units.map(({ pts }) => pts));
      assert.equal(times.size, sourcing.units.length, "every pts is different");
    }),

    check("resolves at the end of its input", async (sourcing, c) => {
      assert.ok(c.finish, "the case has no finish()");
      await sourcing.untilUnits(1);
      c.finish();
      await settled(c.runtime, "end of run()", sourcing.done);
    }),

    check("rejects when its input breaks", async (sourcing, c) => {
      assert.ok(c.break, "the case has no break()");
      await sourcing.untilUnits(1);
      c.break();
      const failing = failureOf(sourcing.done);
      const error = await settled(c.runtime, "end of run()", failing);
      const known = error instanceof StreamError ||
        error instanceof ProcessError;
      assert.ok(known, `not ${error}`);
    }),

    check("ends when it is aborted", async (sourcing) => {
      await sourcing.untilUnits(1);
      await sourcing.abort();
    }),

    check("ends when it is aborted at once", async (sourcing) => {
      await sourcing.abort();
    }),

    check("ends when it is aborted while it opens", async (sourcing, c) => {
      await c.runtime.turn();
      await sourcing.abort();
    }),

    {
      name: "ends when it was aborted before it began",
      async run() {
        const c = await open();
        const signal = AbortSignal.abort();
        const context = contextOf(plugin, c.address, c.runtime, signal);
        const emit = () => assert.fail("nobody wants pictures");
        const end = (async () => await plugin.run(emit, context))()
          .catch((error) => assertReason(error, signal));
        await settled(c.runtime, "end of run()", end);
        await c[Symbol.asyncDispose]?.();
        assert.deepEqual(c.runtime.open ?? [], []);
      },
    },

    check("can be started anew", async (sourcing, c) => {
      await sourcing.untilUnits(1);
      await sourcing.abort();
      const { address, runtime } = c;
      await use(new Sourcing(plugin, { address, runtime }), async (again) => {
        await again.untilUnits(1);
        assert.equal(again.units[0]!.keyframe, true);
      });
    }),
  ];
}

/** Checks what {@linkcode AccessUnit} says in words. */
function assertAccessUnit({ data, pts, keyframe }: AccessUnit): void {
  const nalUnits = [...nalUnitsOf(data)];
  const types = nalUnits.map(nalUnitType);
  const canonical = joinNalUnits(nalUnits);
  assertBytes(data, canonical, "start codes have four bytes each");
  assert.ok(Number.isInteger(pts), `pts ${pts} is no whole number`);
  assert.equal(nalUnits.filter(startsPicture).length, 1, "one picture");
  assert.ok(!types.includes(NAL_UNIT_TYPE.delimiter), "no delimiters");
  const idr = types.indexOf(NAL_UNIT_TYPE.idr);
  assert.equal(keyframe, idr >= 0, "keyframe says whether there is an IDR");
  if (idr < 0) return;
  for (const type of ["sps", "pps"] as const) {
    const at = types.indexOf(NAL_UNIT_TYPE[type]);
    assert.ok(at >= 0 && at < idr, `an ${type} in front of the picture`);
  }
}
