import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import type { MulticastOptions } from "../plugin/runtime.ts";
import { ERRNO, intBytes, type Libc, libc } from "./libc.ts";
import { Multicast } from "./multicast.ts";
import { ownSockets, portSuffix } from "./socket_table.ts";
import { openUdp } from "./udp.ts";

/** in.h and in6.h of Linux. */
const OPTIONS = {
  ip: { level: 0, interface: 32, ttl: 33, loop: 34, all: 49 },
  ipv6: { level: 41, interface: 17, ttl: 18, loop: 19, all: 29 },
} as const;
const [JOIN, LEAVE, JOIN_SOURCE] = [42, 45, 46];

const [GROUP, GROUP_V6] = ["239.192.7.3", "ff15::7:3"];

/** The index of "lo", which is the first interface of every machine. */
const LO = 1;

/** A system that notes what is set, and fails where it is told to. */
function setUp(
  multicast: MulticastOptions,
  host = "239.192.7.3",
  fails: (name: number) => number = () => 0,
  source?: string,
) {
  const calls: { level: number; name: number; value: Uint8Array }[] = [];
  let errno = 0;
  const system = {
    setsockopt(_fd, level, name, value) {
      calls.push({ level, name, value: value.slice() });
      errno = fails(name);
      return errno === 0 ? 0 : -1;
    },
    errno: () => errno,
  } satisfies Pick<Libc, "setsockopt" | "errno">;
  const options = { host, port: 0, source, multicast };
  const it = new Multicast({ ...libc!, ...system }, 9, options);
  /** What an option was set to last, as bytes. */
  const value = (name: number) =>
    calls.findLast((call) => call.name === name)?.value.toHex();
  return {
    multicast: it,
    calls,
    value,
    names: () => calls.map(({ name }) => name),
  };
}

function int(value: number): string {
  return intBytes(value).toHex();
}

test("Multicast.direct() sends no farther than to the first router", () => {
  for (
    const [host, its] of [["0.0.0.0", OPTIONS.ip], [
      "::",
      OPTIONS.ipv6,
    ]] as const
  ) {
    const { multicast, calls, value } = setUp({}, host);
    multicast.direct();
    assert.equal(value(its.ttl), int(1));
    assert.equal(value(its.loop), int(1));
    assert.ok(calls.every(({ level }) => level === its.level));
  }
});

test("Multicast.direct() sets what it is told to", () => {
  const options = { ttl: 16, loopback: false, interface: "lo" };
  const v4 = setUp(options, "0.0.0.0");
  v4.multicast.direct();
  assert.equal(v4.value(OPTIONS.ip.ttl), int(16));
  assert.equal(v4.value(OPTIONS.ip.loop), int(0));
  // ip_mreqn: group, address, index.
  assert.equal(v4.value(OPTIONS.ip.interface), int(0) + int(0) + int(LO));
  const v6 = setUp(options, "::");
  v6.multicast.direct();
  assert.equal(v6.value(OPTIONS.ipv6.ttl), int(16));
  assert.equal(v6.value(OPTIONS.ipv6.loop), int(0));
  assert.equal(v6.value(OPTIONS.ipv6.interface), int(LO));
});

test("Multicast.direct() finds an interface by its address", () => {
  const { multicast, value } = setUp({ interface: "127.0.0.1" }, "0.0.0.0");
  multicast.direct();
  assert.equal(value(OPTIONS.ip.interface), int(0) + int(0) + int(LO));
});

for (const zone of ["lo", `${LO}`]) {
  test(`Multicast.join() joins a group of %${zone} there`, () => {
    const group = `ff02::7:3%${zone}`;
    const { multicast, value } = setUp({ group }, group);
    multicast.join();
    assert.equal(value(JOIN)!.slice(0, 8), int(LO));
  });
}

/** Index, padding, and the beginning of a sockaddr: family, port, address. */
const REQUESTS: [group: string, beginning: string, bytes: number][] = [
  [GROUP, `${int(LO)}00000000` + "02000000" + "efc00703", 136],
  [
    GROUP_V6,
    `${int(LO)}00000000` + "0a00000000000000" +
    "ff150000000000000000000000070003",
    136,
  ],
];

