import assert from "node:assert/strict";
import * as transportTcp from "../../plugins/transport-tcp/mod.ts";
import type {
  Ingest,
  PluginHost,
  PluginModule,
  TransportPlugin,
  Viewers,
  WireUnit,
} from "../../mod.ts";
import { Gate } from "../fakes/gate.ts";
import { FakeRuntime } from "../fakes/runtime.ts";
import { test } from "../harness.ts";
import { declare } from "./declaration.ts";
import { testTransport, transportContract } from "./transport_contract.ts";

type Send = NonNullable<TransportPlugin["send"]>;
type Receive = NonNullable<TransportPlugin["receive"]>;

/** Pictures on their way, and who waits for them. */
let wire: (WireUnit | "end")[] = [];
const arrived = new Gate();

/**
 * A transport of whole access units. Its typos prove inference: `deno check`
 * fails once the type beside one is lost.
 */
const transportMemory = ({ z, media, defineTransport }: PluginHost) =>
  defineTransport({
    name: "transport-memory",
    schemes: ["memory"],
    description: "access units in the memory of a test",
    options: z.strictObject({ name: z.string().default("cam0") }),
    async send(viewers, { options, signal }, ready) {
      options.name satisfies string;
      // @ts-expect-error No such option
      options.nmae;
      // @ts-expect-error No such field of an address
      ready({ prot: 1 });
      using viewer = viewers.open("memory");
      const stop = () => viewer[Symbol.dispose]();
      signal.addEventListener("abort", stop);
      if (signal.aborted) stop();
      for await (const unit of viewer.units) {
        // @ts-expect-error No such field of a unit
        unit.keyfarme;
        wire.push(unit);
      }
    },
    receive({ options, signal }) {
      options.name satisfies string;
      // @ts-expect-error No such option
      options.nmae;
      signal.throwIfAborted();
      let closed = false;
      async function* units() {
        while (!closed) {
          const next = wire.shift();
          if (next === "end") return;
          if (next === undefined) await arrived.wait();
          else yield { ...next, damaged: false, discontinuity: false };
        }
      }
      return Promise.resolve({
        type: "units",
        peer: "memory",
        units: {
          async *[Symbol.asyncIterator]() {
            for await (const unit of units()) {
              yield { ...unit, data: media.withoutDelimiters(unit.data) };
            }
          },
        },
        [Symbol.asyncDispose]() {
          closed = true;
          arrived.ring();
          return Promise.resolve();
        },
      });
    },
  });

testTransport({ apiVersion: 1, default: transportMemory }, {
  receive() {
    wire = [];
    const push = (item: WireUnit | "end") => {
      wire.push(item);
      arrived.ring();
    };
    const unit = { pts: 0 as never, keyframe: true, recoveryPoint: false };
    return {
      address: "memory:",
      runtime: new FakeRuntime(),
      sender: () =>
        Promise.resolve({
          send: (data) => Promise.resolve(push({ ...unit, data })),
          end: () => push("end"),
          reset() {},
        }),
    };
  },
}, [{
  reason: "memory neither breaks nor waits for anybody",
  tests: [
    'throws a StreamError "lost" when the stream breaks',
    'throws a StreamError "refused" where nobody is',
    "ends when it is aborted while it waits for a peer",
  ],
}]);

const tcp = declare(transportTcp, "transport");

/** transport-tcp with one fault in how it sends. */
function sending(fault: (send: Send) => Send): PluginModule {
  const send = fault((...args) => tcp.send!(...args));
  return { apiVersion: 1, default: () => ({ ...tcp, send }) };
}

/** transport-tcp that does something to what viewers are given. */
function viewing(
  change: (units: AsyncIterable<WireUnit>) => AsyncIterable<WireUnit>,
): PluginModule {
  return sending((send) => (viewers, ...rest) =>
    send({
      open(label) {
        const viewer = viewers.open(label);
        const close = () => viewer[Symbol.dispose]();
        return { units: change(viewer.units), [Symbol.dispose]: close };
      },
    }, ...rest)
  );
}

/** transport-tcp with one fault in how it receives. */
function receiving(fault: (receive: Receive) => Receive): PluginModule {
  const receive = fault((...args) => tcp.receive!(...args));
  return { apiVersion: 1, default: () => ({ ...tcp, receive }) };
}

/** transport-tcp that does something to what arrives. */
function reading(
  change: (
    chunks: AsyncIterable<Uint8Array<ArrayBuffer>>,
  ) => AsyncIterable<Uint8Array<ArrayBuffer>>,
): PluginModule {
  return receiving((receive) => async (context) => {
    const ingest = await receive(context) as Ingest & { type: "bytes" };
    return { ...ingest, chunks: change(ingest.chunks) };
  });
}

