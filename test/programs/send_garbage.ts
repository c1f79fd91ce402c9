/**
 * Sends garbage from the address of the first argument to the address and the
 * port of the next two, as many datagrams a second as the last one says. Writes
 * after each second how many were sent and how many came back.
 *
 * @module
 */

import process from "node:process";
import { Garbage } from "../faults/garbage.ts";

const [, , from = "", host = "", port, rate] = process.argv;
const garbage = new Garbage({
  from,
  to: { host, port: Number(port) },
  rate: Number(rate),
});
setInterval(() => {
  process.stdout.write(`${garbage.sent} ${garbage.answers}\n`);
}, 1000);
