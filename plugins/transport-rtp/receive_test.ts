import assert from "node:assert/strict";
import {
  concat,
  us,
  withoutDelimiters,
  writeRtcp,
} from "../../agent/media/mod.ts";
import type { UdpOptions, UdpSocket } from "../../mod.ts";
import { stream } from "../../test/contract/stream.ts";
import { contextOf } from "../../test/contract/transport_usage.ts";
import { FakeRuntime } from "../../test/fakes/runtime.ts";
import { test } from "../../test/harness.ts";
import { GROUP, HOST, openReceiving, Packets, plugin } from "./fixture_test.ts";

const [KEYFRAME, PICTURE] = stream().map(({ data }) => data);

/** What a foreign sender says of packets with timestamp 0. */
function report(
  { realtime = us(0), ssrc = 7, goodbye = false } = {},
): Uint8Array<ArrayBuffer> {
  return writeRtcp({
    ssrc,
    realtime,
    timestamp: 0,
    packets: 1,
    octets: 1,
    cname: "foreign",
    goodbye,
  });
}

const BOUND: [address: string, options: UdpOptions][] = [
  ["rtp://:6000", {
    host: "0.0.0.0",
    port: 6000,
    multicast: undefined,
    source: undefined,
  }],
  ["rtp://0.0.0.0", {
    host: "0.0.0.0",
    port: 5004,
    multicast: undefined,
    source: undefined,
  }],
  ["rtp://[::]", {
    host: "::",
    port: 5004,
    multicast: undefined,
    source: undefined,
  }],
  [`rtp://${GROUP}?interface=eth1&source=${HOST}`, {
    host: GROUP,
    port: 5004,
    multicast: { group: GROUP, interface: "eth1" },
    source: HOST,
  }],
];

for (const [address, options] of BOUND) {
  test(`transport-rtp opens the two ports of ${address}`, async () => {
    await using receiving = await openReceiving(address);
    const wanted = { ...options, receiveBuffer: 4 << 20 };
    assert.deepEqual(receiving.runtime.udp.options, [
      wanted,
      { ...wanted, port: options.port + 1 },
    ]);
  });
}

test("transport-rtp tells of one port only", async () => {
  await using receiving = await openReceiving(`rtp://${GROUP}`);
  assert.deepEqual(receiving.log, [
    `joined ${GROUP}:5004, with room for 213 kB`,
  ]);
});

test("transport-rtp does without reports where there is no next port", async () => {
  await using receiving = await openReceiving("rtp://0.0.0.0:65535");
  const { runtime, log } = receiving;
  assert.deepEqual(runtime.udp.options.map(({ port }) => port), [65_535]);
  assert.deepEqual(log, ["waits on 0.0.0.0:65535, with room for 213 kB"]);
});

test("transport-rtp does without reports where that port is in use", async () => {
  const runtime = new FakeRuntime();
  await using _other = await runtime.openUdp({ host: "0.0.0.0", port: 5005 });
  const receiving = await openReceiving("rtp://0.0.0.0", runtime);
  assert.deepEqual(receiving.log.slice(1), [
    "does without the sender's clock: Cannot bind 0.0.0.0:5005: the port is " +
    "in use",
  ]);
  await receiving.deliver(new Packets().of(KEYFRAME!));
  assert.equal(receiving.units.length, 1);
  await receiving.ingest[Symbol.asyncDispose]();
});

test("transport-rtp goes on when it hears no more reports", async () => {
  await using receiving = await openReceiving("rtp://0.0.0.0");
  const { runtime, log, units, deliver } = receiving;
  runtime.udp.fail(5005, new Error("Broken"));
  await runtime.advance(0);
  assert.deepEqual(log.slice(1), ["does without the sender's clock: Broken"]);
  await deliver(new Packets().of(KEYFRAME!));
  assert.equal(units.length, 1);
});

test("transport-rtp passes on that its socket broke", async () => {
  await using receiving = await openReceiving("rtp://0.0.0.0");
  receiving.runtime.udp.fail(5004, new Error("Broken"));
  await assert.rejects(receiving.read, new Error("Broken"));
});

