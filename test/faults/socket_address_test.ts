import assert from "node:assert/strict";
import { test } from "../harness.ts";
import { decodeAddress, encodeAddress, setOption } from "./socket_address.ts";

test("encodeAddress() lays an address out as ip(7) says", () => {
  const target = { host: "192.168.1.7", port: 0x1234 };
  const bytes = encodeAddress(target);
  const zero = [0, 0, 0, 0, 0, 0, 0, 0];
  assert.deepEqual([...bytes], [2, 0, 0x12, 0x34, 192, 168, 1, 7, ...zero]);
  assert.deepEqual(decodeAddress(bytes), target);
});

for (const host of ["localhost", "::1", "127.1", ""]) {
  test(`encodeAddress() refuses "${host}"`, () => {
    assert.throws(() => encodeAddress({ host, port: 1 }), {
      message: `Cannot use host "${host}": not an IPv4 address`,
    });
  });
}

test("setOption() says which option was refused", () => {
  assert.throws(() => setOption(-1, 1, 8, 4096), {
    message: "Cannot set socket option 8 to 4096",
  });
});
