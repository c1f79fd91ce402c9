/**
 * Joins the multicast group of the first argument on the loopback interface, at
 * the port of the second, says "ready", and never reads until it is killed.
 *
 * @module
 */

import process from "node:process";
import { openUdp } from "../../agent/runtime/udp.ts";

const [, , group = "", port] = process.argv;
await openUdp({
  host: group,
  port: Number(port),
  multicast: { group, interface: "lo" },
  receiveBuffer: 8192,
});
process.stdout.write("ready\n");
setInterval(() => {}, 1 << 30);