test("transport-rtp says who sends, once a picture has come", async () => {
  await using receiving = await openReceiving("rtp://[::]");
  const { ingest, deliver } = receiving;
  assert.equal(ingest.peer, "");
  await deliver([Uint8Array.of(1, 2, 3)], 5004, { host: "10.0.0.9" });
  assert.equal(ingest.peer, "");
  const from = { host: "fd00::7", port: 7 };
  await deliver(new Packets().of(KEYFRAME!), 5004, from);
  assert.equal(ingest.peer, "[fd00::7]:7");
});

test("transport-rtp never sends anything to whom it receives from", async () => {
  await using receiving = await openReceiving("rtp://0.0.0.0");
  const { runtime, deliver } = receiving;
  await deliver([report()], 5005);
  await deliver(new Packets().of(KEYFRAME!));
  await deliver([report({ goodbye: true })], 5005);
  await runtime.advance(20_000);
  assert.deepEqual(runtime.udp.sent, []);
});

for (
  const [where, port] of Object.entries({ "the next": 5005, "its own": 5004 })
) {
  test(`transport-rtp knows capture times by reports to ${where} port`, async () => {
    await using receiving = await openReceiving("rtp://0.0.0.0");
    const { runtime, units, deliver } = receiving;
    const packets = new Packets();
    await deliver(packets.of(KEYFRAME!));
    const realtime = us(runtime.wallClock() - 40_000);
    await deliver([report({ realtime })], port);
    await runtime.advance(30);
    await deliver(packets.of(PICTURE!));
    const [before, after] = units;
    assert.equal("capturedAt" in before!, false);
    // The second picture was taken 33.333 ms after the first one.
    const capturedAt = runtime.now() - 30 - 40 + 33.333;
    assert.ok(Math.abs(after!.capturedAt! - capturedAt) < 0.001);
  });
}

test("transport-rtp has no picture taken after it came", async () => {
  await using receiving = await openReceiving("rtp://0.0.0.0");
  const { runtime, units, deliver } = receiving;
  const packets = new Packets();
  const realtime = us(runtime.wallClock() + 60_000_000);
  await deliver([report({ realtime })], 5005);
  await deliver(packets.of(KEYFRAME!));
  assert.equal(units[0]!.capturedAt, runtime.now());
});

test("transport-rtp believes reports of its sender only", async () => {
  await using receiving = await openReceiving("rtp://0.0.0.0");
  const { runtime, units, deliver } = receiving;
  const packets = new Packets();
  await deliver(packets.of(KEYFRAME!));
  const realtime = us(runtime.wallClock());
  await deliver([report({ realtime, ssrc: 8 })], 5005);
  await deliver(packets.of(PICTURE!));
  assert.equal("capturedAt" in units[1]!, false);
});

test("transport-rtp hears reports of the only source", async () => {
  const at = `rtp://0.0.0.0?source=${HOST}`;
  await using receiving = await openReceiving(at);
  const { runtime, units, deliver } = receiving;
  const packets = new Packets();
  const sender = { host: HOST };
  await deliver(packets.of(KEYFRAME!), 5004, sender);
  const realtime = us(runtime.wallClock());
  await deliver([report({ realtime })], 5005, { host: "10.0.0.9" });
  await deliver(packets.of(PICTURE!), 5004, sender);
  await deliver([report({ realtime })], 5005, sender);
  await deliver(packets.of(PICTURE!), 5004, sender);
  const known = units.map(({ capturedAt }) => capturedAt !== undefined);
  assert.deepEqual(known, [false, false, true]);
});

/** Pictures in packets: each in one, but the first in two. */
function packetsOfPictures(count: number) {
  const packets = new Packets({ maxPayload: 64 });
  return Array.from(
    { length: count },
    (_, i) => packets.of(i === 0 ? KEYFRAME! : PICTURE!),
  ).flat();
}

