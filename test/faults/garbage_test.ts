import assert from "node:assert/strict";
import { test } from "../harness.ts";
import { until } from "./deadline.ts";
import { Garbage } from "./garbage.ts";
import { UdpSocket } from "./udp_socket.ts";

test("Garbage sends at its rate, and counts answers", async () => {
  let came = 0;
  using receiver = new UdpSocket("127.0.0.1", (_, from) => {
    came++;
    assert.equal(from.host, "127.0.0.2");
    if (came === 1) receiver.send(new Uint8Array(1), from);
  });
  const to = { host: "127.0.0.1", port: receiver.port };
  const startedAt = performance.now();
  using garbage = new Garbage({ from: "127.0.0.2", to, rate: 1000, seed: 1 });
  await until(5000, "garbage", () => came >= 100 && garbage.answers > 0);
  const most = (performance.now() - startedAt) * 1.1 + 20;
  assert.ok(garbage.sent <= most, `${garbage.sent} of ${most}`);
  assert.equal(garbage.answers, 1);
});