const unaware = { signal: new AbortController().signal };

/** Each fault, the check that finds it, and what that says. */
const FAULTS: Record<
  string,
  [module: PluginModule, check: string, message: RegExp]
> = {
  "loses bytes": [
    viewing(async function* (units) {
      for await (const unit of units) {
        yield { ...unit, data: unit.data.subarray(1) };
      }
    }),
    "sends what it is given, unchanged and in order",
    /No arrival/,
  ],
  "changes pictures in place": [
    viewing(async function* (units) {
      for await (const unit of units) {
        yield { ...unit, data: unit.data.slice() };
        unit.data.fill(0);
      }
    }),
    "sends what it is given, unchanged and in order",
    /not its to change/,
  ],
  "lets one viewer hold up all": [
    viewing((() => {
      let turn = Promise.resolve();
      return async function* (units: AsyncIterable<WireUnit>) {
        for await (const unit of units) {
          const before = turn;
          const mine = Promise.withResolvers<void>();
          turn = mine.promise;
          await before;
          yield unit;
          mine.resolve();
        }
      };
    })()),
    "sends to the others while a viewer does not read",
    /No arrival/,
  ],
  "keeps viewers for ever": [
    sending((send) => (viewers, ...rest) => {
      const open: Viewers["open"] = (label) => ({
        units: viewers.open(label).units,
        [Symbol.dispose]() {},
      });
      return send({ open }, ...rest);
    }),
    "goes on for the others when a viewer leaves",
    /No 1 viewers/,
  ],
  "tells nobody that it is ready": [
    sending((send) => (viewers, context) => send(viewers, context, () => {})),
    "sends to every viewer",
    /No call of ready/,
  ],
  "goes on when it is aborted": [
    sending((send) => (viewers, context, ready) =>
      send(viewers, { ...context, ...unaware }, ready)
    ),
    "ends when it is aborted without viewers",
    /No end of send/,
  ],
  "complains when it is aborted": [
    sending((send) => async (viewers, context, ready) => {
      await send(viewers, context, ready);
      throw new Error("Socket closed");
    }),
    "ends when it is aborted with a viewer",
    /Socket closed is not the abort's reason/,
  ],
  "leaves a timer behind": [
    sending((send) => (viewers, context, ready) => {
      context.runtime.sleep(60_000 as never).catch(() => {});
      return send(viewers, context, ready);
    }),
    "ends when it is aborted at once",
    /1 timers/,
  ],
  "keeps chunks it has given back": [
    reading(async function* (chunks) {
      yield* await Array.fromAsync(chunks);
    }),
    "yields what was sent, unchanged and in order",
    /byte 0 differs/,
  ],
  "takes a break for an end": [
    reading(async function* (chunks) {
      try {
        yield* chunks;
      } catch {
        // Nothing happened.
      }
    }),
    'throws a StreamError "lost" when the stream breaks',
    /was to reject/,
  ],
  "throws errors that nobody knows": [
    receiving((receive) => (context) =>
      receive(context).catch((error) => {
        throw new Error(error.message);
      })
    ),
    'throws a StreamError "refused" where nobody is',
    /not Error: Cannot connect/,
  ],
  "waits though it was aborted": [
    receiving((receive) => (context) => receive({ ...context, ...unaware })),
    "ends when it is aborted while it waits for a peer",
    /No end of receive/,
  ],
  "leaves its connection open": [
    receiving((receive) => async (context) => ({
      ...await receive(context),
      async [Symbol.asyncDispose]() {},
    })),
    "closes without having been read",
    /connection to 10\.0\.0\.7/,
  ],
};

for (const [what, [module, name, message]] of Object.entries(FAULTS)) {
  test(`transportContract() finds a transport that ${what}`, async () => {
    const runtime = new FakeRuntime();
    runtime.network.silent.add("silent");
    const { port, peers } = runtime.network.target();
    const waiting = peers[Symbol.asyncIterator]();
    const checks = transportContract(module, {
      send: () => ({
        address: "tcp://0.0.0.0:0",
        runtime,
        async watch(port) {
          const peer = await runtime.network.connect(port!);
          return {
            received: () => peer.received,
            ended: peer.closed,
            pause: () => peer.pause(),
            leave: () => peer.leave(),
          };
        },
      }),
      receive: () => ({
        address: `tcp://10.0.0.7:${port}`,
        runtime,
        sender: async () => (await waiting.next()).value,
        nobody: "tcp://10.0.0.7:9",
        silent: "tcp://silent",
      }),
    });
    const check = checks.find((check) => check.name === name);
    await assert.rejects(check!.run(), message);
  });
}