test("transport-rtp gives a packet up 20 ms after it was missed", async () => {
  await using receiving = await openReceiving("rtp://0.0.0.0");
  const { runtime, units, deliver, ingest } = receiving;
  const [k1, k2, p1, p2, p3, lost, p4] = packetsOfPictures(6);
  await deliver([k1!, k2!]);
  assert.equal(units.length, 1);
  // Taken for a loss, as nothing has shown yet that packets overtake others.
  await deliver([p2!]);
  assert.equal(units.at(-1)!.discontinuity, true);
  await runtime.advance(5);
  await deliver([p1!]);
  assert.equal(units.length, 2);
  await deliver([p3!]);
  assert.equal(units.length, 3);
  // Now it waits for what is missing, as long as it may.
  await deliver([p4!]);
  assert.equal(runtime.sleeping, 1);
  await runtime.advance(19);
  assert.equal(units.length, 3);
  await runtime.advance(1);
  assert.equal(units.length, 4);
  assert.equal(runtime.sleeping, 0);
  await deliver([lost!]);
  assert.deepEqual(ingest.packets!(), { lost: 2, reordered: 0, dropped: 2 });
});

test("transport-rtp puts a packet in order that comes within the wait", async () => {
  await using receiving = await openReceiving("rtp://0.0.0.0");
  const { runtime, units, deliver, ingest } = receiving;
  const [k1, k2, p1, p2, p3, p4] = packetsOfPictures(5);
  await deliver([k1!, k2!, p2!]);
  await runtime.advance(5);
  await deliver([p1!, p4!]);
  await runtime.advance(3);
  await deliver([p3!]);
  const whole = units.slice(2).map(({ discontinuity }) => discontinuity);
  assert.deepEqual(whole, [false, false]);
  assert.deepEqual(ingest.packets!(), { lost: 1, reordered: 1, dropped: 1 });
  assert.equal(runtime.sleeping, 0);
});

test("transport-rtp ends while it waits for a missing packet", async () => {
  await using receiving = await openReceiving("rtp://0.0.0.0");
  const { runtime, units, deliver } = receiving;
  const [k1, k2, p1, p2, _p3, p4] = packetsOfPictures(5);
  await deliver([k1!, k2!, p2!]);
  await runtime.advance(5);
  await deliver([p1!, p4!]);
  assert.equal(runtime.sleeping, 1);
  assert.equal(units.length, 2);
  await receiving.ingest[Symbol.asyncDispose]();
  await receiving.read;
  // What waited is delivered at the end.
  assert.equal(units.length, 3);
});

test("transport-rtp says what became of every packet", async () => {
  const at = `rtp://0.0.0.0?source=${HOST}`;
  await using receiving = await openReceiving(at);
  const { units, ingest } = receiving;
  const deliver = (packets: Uint8Array<ArrayBuffer>[], host = HOST) =>
    receiving.deliver(packets, 5004, { host });
  const all = packetsOfPictures(40);
  const stranger = new Packets({ ssrc: 9 }).of(KEYFRAME!);
  await deliver(all.slice(0, 4));
  await deliver([all[3]!]); // a duplicate
  await deliver([Uint8Array.of(1, 2, 3)]); // invalid
  await deliver(stranger); // foreign
  await deliver([all[4]!], "10.0.0.9"); // of somebody else: a loss as well
  await deliver(all.slice(5, 10));
  await deliver([all[35]!]); // a stray
  await deliver(all.slice(10, 12));
  assert.deepEqual(ingest.packets!(), {
    lost: 1,
    reordered: 0,
    dropped: 1 + 1 + stranger.length + 1 + 1,
  });
  // The keyframe takes two packets.
  assert.equal(units.length, 12 - 1 - 1);
});

test("transport-rtp tells that another sender has taken over", async () => {
  await using receiving = await openReceiving("rtp://0.0.0.0");
  const { runtime, units, ingest, deliver } = receiving;
  const first = new Packets();
  await deliver(first.of(KEYFRAME!));
  await deliver(first.of(PICTURE!));
  const other = new Packets({ ssrc: 8 });
  await runtime.advance(400);
  await deliver(other.of(KEYFRAME!));
  assert.equal(units.length, 2, "the first one may still be there");
  await runtime.advance(100);
  await deliver(other.of(KEYFRAME!), 5004, { host: HOST, port: 8 });
  await deliver(other.of(PICTURE!));
  const restarts = units.map(({ restart }) => restart);
  assert.deepEqual(restarts, [false, false, true, false]);
  assert.equal(ingest.peer, "192.0.2.9:9");
});

