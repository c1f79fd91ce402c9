import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import {
  isLoopback,
  isMulticast,
  isWildcard,
  looksLikeIpv4,
  parseIpAddress,
  unmapped,
} from "./ip_address.ts";

const ADDRESSES: [string, string | undefined][] = [
  ["192.168.1.5", "c0a80105"],
  ["255.255.255.255", "ffffffff"],
  ["239.0.0.300", undefined],
  ["1.2.3", undefined],
  ["1.2.3.4.", undefined],
  ["1.2.3.4.5", undefined],
  ["01.2.3.4", undefined],
  ["1..3.4", undefined],
  ["pi.local", undefined],
  ["", undefined],
  ["::", "00".repeat(16)],
  ["::1", `${"00".repeat(15)}01`],
  ["fe80::1%eth0", "fe800000000000000000000000000001"],
  ["ff15::1234:5", "ff150000000000000000000012340005"],
  ["1:2:3:4:5:6:7:8", "00010002000300040005000600070008"],
  ["1:2:3:4:5:6:7::", "00010002000300040005000600070000"],
  ["1:2:3:4:5:6:7:8::", undefined],
  ["1::2::3", undefined],
  ["1:2:3", undefined],
  ["12345::", undefined],
  ["::ffff:10.0.0.1", "00000000000000000000ffff0a000001"],
  ["::10.0.0.1:1", undefined],
];

for (const [text, hex] of ADDRESSES) {
  test(`parseIpAddress() reads "${text}"`, () => {
    const bytes = parseIpAddress(text);
    assert.equal(bytes && new Uint8Array(bytes).toHex(), hex);
  });
}

test("isMulticast() knows the groups of both families", () => {
  const yes = ["224.0.0.1", "239.255.255.255", "ff02::1", "FF15::9"];
  const no = ["223.1.1.1", "240.0.0.1", "fe80::1", "::1", "ff.local", ""];
  assert.deepEqual(yes.filter(isMulticast), yes);
  assert.deepEqual(no.filter(isMulticast), []);
});

test("isLoopback() and isWildcard() know those of both families", () => {
  const all = ["127.0.0.1", "127.8.9.1", "::1", "0.0.0.0", "::", "10.0.0.1"];
  assert.deepEqual(all.filter(isLoopback), all.slice(0, 3));
  assert.deepEqual(all.filter(isWildcard), all.slice(3, 5));
});

test("unmapped() finds the IPv4 address inside one of IPv6", () => {
  const all = ["::ffff:10.0.0.1", "::FFFF:10.0.0.1", "10.0.0.1", "::ffff:a:1"];
  const plain = ["10.0.0.1", "10.0.0.1", "10.0.0.1", "::ffff:a:1"];
  assert.deepEqual(all.map(unmapped), plain);
});

test("looksLikeIpv4() sees what was meant", () => {
  assert.equal(looksLikeIpv4("239.0.0.300"), true);
  assert.equal(looksLikeIpv4("cafe.local"), false);
});