for (const [group, beginning, bytes] of REQUESTS) {
  test(`Multicast.join() joins ${group}, and hears no other group`, () => {
    const its = group === GROUP ? OPTIONS.ip : OPTIONS.ipv6;
    const { multicast, value, names } = setUp(
      { group, interface: "lo" },
      group,
    );
    multicast.join();
    assert.deepEqual(names(), [its.all, JOIN]);
    assert.equal(value(its.all), int(0));
    assert.ok(value(JOIN)!.startsWith(beginning), value(JOIN));
    assert.equal(value(JOIN)!.length, 2 * bytes);
  });
}

test("Multicast.join() joins nothing where there is no group", () => {
  const { multicast, calls } = setUp({ interface: "lo" });
  multicast.join();
  assert.deepEqual(calls, []);
});

test("Multicast.join() stays on its interface", () => {
  const { multicast, names } = setUp({ group: GROUP, interface: "lo" });
  for (let count = 0; count < 3; count++) multicast.join();
  assert.ok(!names().includes(LEAVE));
});

test("Multicast.join() leaves the interface that is no more", () => {
  // As if the name stood for another one each time.
  const interfaces = [undefined, "lo", "lo"];
  const { multicast, names, value } = setUp({
    group: GROUP,
    get interface() {
      return interfaces.shift();
    },
  });
  for (let count = 0; count < 3; count++) multicast.join();
  const { all } = OPTIONS.ip;
  assert.deepEqual(names(), [all, JOIN, all, LEAVE, JOIN, all, JOIN]);
  assert.ok(value(LEAVE)!.startsWith(int(0)));
});

/** What the system says to a join, and what becomes of it. */
const ANSWERS: [what: string, errno: number, message?: string][] = [
  ["is a member already", ERRNO.EADDRINUSE],
  [
    "knows no way",
    ERRNO.ENODEV,
    `Cannot join group "${GROUP}": no interface leads there; choose one with ` +
    "?interface= (",
  ],
  [
    "was given no group",
    ERRNO.EINVAL,
    `Cannot join group "${GROUP}": it is no multicast group`,
  ],
  [
    "has too many groups",
    ERRNO.ENOBUFS,
    `Cannot join group "${GROUP}": too many groups are joined already`,
  ],
  ["has no such address", ERRNO.EADDRNOTAVAIL, "EADDRNOTAVAIL"],
];

for (const [what, errno, message] of ANSWERS) {
  test(`Multicast.join() understands that the system ${what}`, () => {
    const { multicast } = setUp(
      { group: GROUP, interface: "lo" },
      GROUP,
      (name) => name === JOIN ? errno : 0,
    );
    if (message === undefined) return multicast.join();
    assert.throws(() => multicast.join(), (error: Error) => {
      assert.equal(error.name, "ConfigError");
      assert.ok(error.message.includes(message), error.message);
      return true;
    });
  });
}

test("Multicast.join() of a single source may find itself a member", () => {
  const { multicast, names } = setUp(
    { group: GROUP, interface: "lo" },
    GROUP,
    (name) => name === JOIN_SOURCE ? ERRNO.EADDRNOTAVAIL : 0,
    "127.0.0.2",
  );
  multicast.join();
  assert.deepEqual(names(), [OPTIONS.ip.all, JOIN_SOURCE]);
});

for (
  const [host, its] of [["0.0.0.0", OPTIONS.ip], ["::", OPTIONS.ipv6]] as const
) {
  test(`openUdp at ${host} has the system know the TTL, 1 unless told otherwise`, async () => {
    for (const [ttl, wanted] of [[undefined, 1], [7, 7]] as const) {
      const multicast = { interface: "lo", ttl };
      await using socket = await openUdp({ host, port: 0, multicast });
      const suffix = portSuffix(socket.port);
      const [own] = ownSockets("udp", (local) => local.endsWith(suffix));
      const value = intBytes(0);
      const length = intBytes(value.length);
      libc!.getsockopt(own!.fd, its.level, its.ttl, value, length);
      assert.equal(value[0], wanted);
    }
  });
}