test("transport-rtp forgets the clock of a sender that began anew", async () => {
  await using receiving = await openReceiving("rtp://0.0.0.0");
  const { runtime, units, deliver } = receiving;
  await deliver(new Packets().of(KEYFRAME!));
  const realtime = us(runtime.wallClock());
  await deliver([report({ realtime })], 5005);
  await runtime.advance(500);
  const other = new Packets({ ssrc: 8 });
  await deliver(other.of(KEYFRAME!));
  // A report of the sender before comes late.
  await deliver([report({ realtime })], 5005);
  await deliver(other.of(PICTURE!));
  await deliver([report({ realtime, ssrc: 8 })], 5005);
  await deliver(other.of(PICTURE!));
  const known = units.map(({ capturedAt }) => capturedAt !== undefined);
  assert.deepEqual(known, [false, false, false, true]);
});

test("transport-rtp hears the next sender 20 ms after a goodbye", async () => {
  await using receiving = await openReceiving("rtp://0.0.0.0");
  const { runtime, units, deliver } = receiving;
  await deliver(new Packets().of(KEYFRAME!));
  await deliver([report({ goodbye: true })], 5005);
  await runtime.advance(20);
  await deliver(new Packets({ ssrc: 8 }).of(KEYFRAME!));
  assert.deepEqual(units.map(({ restart }) => restart), [false, true]);
});

test("transport-rtp ignores the goodbye of others", async () => {
  await using receiving = await openReceiving("rtp://0.0.0.0");
  const { runtime, units, deliver } = receiving;
  await deliver([report({ goodbye: true })], 5005);
  await deliver(new Packets().of(KEYFRAME!));
  await deliver([report({ goodbye: true, ssrc: 8 })], 5005);
  assert.equal(runtime.sleeping, 0);
  await deliver(new Packets({ ssrc: 8 }).of(KEYFRAME!));
  assert.equal(units.length, 1);
});

test("transport-rtp reads what came before a goodbye", async () => {
  await using receiving = await openReceiving("rtp://0.0.0.0");
  const { runtime, units, deliver } = receiving;
  const [first, second] = packetsOfPictures(1);
  await deliver([first!]);
  await deliver([report({ goodbye: true })], 5005);
  await deliver([second!]);
  assert.deepEqual(units.map(({ damaged }) => damaged), [false]);
  await runtime.advance(20);
});

test("transport-rtp delivers the last picture of a sender without markers", async () => {
  await using receiving = await openReceiving("rtp://0.0.0.0");
  const { runtime, units, deliver } = receiving;
  const packets = packetsOfPictures(2);
  for (const packet of packets) packet[1]! &= 0x7f;
  await deliver(packets);
  assert.equal(units.length, 1);
  await deliver([report({ goodbye: true })], 5005);
  await runtime.advance(20);
  assert.deepEqual(
    units.map(({ data }) => data),
    [KEYFRAME!, PICTURE!].map((data) => withoutDelimiters(data)),
  );
});

test("transport-rtp ends while it waits behind a goodbye", async () => {
  await using receiving = await openReceiving("rtp://0.0.0.0");
  const { runtime, deliver, log } = receiving;
  await deliver(new Packets().of(KEYFRAME!));
  await deliver([report({ goodbye: true })], 5005);
  assert.equal(runtime.sleeping, 1);
  await receiving.ingest[Symbol.asyncDispose]();
  assert.equal(log.length, 1);
});

