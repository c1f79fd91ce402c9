/**
 * What a transport promises that sends.
 *
 * @module
 */

import assert from "node:assert/strict";
import { StreamError } from "../../agent/errors.ts";
import { concat } from "../../agent/media/bytes.ts";
import type { TransportPlugin } from "../../agent/plugin/transport.ts";
import { stream, streamBytes } from "./stream.ts";
import {
  assertBytes,
  assertReason,
  type Check,
  failureOf,
  settled,
  use,
} from "./suite.ts";
import type { SendCase } from "./transport_case.ts";
import { contextOf, Sending } from "./transport_usage.ts";

/** The checks of `send()`. */
export function sendChecks(
  plugin: TransportPlugin,
  open: () => SendCase | Promise<SendCase>,
): Check[] {
  /** Sends in a fresh case. */
  function check(
    name: string,
    body: (sending: Sending, c: SendCase) => Promise<void>,
  ): Check {
    const run = async () => {
      const c = await open();
      await use(new Sending(plugin, c), (sending) => body(sending, c));
    };
    return { name, run };
  }

  return [
    check("sends what it is given, unchanged and in order", async (sending) => {
      const reader = await sending.watch();
      const units = stream();
      for (const unit of units) sending.hub.push(unit);
      await sending.arrival(reader, streamBytes());
      const now = concat(...units.map(({ data }) => data));
      assertBytes(now, streamBytes(), "units are not its to change");
    }),

    check("begins with the pictures a viewer is given", async (sending) => {
      const [keyframe, picture] = stream();
      sending.hub.push(keyframe!);
      const reader = await sending.watch();
      await sending.arrival(reader, keyframe!.data);
      sending.hub.push(picture!);
      const both = streamBytes().subarray(
        0,
        keyframe!.data.length + picture!.data.length,
      );
      await sending.arrival(reader, both);
    }),

    check("sends to every viewer", async (sending) => {
      const readers = [await sending.watch(), await sending.watch()];
      for (const unit of stream()) sending.hub.push(unit);
      for (const reader of readers) {
        await sending.arrival(reader, streamBytes());
      }
      assert.equal(new Set(sending.labels).size, 2, "labels tell them apart");
    }),

    check("goes on for the others when a viewer leaves", async (sending) => {
      const leaver = await sending.watch();
      const reader = await sending.watch();
      const [first, ...others] = stream();
      sending.hub.push(first!);
      await sending.arrival(leaver, first!.data);
      await leaver.leave();
      for (const unit of others) sending.hub.push(unit);
      await sending.arrival(reader, streamBytes());
      await sending.viewers(1);
    }),

    check(
      "sends to the others while a viewer does not read",
      async (sending) => {
        const stuck = await sending.watch();
        stuck.pause();
        const reader = await sending.watch();
        for (const unit of stream()) sending.hub.push(unit);
        await sending.arrival(reader, streamBytes());
      },
    ),

    check(
      "gives up a viewer that left while there is nothing to send",
      async (sending) => {
        const reader = await sending.watch();
        await reader.leave();
        await sending.viewers(0);
      },
    ),

    check("ends a viewer's stream when its units end", async (sending, c) => {
      const reader = await sending.watch();
      for (const unit of stream()) sending.hub.push(unit);
      sending.hub.end();
      await settled(c.runtime, "end of the stream", reader.ended);
      await sending.arrival(reader, streamBytes());
      await sending.viewers(0);
    }),

    check(
      "throws a StreamError when its only peer has left",
      async (sending, c) => {
        const reader = await sending.watch();
        await reader.leave();
        const failing = failureOf(sending.done);
        const error = await settled(c.runtime, "end of send()", failing);
        assert.ok(error instanceof StreamError, `not ${error}`);
      },
    ),

    check("ends when it is aborted without viewers", async (sending, c) => {
      await c.runtime.turn();
      await sending.abort();
    }),

    check("ends when it is aborted with a viewer", async (sending, c) => {
      const reader = await sending.watch();
      for (const unit of stream()) sending.hub.push(unit);
      await sending.abort();
      await settled(c.runtime, "end of the stream", reader.ended);
    }),

    check(
      "ends when it is aborted while a viewer does not read",
      async (sending, c) => {
        const reader = await sending.watch();
        reader.pause();
        for (const unit of stream()) sending.hub.push(unit);
        await c.runtime.turn();
        await sending.abort();
      },
    ),

    check("ends when it is aborted at once", async (sending) => {
      await sending.abort();
    }),

    {
      name: "ends when it was aborted before it began",
      async run() {
        const c = await open();
        const signal = AbortSignal.abort();
        const context = contextOf(plugin, c.address, c.runtime, signal);
        const viewers = { open: () => assert.fail("nobody is to come") };
        const sending =
          (async () => await plugin.send!(viewers, context, () => {}))();
        const end = sending.catch((error) => assertReason(error, signal));
        await settled(c.runtime, "end of send()", end);
        await c[Symbol.asyncDispose]?.();
        assert.deepEqual(c.runtime.open ?? [], []);
      },
    },

    check("can be started anew", async (sending, c) => {
      await sending.watch();
      await sending.abort();
      const again = new Sending(plugin, {
        address: c.address,
        runtime: c.runtime,
        ...(c.dials && { dials: true }),
        watch: (port) => c.watch(port),
      });
      await use(again, async () => {
        const reader = await again.watch();
        for (const unit of stream()) again.hub.push(unit);
        await again.arrival(reader, streamBytes());
      });
    }),
  ];
}
