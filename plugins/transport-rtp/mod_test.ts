import assert from "node:assert/strict";
import { concat } from "../../agent/media/bytes.ts";
import { ACCESS_UNIT_DELIMITER } from "../../agent/media/delimiter.ts";
import { checkOptions } from "../../agent/plugin/options.ts";
import { runtime as machine } from "../../agent/runtime/mod.ts";
import type { Ingest, UnitIngest } from "../../mod.ts";
import { stream, streamBytes } from "../../test/contract/stream.ts";
import { untilTrue } from "../../test/contract/suite.ts";
import { testTransport } from "../../test/contract/transport_contract.ts";
import { contextOf, Sending } from "../../test/contract/transport_usage.ts";
import { FakeRuntime } from "../../test/fakes/runtime.ts";
import { test } from "../../test/harness.ts";
import { GROUP, HOST, Packets, plugin, rtpReader } from "./fixture_test.ts";
import * as transportRtp from "./mod.ts";

const ONE_RECEIVER = {
  reason: "there is one receiver, or a group that is as one",
  tests: [
    "sends to every viewer",
    "goes on for the others when a viewer leaves",
    "sends to the others while a viewer does not read",
  ],
};

const NOBODY_TELLS = {
  reason: "receivers say nothing: nobody tells that one has gone",
  tests: [
    "gives up a viewer that left while there is nothing to send",
    "throws a StreamError when its only peer has left",
  ],
};

const NO_CONNECTION = {
  reason: "UDP has no connections: the port is open for whoever sends next",
  tests: [
    "ends when the sender has ended the stream",
    'throws a StreamError "lost" when the stream breaks',
    'throws a StreamError "refused" where nobody is',
    "ends when it is aborted while it waits for a peer",
  ],
};

for (
  const [subject, to, at] of [
    ["transport-rtp", `${HOST}:5004`, "0.0.0.0:5004"],
    ["transport-rtp with a group", `${GROUP}:5004`, `${GROUP}:5004`],
    ["transport-rtp over IPv6", "[fd00::7]:5004", "[::]:5004"],
    ["transport-rtp in a group of IPv6", "[ff15::7]:5004", "[ff15::7]:5004"],
    ["transport-rtp at the highest port", `${HOST}:65535`, "0.0.0.0:65535"],
  ] as const
) {
  testTransport(
    transportRtp,
    {
      send() {
        const runtime = new FakeRuntime();
        const now = () => runtime.now();
        const reader = rtpReader({ udp: runtime.udp, now });
        return {
          address: `rtp://${to}`,
          runtime,
          dials: true,
          watch: () => Promise.resolve(reader),
        };
      },
      receive() {
        const runtime = new FakeRuntime();
        const { udp } = runtime;
        const port = Number(/\d+$/.exec(at)![0]);
        return {
          address: `rtp://${at}`,
          runtime,
          connectionless: true,
          async sender() {
            await udp.bound(port);
            const packets = new Packets();
            return {
              async send(data) {
                await undefined;
                for (const packet of packets.of(data)) {
                  udp.deliver(packet, port);
                }
              },
              end() {},
              reset() {},
            };
          },
        };
      },
    },
    [ONE_RECEIVER, NOBODY_TELLS, NO_CONNECTION],
    subject,
  );
}

for (
  const [query, why] of Object.entries({
    "payload=63":
      'option "payload" is "63", expected a whole number from 64 to 65507',
    "payload=65508":
      'option "payload" is "65508", expected a whole number from 64 to 65507',
    "sdp=": 'option "sdp" is "", expected a path',
    "sd=cam.sdp": 'no option "sd" (did you mean "sdp"?)',
    "loss=drop": 'no option "loss" (there is interface, loopback, payload, ' +
      "sdp, source, ttl)",
  })
) {
  test(`transport-rtp refuses ?${query}`, () => {
    const options = Object.fromEntries([query.split("=")]);
    assert.throws(
      () => checkOptions(plugin.options, options, { redacted: "rtp:" }),
      { name: "ConfigError", message: `Cannot use "rtp:": ${why}` },
    );
  });
}

for (const payload of [64, 1452, 65_507]) {
  for (const host of ["127.0.0.1", "[::1]"]) {
    test(`transport-rtp carries a stream over ${host} in ${payload} bytes`, async () => {
      const { signal } = new AbortController();
      const log: string[] = [];
      const receiver = await plugin.receive!(
        contextOf(plugin, `rtp://${host}:0`, machine, signal, log),
      ) as Ingest & UnitIngest;
      await using _ = receiver;
      const port = /:(\d+), with room/.exec(log[0]!)![1];
      const pictures: Uint8Array[] = [];
      const reading = (async () => {
        for await (const { data } of receiver.units) {
          pictures.push(data.slice(), ACCESS_UNIT_DELIMITER);
        }
      })();
      await using sending = new Sending(plugin, {
        address: `rtp://${host}:${port}?payload=${payload}`,
        runtime: machine,
        dials: true,
        watch: () =>
          Promise.resolve({
            received: () => concat(...pictures),
            ended: Promise.resolve(),
            pause() {},
            leave() {},
          }),
      });
      const reader = await sending.watch();
      for (const unit of stream()) sending.hub.push(unit);
      await sending.arrival(reader, streamBytes());
      await receiver[Symbol.asyncDispose]();
      await reading;
    });
  }
}

/** Opens a receiver in a group of this machine's own (RFC 2365, 6.1). */
async function join(port: number) {
  const { signal } = new AbortController();
  const address = `rtp://${OWN_GROUP}:${port}?interface=lo`;
  const context = contextOf(plugin, address, machine, signal);
  const warnings: string[] = [];
  const warn = (line: string) => void warnings.push(line);
  const log = { info() {}, warn };
  const ingest = await plugin.receive!({ ...context, log }) as
    & Ingest
    & UnitIngest;
  let captured = 0;
  const reading = (async () => {
    for await (const { capturedAt } of ingest.units) {
      if (capturedAt !== undefined) captured++;
    }
  })();
  return {
    warnings,
    /** Pictures whose capture time a report has told. */
    captured: () => captured,
    async [Symbol.asyncDispose]() {
      await ingest[Symbol.asyncDispose]();
      await reading;
    },
  };
}

const OWN_GROUP = "239.255.42.99";

test("transport-rtp has any number of receivers in a group", async () => {
  const group = { group: OWN_GROUP, interface: "lo" };
  const at = { host: OWN_GROUP, port: 0, multicast: group };
  const probe = await machine.openUdp(at);
  const { port } = probe;
  await probe[Symbol.asyncDispose]();
  await using one = await join(port);
  await using other = await join(port);
  await using sending = new Sending(plugin, {
    address: `rtp://${OWN_GROUP}:${port}?interface=lo`,
    runtime: machine,
    dials: true,
    watch: () => Promise.reject(),
  });
  await sending.viewers(1);
  await untilTrue(machine, "reports in both", () => {
    sending.hub.push(stream()[0]!);
    return one.captured() > 0 && other.captured() > 0;
  });
  assert.deepEqual([...one.warnings, ...other.warnings], []);
});