test("transport-rtp survives whatever comes to either port", async () => {
  await using receiving = await openReceiving("rtp://0.0.0.0");
  const { units, log, deliver } = receiving;
  const packets = new Packets();
  const junk = [
    new Uint8Array(0),
    Uint8Array.of(0x80),
    Uint8Array.of(0x80, 200),
    Uint8Array.of(0x81, 203, 0xff, 0xff),
    new Uint8Array(65_507).fill(0x80),
    concat(report(), report({ goodbye: true }).subarray(0, 40)),
  ];
  await deliver(packets.of(KEYFRAME!));
  await deliver(junk, 5005);
  await deliver(junk, 5004);
  await deliver(packets.of(PICTURE!));
  assert.equal(units.length, 2);
  assert.equal(log.length, 1);
});

/** Stops a receiver when it opens its n-th socket, or asks for a name. */
class StoppingRuntime extends FakeRuntime {
  readonly controller = new AbortController();
  readonly reason = new Error("Told to stop");
  readonly #at: string;
  #count = 0;

  constructor(at: string) {
    super();
    this.#at = at;
    this.udp.hosts.set("pi.local", HOST);
  }

  override async openUdp(options: UdpOptions): Promise<UdpSocket> {
    this.#pass("open");
    const socket = await super.openUdp(options);
    this.#pass("opened");
    return socket;
  }

  override async resolveHost(host: string, signal: AbortSignal) {
    this.#pass("find");
    return await super.resolveHost(host, signal);
  }

  #pass(what: string): void {
    if (`${what} ${++this.#count}` === this.#at) {
      this.controller.abort(this.reason);
    }
  }
}

/** Each with how many steps were taken before. */
const STEPS = [
  ...["find 1", "find 2", "open 3", "opened 4"],
  ...["find 5", "find 6", "open 7", "opened 8"],
];

for (const at of STEPS) {
  test(`transport-rtp closes everything when it is told to end at "${at}"`, async () => {
    const runtime = new StoppingRuntime(at);
    const { signal } = runtime.controller;
    const address = "rtp://0.0.0.0?source=pi.local";
    const context = contextOf(plugin, address, runtime, signal);
    await assert.rejects(plugin.receive!(context), runtime.reason);
    assert.deepEqual(runtime.open, []);
  });
}

/** Addresses that cannot be received from, and what is said about them. */
const NO_SENDERS: Record<string, string> = {
  "rtp://239.0.0.300": 'Cannot find "239.0.0.300": it is no IPv4 address',
  "rtp://0.0.0.0?interface=eth0":
    'Cannot receive from "rtp://0.0.0.0?interface=eth0": ?interface= is for ' +
    "groups; bind the interface's address instead",
  "rtp://0.0.0.0?source=fd00::7":
    'Cannot receive from "rtp://0.0.0.0?source=fd00::7": no datagram of ' +
    "fd00::7 gets to 0.0.0.0",
};

for (const [address, message] of Object.entries(NO_SENDERS)) {
  test(`transport-rtp does not receive from ${address}`, async () => {
    const runtime = new FakeRuntime();
    await assert.rejects(openReceiving(address, runtime), {
      name: "ConfigError",
      message,
    });
    assert.deepEqual(runtime.open, []);
  });
}

test("transport-rtp says so when its port is in use", async () => {
  const runtime = new FakeRuntime();
  await using _ = await openReceiving("rtp://0.0.0.0", runtime);
  await assert.rejects(openReceiving("rtp://0.0.0.0", runtime), {
    name: "ConfigError",
    exitCode: 69,
    message: "Cannot bind 0.0.0.0:5004: the port is in use",
  });
});

test("transport-rtp takes no pictures from the port of the reports", async () => {
  await using receiving = await openReceiving("rtp://0.0.0.0");
  const { ingest, units, deliver } = receiving;
  await deliver(new Packets().of(KEYFRAME!), 5005);
  assert.equal(units.length, 0);
  // They are another stream's: nobody else's loss.
  assert.deepEqual(ingest.packets!(), { lost: 0, reordered: 0, dropped: 0 });
  await deliver(new Packets().of(PICTURE!), 5005);
  await deliver(new Packets({ ssrc: 8 }).of(KEYFRAME!));
  assert.equal(units.length, 1);
});
