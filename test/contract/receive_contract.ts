/**
 * What a transport promises that receives.
 *
 * @module
 */

import assert from "node:assert/strict";
import { StreamError } from "../../agent/errors.ts";
import { concat } from "../../agent/media/bytes.ts";
import { withoutDelimiters } from "../../agent/media/delimiter.ts";
import type { Ingest, TransportPlugin } from "../../agent/plugin/transport.ts";
import { stream, streamBytes } from "./stream.ts";
import { assertBytes, type Check, failureOf, settled, use } from "./suite.ts";
import type { RawSender, ReceiveCase } from "./transport_case.ts";
import { bytesOf, contextOf } from "./transport_usage.ts";

/** The checks of `receive()`. */
export function receiveChecks(
  plugin: TransportPlugin,
  open: () => ReceiveCase | Promise<ReceiveCase>,
): Check[] {
  /** Runs `use` in a fresh case; nothing of it may stay. */
  function inCase(
    name: string,
    body: (
      c: ReceiveCase,
      receive: (address: string) => Promise<Ingest>,
      controller: AbortController,
    ) => Promise<void>,
  ): Check {
    const run = async () => {
      const c = await open();
      const controller = new AbortController();
      const { runtime } = c;
      const { signal } = controller;
      const receive = async (address: string) =>
        await plugin.receive!(contextOf(plugin, address, runtime, signal));
      const close = async () => {
        await c[Symbol.asyncDispose]?.();
        assert.deepEqual(runtime.open ?? [], []);
      };
      await use(
        { [Symbol.asyncDispose]: close },
        () => body(c, receive, controller),
      );
    };
    return { name, run };
  }

  /** Runs `use` with an open stream. */
  function check(
    name: string,
    body: (ingest: Ingest, sender: RawSender, c: ReceiveCase) => Promise<void>,
  ): Check {
    return inCase(name, async (c, receive) => {
      const both = Promise.all([receive(c.address), c.sender()]);
      const [ingest, sender] = await settled(c.runtime, "connection", both);
      await use(ingest, () => body(ingest, sender, c));
    });
  }

  /** Expects receive() to fail with an error that the supervisor knows. */
  async function failure(
    c: ReceiveCase,
    receiving: Promise<unknown>,
  ): Promise<unknown> {
    return await settled(c.runtime, "end of receive()", failureOf(receiving));
  }

  return [
    check(
      "yields what was sent, unchanged and in order",
      async (ingest, sender, c) => {
        const { connectionless = false } = c;
        assert.equal(ingest.connectionless ?? false, connectionless);
        const expected = ingest.type === "units"
          ? withoutDelimiters(streamBytes())
          : streamBytes();
        const sending = (async () => {
          for (const { data } of stream()) await sender.send(data);
          sender.end();
        })();
        const reading = connectionless
          ? readSome(ingest, expected.length)
          : readAll(ingest);
        const bytes = await settled(c.runtime, "end of the stream", reading);
        await sending;
        assertBytes(bytes, expected, "what arrived");
        assert.notEqual(ingest.peer, "");
      },
    ),

    check(
      "ends when the sender has ended the stream",
      async (ingest, sender, c) => {
        sender.end();
        const reading = readAll(ingest);
        const bytes = await settled(c.runtime, "end of the stream", reading);
        assert.equal(bytes.length, 0);
      },
    ),

    check(
      'throws a StreamError "lost" when the stream breaks',
      async (ingest, sender, c) => {
        const reading = bytesOf(ingest);
        const first = reading.next();
        await sender.send(stream()[0]!.data);
        await settled(c.runtime, "bytes", first);
        sender.reset();
        const error = await failure(c, rest(reading));
        assert.ok(error instanceof StreamError, `not ${error}`);
        assert.equal(error.failure, "lost");
      },
    ),

    check(
      "ends when it is disposed of while it waits for bytes",
      async (ingest, _, c) => {
        const reading = readAll(ingest);
        await c.runtime.turn();
        await ingest[Symbol.asyncDispose]();
        const bytes = await settled(c.runtime, "end of the stream", reading);
        assert.equal(bytes.length, 0);
      },
    ),

    check("closes without having been read", async (_, sender) => {
      await sender.send(stream()[0]!.data);
    }),

    inCase(
      'throws a StreamError "refused" where nobody is',
      async (c, receive) => {
        assert.ok(c.nobody, "the case names no such address");
        const error = await failure(c, receive(c.nobody));
        assert.ok(error instanceof StreamError, `not ${error}`);
        assert.equal(error.failure, "refused");
      },
    ),

    inCase(
      "ends when it is aborted while it waits for a peer",
      async (c, receive, controller) => {
        assert.ok(c.silent, "the case names no such address");
        const failing = failureOf(receive(c.silent));
        await c.runtime.turn();
        controller.abort();
        await settled(c.runtime, "end of receive()", failing);
      },
    ),

    inCase(
      "ends when it is aborted at once",
      async (c, receive, controller) => {
        const receiving = receive(c.address);
        controller.abort();
        const closed = receiving.then(
          (ingest) => ingest[Symbol.asyncDispose](),
          () => {},
        );
        await settled(c.runtime, "end of receive()", closed);
      },
    ),

    inCase(
      "ends when it was aborted before it began",
      async (c, receive, controller) => {
        controller.abort();
        const failing = failureOf(receive(c.address));
        await settled(c.runtime, "end of receive()", failing);
      },
    ),

    inCase("can be opened anew", async (c, receive) => {
      for (let i = 0; i < 2; i++) {
        const both = Promise.all([receive(c.address), c.sender()]);
        const [ingest, sender] = await settled(c.runtime, "connection", both);
        await use(ingest, async () => {
          await sender.send(stream()[0]!.data);
          const next = bytesOf(ingest).next();
          const { done } = await settled(c.runtime, "bytes", next);
          assert.equal(done, false);
        });
      }
    }),
  ];
}

async function readAll(ingest: Ingest): Promise<Uint8Array<ArrayBuffer>> {
  return concat(...await Array.fromAsync(bytesOf(ingest)));
}

/** Reads so many bytes at least, or all there are. */
async function readSome(
  ingest: Ingest,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  let bytes = new Uint8Array();
  for await (const chunk of bytesOf(ingest)) {
    bytes = concat(bytes, chunk);
    if (bytes.length >= length) break;
  }
  return bytes;
}

async function rest(reading: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of reading);
}
